using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Handover.Bench.Hops;
using Handover.Ports;

namespace Handover.Bench.Cutover;

/// <summary>A proxy that people use today, switched from one upstream to another as its manual says.</summary>
internal abstract class Peer : IAsyncDisposable
{
    private Process? _process;

    protected Peer()
    {
        Folder = Directory.CreateTempSubdirectory("handover-peer-").FullName;
        Port = LocalPort.Take();
    }

    public abstract string Name { get; }

    public abstract string Program { get; }

    public int Port { get; }

    protected string Folder { get; }

    protected int Pid => _process!.Id;

    public static string? Find(string program) =>
        new[] { "/usr/sbin", "/usr/bin", "/usr/local/bin" }
            .Select(d => Path.Combine(d, program))
            .FirstOrDefault(File.Exists);

    public async Task StartAsync(Uri upstream)
    {
        _process = Launch(upstream);
        for (int i = 0; i < 500; i++)
        {
            using var socket = new TcpClient();
            try
            {
                await socket.ConnectAsync(IPAddress.Loopback, Port);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(20);
            }
        }

        throw new TimeoutException($"{Name} did not start");
    }

    public abstract Task SwitchAsync(Uri upstream);

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false } running)
        {
            running.Kill(entireProcessTree: true);
            await running.WaitForExitAsync();
        }

        _process?.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    protected abstract Process Launch(Uri upstream);

    protected Process Run(params string[] arguments) =>
        Process.Start(
            new ProcessStartInfo(Find(Program)!, arguments)
            {
                RedirectStandardError = true,
                RedirectStandardOutput = true,
                WorkingDirectory = Folder,
                Environment =
                {
                    ["HOME"] = Folder,
                    ["XDG_CONFIG_HOME"] = Folder,
                    ["XDG_DATA_HOME"] = Folder,
                },
            }
        )!;

    protected string Write(string name, string text)
    {
        string path = Path.Combine(Folder, name);
        File.WriteAllText(path, text);
        return path;
    }
}

/// <summary>nginx: another configuration and <c>nginx -s reload</c>.</summary>
internal sealed class NginxPeer : Peer
{
    public override string Name => "nginx -s reload";

    public override string Program => "nginx";

    public override async Task SwitchAsync(Uri upstream)
    {
        Configure(upstream);
        using Process reload = Run("-p", Folder, "-c", Path.Combine(Folder, "nginx.conf"), "-s", "reload");
        await reload.WaitForExitAsync();
    }

    protected override Process Launch(Uri upstream)
    {
        Configure(upstream);
        return Run("-p", Folder, "-c", Path.Combine(Folder, "nginx.conf"), "-g", "daemon off;");
    }

    private void Configure(Uri upstream) =>
        Write(
            "nginx.conf",
            $$"""
            pid {{Folder}}/nginx.pid;
            error_log {{Folder}}/error.log;
            worker_processes 2;
            events { worker_connections 4096; }
            http {
              access_log off;
              client_body_temp_path {{Folder}}; proxy_temp_path {{Folder}}; fastcgi_temp_path {{Folder}};
              uwsgi_temp_path {{Folder}}; scgi_temp_path {{Folder}};
              upstream model { server {{upstream.Authority}}; keepalive 64; }
              server {
                listen 127.0.0.1:{{Port}};
                location / { proxy_pass http://model; proxy_http_version 1.1; proxy_set_header Connection ""; }
              }
            }
            """
        );
}

/// <summary>HAProxy with one server; a reload takes the listening socket over from the process before it.</summary>
internal abstract class Haproxy : Peer
{
    public override string Program => "haproxy";

    protected string Configure(Uri upstream) =>
        Write(
            "haproxy.cfg",
            $"""
            global
              stats socket {Folder}/admin.sock mode 600 level admin expose-fd listeners
            defaults
              mode http
              timeout connect 2s
              timeout client 20s
              timeout server 20s
            listen model
              bind 127.0.0.1:{Port}
              server one {upstream.Authority}

            """
        );
}

/// <summary>HAProxy: <c>set server</c> by the runtime API, which it makes no reload for.</summary>
internal sealed class HaproxyPeer : Haproxy
{
    public override string Name => "HAProxy set server addr";

    public override async Task SwitchAsync(Uri upstream)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path.Combine(Folder, "admin.sock")));
        string command = $"set server model/one addr {upstream.Host} port {upstream.Port}\n";
        await socket.SendAsync(Encoding.ASCII.GetBytes(command));
        await socket.ReceiveAsync(new byte[4096]);
    }

    protected override Process Launch(Uri upstream) => Run("-db", "-f", Configure(upstream));
}

/// <summary>HAProxy: another configuration and a reload.</summary>
internal sealed class HaproxyReloadPeer : Haproxy
{
    public override string Name => "HAProxy reload";

    public override async Task SwitchAsync(Uri upstream)
    {
        Configure(upstream);
        using Process reload = Process.Start("kill", ["-USR2", $"{Pid}"]);
        await reload.WaitForExitAsync();
    }

    protected override Process Launch(Uri upstream) => Run("-W", "-f", Configure(upstream));
}

/// <summary>Caddy: another configuration by its admin API.</summary>
internal sealed class CaddyPeer : Peer
{
    private readonly int _admin = LocalPort.Take();

    public override string Name => "Caddy config API";

    public override string Program => "caddy";

    public override async Task SwitchAsync(Uri upstream)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        using var content = new StringContent(Configuration(upstream), Encoding.UTF8, "application/json");
        using HttpResponseMessage answer = await http.PostAsync($"http://127.0.0.1:{_admin}/load", content);
        answer.EnsureSuccessStatusCode();
    }

    protected override Process Launch(Uri upstream) =>
        Run("run", "--config", Write("caddy.json", Configuration(upstream)));

    private string Configuration(Uri upstream)
    {
        const string Shape = """
            {"admin":{"listen":"127.0.0.1:ADMIN"},"logging":{"logs":{"default":{"level":"ERROR"}}},
             "apps":{"http":{"servers":{"one":{"listen":["127.0.0.1:PORT"],"automatic_https":{"disable":true},
              "routes":[{"handle":[{"handler":"reverse_proxy","upstreams":[{"dial":"UPSTREAM"}]}]}]}}}}}
            """;
        return Shape
            .Replace("ADMIN", $"{_admin}", StringComparison.Ordinal)
            .Replace("PORT", $"{Port}", StringComparison.Ordinal)
            .Replace("UPSTREAM", upstream.Authority, StringComparison.Ordinal);
    }
}
