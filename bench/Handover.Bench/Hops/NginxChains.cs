using System.Globalization;
using System.Text;
using Handover.Ports;

namespace Handover.Bench.Hops;

/// <summary>
/// The same members as plain processes behind nginx, which gives each hop to one of two releases at equal weight: the
/// usual weighted split of a mesh, hop by hop.
/// </summary>
public static class NginxChains
{
    private static readonly string[] Members = ["encoder", "model", "embed", "search", "rank"];

    private static string Program { get; } = File.Exists("/usr/sbin/nginx") ? "/usr/sbin/nginx" : "nginx";

    /// <summary>Whether nginx is there.</summary>
    public static bool Installed => File.Exists(Program);

    /// <summary>Drives the chains and counts them.</summary>
    public static async Task<ChainCount> RunAsync(HopsOptions options, Action<string> say)
    {
        using var workspace = new HopWorkspace(resources: false);
        int[] ports = [.. Enumerable.Range(0, Members.Length * 2 + 1).Select(_ => LocalPort.Take())];
        int front = ports[^1];
        var processes = new List<MemberProcess>();
        try
        {
            for (int i = 0; i < Members.Length; i++)
            {
                processes.Add(Start(workspace.Root, Members[i], "v1", ports[i * 2], front));
                processes.Add(Start(workspace.Root, Members[i], "v2", ports[i * 2 + 1], front));
            }

            for (int i = 0; i < processes.Count; i++)
            {
                await processes[i].ReadyAsync(new Uri($"http://127.0.0.1:{ports[i]}/v2/health/ready"));
            }

            say("  ten members run; nginx goes in front of them");
            processes.Add(Nginx(workspace.Root, ports, front));
            await processes[^1].ReadyAsync(new Uri($"http://127.0.0.1:{front}/nginx"));
            using var driver = new ChainDriver((Entry(front, "encoder"), 2), (Entry(front, "embed"), 3));
            await driver.RunAsync(options);
            foreach (MemberProcess process in processes)
            {
                await process.StopAsync();
            }

            return ChainCount.Of(driver.Asked, processes.SelectMany(p => p.Lines));
        }
        finally
        {
            foreach (MemberProcess process in processes)
            {
                await process.DisposeAsync();
            }
        }
    }

    private static Uri Entry(int front, string member) =>
        new($"http://127.0.0.1:{front}/members/{member}/v2/models/price/infer");

    private static MemberProcess Start(string root, string member, string release, int port, int front)
    {
        string space = release == "v1" ? "stones-1" : "stones-2";
        string[] common = ["--port", $"{port}", "--release", release, "--members", $"http://127.0.0.1:{front}/members"];
        return member switch
        {
            "encoder" => new MemberProcess("dotnet", ["bin/encoder/Diamonds.Encoder.dll", .. common], root),
            "embed" or "search" => new MemberProcess(
                "dotnet",
                [
                    "bin/similar/Diamonds.Similar.dll",
                    "--role",
                    member,
                    "--space",
                    $"three-hop/spaces/{space}.json",
                    .. common,
                ],
                root
            ),
            _ => new MemberProcess(
                HandoverChains.BuiltExecutable,
                [
                    "model",
                    "serve",
                    $"models/{release}{(member == "model" ? "-enc-model" : "")}.onnx",
                    "--port",
                    $"{port}",
                ],
                root
            ),
        };
    }

    private static MemberProcess Nginx(string root, int[] ports, int front)
    {
        var text = new StringBuilder("daemon off; worker_processes 1; error_log stderr;\n");
        text.Append(
            CultureInfo.InvariantCulture,
            $"pid {root}/nginx.pid;\nevents {{ worker_connections 4096; }}\nhttp {{\n"
        );
        text.Append("access_log off;\n");
        foreach (string path in (string[])["client_body", "proxy", "fastcgi", "uwsgi", "scgi"])
        {
            text.Append(CultureInfo.InvariantCulture, $"{path}_temp_path {root}/tmp-{path};\n");
        }

        for (int i = 0; i < Members.Length; i++)
        {
            string servers = $"server 127.0.0.1:{ports[i * 2]} weight=1; server 127.0.0.1:{ports[i * 2 + 1]} weight=1;";
            text.Append(CultureInfo.InvariantCulture, $"upstream {Members[i]} {{ random; {servers} keepalive 64; }}\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"server {{ listen 127.0.0.1:{front};\n");
        text.Append("location = /nginx { return 200; }\nproxy_http_version 1.1;\nproxy_set_header Connection \"\";\n");
        foreach (string member in Members)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"location /members/{member}/ {{ proxy_pass http://{member}/; }}\n"
            );
        }

        text.Append("} }\n");
        string file = Path.Combine(root, "nginx.conf");
        File.WriteAllText(file, text.ToString());
        return new MemberProcess(Program, ["-p", root, "-c", file], root);
    }
}
