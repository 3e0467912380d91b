using System.CommandLine;
using Handover.App.Node;

namespace Handover.App.Cli.Commands;

/// <summary><c>handover run</c>: an all-in-one node.</summary>
internal static class RunCommand
{
    public static Command Build(CliRunner run)
    {
        var directory = new Argument<string>("DIR")
        {
            Description = "Configuration directory",
            DefaultValueFactory = _ => ".",
        };
        var data = new Option<string>("--data-url") { DefaultValueFactory = _ => "http://127.0.0.1:8080" };
        var http2 = new Option<string?>("--http2-url")
        {
            Description = "Further data address, for HTTP/2 in clear text: gRPC clients need it (default: none)",
        };
        var admin = new Option<string>("--admin-url") { DefaultValueFactory = _ => GlobalOptions.DefaultServer };
        var state = new Option<string?>("--state") { Description = "State directory, default DIR/.handover" };
        var cert = new Option<string?>("--admin-cert") { Description = "PEM certificate chain of the admin address" };
        var key = new Option<string?>("--admin-key") { Description = "PEM private key of the admin address" };
        var hosts = new Option<string[]>("--admin-host") { Description = "Further name of the admin API (repeatable)" };
        var allow = new Option<string[]>("--allow-url") { Description = "Host or CIDR to call (repeatable)" };
        Option<string> upstream = Upstream();
        // Hidden: only the demo proves with it that its judge finds what mixing does.
        var sabotage = new Option<bool>("--sabotage-stickiness") { Hidden = true };
        // Hidden: tests of crashes kill the node at a point that the environment names.
        var failpoints = new Option<bool>("--failpoints") { Hidden = true };
        var command = new Command("run", "Start an all-in-one node")
        {
            directory,
            data,
            http2,
            admin,
            state,
            cert,
            key,
            hosts,
            allow,
            upstream,
            sabotage,
            failpoints,
        };
        return run.Handle(
            command,
            session =>
            {
                ParseResult parse = session.Parse;
                string dir = Path.GetFullPath(parse.GetValue(directory)!);
                var options = new RunOptions
                {
                    Directory = dir,
                    StateDirectory = Path.GetFullPath(parse.GetValue(state) ?? Path.Combine(dir, ".handover")),
                    DataUrl = parse.GetValue(data)!,
                    Http2Url = parse.GetValue(http2),
                    AdminUrl = parse.GetValue(admin)!,
                    AdminCert = parse.GetValue(cert),
                    AdminKey = parse.GetValue(key),
                    AdminHosts = parse.GetValue(hosts) ?? [],
                    AllowUrls = parse.GetValue(allow) ?? [],
                    DirectUpstream = parse.GetValue(upstream) == "direct",
                    IgnoreStickiness = parse.GetValue(sabotage),
                    Failpoints = parse.GetValue(failpoints),
                };
                return StartAsync(session, options);
            }
        );
    }

    private static Option<string> Upstream()
    {
        var upstream = new Option<string>("--upstream")
        {
            Description = "Connections to members: the gateway's own for plain requests, or all the framework's",
            DefaultValueFactory = _ => "direct",
        };
        upstream.AcceptOnlyFromAmong("direct", "framework");
        return upstream;
    }

    private static async Task<int> StartAsync(CliSession session, RunOptions options)
    {
        if (!Directory.Exists(options.Directory))
        {
            session.Say($"error: there is no directory {options.Directory}.");
            return ExitCodes.Usage;
        }

        foreach (string? address in (string?[])[options.DataUrl, options.Http2Url])
        {
            if (address is not null && !IsAddress(address))
            {
                session.Say($"error: '{address}' is not an address to serve at; write it as http://127.0.0.1:8080.");
                return ExitCodes.Usage;
            }
        }

        if (session.Host.RunNode is not { } node)
        {
            session.Say("error: 'run' is not supported yet by this build.");
            return ExitCodes.Usage;
        }

        return await node(options, session.Cancel);
    }

    private static bool IsAddress(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? address) && address.Scheme == Uri.UriSchemeHttp;
}
