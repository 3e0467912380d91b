using System.Text;
using Handover.Bench.Cutover;
using Handover.Bench.Hops;
using Handover.Ports;

namespace Handover.Bench.Shadow;

/// <summary>
/// nginx as others use it for shadowing (<c>mirror</c>: copies every request, reads and compares nothing), and two
/// model servers that cost next to nothing. Two processes, so that the proxy's cost is the proxy's alone.
/// </summary>
internal sealed class MirroringNginx : IAsyncDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("handover-mirror-").FullName;
    private readonly int[] _ports = [.. Enumerable.Range(0, 4).Select(_ => LocalPort.Take())];
    private MemberProcess _models = null!;
    private MemberProcess _proxy = null!;

    private MirroringNginx() { }

    /// <summary>Whether nginx is there.</summary>
    public static bool Installed => Peer.Find("nginx") is not null;

    /// <summary>The model server whose answers are served.</summary>
    public Uri Stable => At(_ports[0]);

    /// <summary>The one that gets the copies; its answers have another number.</summary>
    public Uri Candidate => At(_ports[1]);

    /// <summary>The proxy without a mirror.</summary>
    public Uri Plain => new(At(_ports[2]), "price");

    /// <summary>The proxy that mirrors every request.</summary>
    public Uri Mirrored => new(At(_ports[3]), "price");

    /// <summary>The proxy's process.</summary>
    public int ProcessId => _proxy.Id;

    /// <summary>Starts both.</summary>
    public static async Task<MirroringNginx> StartAsync()
    {
        var nginx = new MirroringNginx();
        nginx._models = nginx.Run("models", nginx.Models());
        nginx._proxy = nginx.Run("proxy", nginx.Proxy());
        await nginx._models.ReadyAsync(nginx.Candidate);
        await nginx._proxy.ReadyAsync(nginx.Mirrored);
        return nginx;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _proxy.DisposeAsync();
        await _models.DisposeAsync();
        Directory.Delete(_root, recursive: true);
    }

    private static Uri At(int port) => new($"http://127.0.0.1:{port}/");

    private string Models()
    {
        string Server(int port, double price) =>
            $$"""
                server {
                  listen 127.0.0.1:{{port}}; default_type application/json; keepalive_requests 1000000000;
                  location / { return 200 '{{Encoding.UTF8.GetString(CandidateModel.Answer(price)).Replace(
                    "'",
                    "\\'",
                    StringComparison.Ordinal
                )}}'; }
                }
                """;
        return Server(_ports[0], 326) + Server(_ports[1], 326.5);
    }

    private string Proxy() =>
        $$"""
            upstream stable { server 127.0.0.1:{{_ports[0]}}; keepalive 256; keepalive_requests 1000000000; }
            upstream candidate { server 127.0.0.1:{{_ports[1]}}; keepalive 256; keepalive_requests 1000000000; }
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            keepalive_requests 1000000000;
            server { listen 127.0.0.1:{{_ports[2]}}; location / { proxy_pass http://stable; } }
            server {
              listen 127.0.0.1:{{_ports[3]}};
              location / { mirror /copy; mirror_request_body on; proxy_pass http://stable; }
              location = /copy { internal; proxy_pass http://candidate$request_uri; }
            }
            """;

    private MemberProcess Run(string name, string servers)
    {
        string root = Path.Combine(_root, name);
        Directory.CreateDirectory(root);
        string temporary = string.Concat(
            new[] { "client_body", "proxy", "fastcgi", "uwsgi", "scgi" }.Select(p => $"{p}_temp_path {root}/tmp-{p};\n")
        );
        string file = Path.Combine(root, "nginx.conf");
        File.WriteAllText(
            file,
            $$"""
            daemon off; worker_processes 1; error_log stderr; pid {{root}}/nginx.pid;
            events { worker_connections 4096; }
            http {
            access_log off;
            {{temporary}}
            {{servers}}
            }
            """
        );
        return new MemberProcess(Peer.Find("nginx")!, ["-p", root, "-c", file], root);
    }
}
