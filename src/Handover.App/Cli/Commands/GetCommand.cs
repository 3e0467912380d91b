using System.CommandLine;
using System.Globalization;
using Handover.Protocol;

namespace Handover.App.Cli.Commands;

/// <summary><c>get KIND [NAME]</c>: lists, and short views.</summary>
internal static class GetCommand
{
    public static readonly string[] Kinds = ["service", "release", "consumer", "featureview", "segment", "rollout"];

    public static Argument<string> KindArgument()
    {
        var kind = new Argument<string>("KIND") { Description = string.Join(", ", Kinds) };
        kind.AcceptOnlyFromAmong([.. Kinds, .. Kinds.Select(k => k + "s")]);
        return kind;
    }

    public static Command Build(CliRunner run)
    {
        Argument<string> kind = KindArgument();
        var name = new Argument<string?>("NAME") { Arity = ArgumentArity.ZeroOrOne };
        var service = new Option<string?>("--service", "-s") { Description = "Only of this service" };
        return run.Handle(
            new Command("get", "List resources") { kind, name, service },
            async session =>
            {
                ParseResult parse = session.Parse;
                string? wanted = parse.GetValue(name);
                bool found = parse.GetValue(kind)!.TrimEnd('s') switch
                {
                    "service" => await ServicesAsync(session, wanted),
                    "release" => await ReleasesAsync(session, wanted, parse.GetValue(service)),
                    "consumer" => await ConsumersAsync(session, wanted, parse.GetValue(service)),
                    "featureview" => await FeatureViewsAsync(session, wanted),
                    "segment" => await SegmentsAsync(session, wanted),
                    _ => await RolloutsAsync(session, wanted, parse.GetValue(service)),
                };
                if (!found)
                {
                    session.Say($"error: there is no {parse.GetValue(kind)} named '{wanted}'.");
                }

                return found ? ExitCodes.Ok : ExitCodes.Failed;
            }
        );
    }

    /// <summary>Writes rollouts as a table.</summary>
    public static void Rollouts(CliSession session, IReadOnlyList<RolloutView> all) =>
        session.Output.Many(
            all,
            ProtocolJson.Default.RolloutView,
            r => r.Id,
            ("ID", r => r.Id),
            ("SERVICE", r => r.Service),
            ("FROM", r => r.From),
            ("TO", r => r.To),
            ("STRATEGY", r => r.Strategy),
            ("STATE", r => r.State),
            ("PHASE", r => r.Phase),
            ("SHARE", r => Percent(r.Share)),
            ("EPOCH", r => r.Epoch.ToString(CultureInfo.InvariantCulture))
        );

    /// <summary>A number of percent.</summary>
    public static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{share:0.###}%");

    /// <summary>Names of all services, or the one that was named.</summary>
    public static async Task<IReadOnlyList<string>> ServiceNamesAsync(CliSession session, string? service) =>
        service is not null
            ? [service]
            :
            [
                .. (
                    await session.Api.ListAsync(
                        "/api/v1/services",
                        ProtocolJson.Lenient.PageServiceView,
                        session.Cancel
                    )
                ).Select(s => s.Name),
            ];

    private static async Task<bool> ServicesAsync(CliSession session, string? name)
    {
        var all = await session.Api.ListAsync("/api/v1/services", ProtocolJson.Lenient.PageServiceView, session.Cancel);
        List<ServiceView> shown = [.. all.Where(s => name is null || s.Name == name)];
        session.Output.Many(
            shown,
            ProtocolJson.Default.ServiceView,
            s => s.Name,
            ("NAME", s => s.Name),
            ("PROTOCOL", s => s.Protocol),
            ("PATH", s => s.Path),
            ("STABLE", s => s.Stable),
            ("CANDIDATE", s => s.Candidate ?? "-"),
            ("SHARE", s => Percent(s.Share)),
            ("EPOCH", s => s.Epoch.ToString(CultureInfo.InvariantCulture)),
            ("ROLLOUT", s => s.Rollout ?? "-")
        );
        return name is null || shown.Count > 0;
    }

    private static async Task<bool> ReleasesAsync(CliSession session, string? name, string? service)
    {
        var all = new List<ReleaseView>();
        foreach (string s in await ServiceNamesAsync(session, service))
        {
            string path = $"/api/v1/services/{Uri.EscapeDataString(s)}/releases";
            all.AddRange(await session.Api.ListAsync(path, ProtocolJson.Lenient.PageReleaseView, session.Cancel));
        }

        all.RemoveAll(r => name is not null && r.Name != name);
        session.Output.Many(
            all,
            ProtocolJson.Default.ReleaseView,
            r => $"{r.Service}/{r.Name}",
            ("SERVICE", r => r.Service),
            ("NAME", r => r.Name),
            ("ROLE", r => r.Role),
            ("RUNNING", r => r.Running ? "yes" : "no"),
            ("READY", r => r.Ready ? "yes" : "no"),
            ("MEMBERS", r => string.Join(",", r.Members.Keys)),
            ("TROUBLE", r => r.Trouble ?? "")
        );
        return name is null || all.Count > 0;
    }

    private static async Task<bool> ConsumersAsync(CliSession session, string? name, string? service)
    {
        var all = new List<ConsumerView>();
        foreach (string s in await ServiceNamesAsync(session, service))
        {
            string path = $"/api/v1/services/{Uri.EscapeDataString(s)}/consumers";
            all.AddRange(await session.Api.ListAsync(path, ProtocolJson.Lenient.PageConsumerView, session.Cancel));
        }

        all.RemoveAll(c => name is not null && c.Name != name);
        session.Output.Many(
            all,
            ProtocolJson.Default.ConsumerView,
            c => $"{c.Service}/{c.Name}",
            ("SERVICE", c => c.Service),
            ("NAME", c => c.Name),
            ("ROLE", c => c.Role),
            ("ACCEPTS", c => string.Join(",", c.Accepts.Select(t => t.Name))),
            ("ACKNOWLEDGE", c => c.Acknowledge)
        );
        return name is null || all.Count > 0;
    }

    private static async Task<bool> FeatureViewsAsync(CliSession session, string? name)
    {
        var all = await session.Api.ListAsync(
            "/api/v1/featureviews",
            ProtocolJson.Lenient.PageFeatureViewView,
            session.Cancel
        );
        List<FeatureViewView> shown = [.. all.Where(v => name is null || v.Name == name)];
        session.Output.Many(
            shown,
            ProtocolJson.Default.FeatureViewView,
            v => v.Name,
            ("NAME", v => v.Name),
            ("VERSIONS", v => string.Join(",", v.Versions.Select(x => x.Version)))
        );
        return name is null || shown.Count > 0;
    }

    private static async Task<bool> SegmentsAsync(CliSession session, string? name)
    {
        var all = await session.Api.ListAsync("/api/v1/segments", ProtocolJson.Lenient.PageSegmentView, session.Cancel);
        List<SegmentView> shown = [.. all.Where(s => name is null || s.Name == name)];
        session.Output.Many(
            shown,
            ProtocolJson.Default.SegmentView,
            s => s.Name,
            ("NAME", s => s.Name),
            ("WHEN", s => s.When.GetRawText())
        );
        return name is null || shown.Count > 0;
    }

    private static async Task<bool> RolloutsAsync(CliSession session, string? name, string? service)
    {
        string path = "/api/v1/rollouts" + (service is null ? "" : $"?service={Uri.EscapeDataString(service)}");
        var all = await session.Api.ListAsync(path, ProtocolJson.Lenient.PageRolloutView, session.Cancel);
        List<RolloutView> shown = [.. all.Where(r => name is null || r.Id == name || r.Name == name)];
        Rollouts(session, shown);
        return name is null || shown.Count > 0;
    }
}
