using System.CommandLine;
using System.Globalization;
using Handover.Protocol;

namespace Handover.App.Cli.Commands;

/// <summary><c>rollout</c>: start and look. Steering, waiting and watching have files of their own.</summary>
internal static class RolloutCommand
{
    public static Command Build(CliRunner run)
    {
        var command = new Command("rollout", "Bring a service from one release to another")
        {
            Start(run),
            List(run),
            Status(run),
            RolloutWatch.Build(run),
            RolloutWait.Build(run),
            History(run),
            Report(run),
            VerdictCommands.Verdicts(run),
            VerdictCommands.Recompute(run),
            TrialCommand.Build(run),
        };
        foreach (Command steer in RolloutSteer.Build(run))
        {
            command.Add(steer);
        }

        return command;
    }

    /// <summary>The rollout behind an id or a name, with its version.</summary>
    public static Task<(RolloutView Value, string? ETag)> FindAsync(CliSession session, string id) =>
        session.Api.GetTaggedAsync(
            $"/api/v1/rollouts/{Uri.EscapeDataString(id)}",
            ProtocolJson.Lenient.RolloutView,
            session.Cancel
        );

    /// <summary>One rollout for people.</summary>
    public static void Show(TextWriter output, RolloutView view)
    {
        OutputWriter.Fields(
            output,
            ("id", view.Id),
            ("service", view.Service),
            ("move", $"{view.From} -> {view.To} by {view.Strategy}"),
            ("state", view.State),
            ("phase", $"{view.Phase} ({view.PhaseIndex + 1} of {view.Phases.Count})"),
            ("share", Shares(view)),
            ("epoch", view.Epoch.ToString(CultureInfo.InvariantCulture)),
            ("verdict", view.Verdict is { } v ? $"{v.Outcome}: {string.Join("; ", v.Reasons)}" : null),
            ("sick", view.Verdict?.SickRelease),
            ("cost", RolloutOutlook.Cost(view.Cost)),
            ("started", $"{view.StartedAt:u} by {view.StartedBy}"),
            ("approved", view.ApprovedBy),
            ("ended", view.EndedAt?.ToString("u", CultureInfo.InvariantCulture)),
            ("forecast", view.Forecast?.ToString("u", CultureInfo.InvariantCulture)),
            ("copies", view.Shadow?.Text),
            ("decided by", view.DecidedBy),
            ("because", view.Reasons.Count > 0 ? string.Join("; ", view.Reasons) : null)
        );
        if (view.Gates.Count > 0)
        {
            output.WriteLine();
            OutputWriter.Table(
                output,
                view.Gates,
                ("GATE", g => g.Name),
                ("OUTCOME", g => g.Outcome),
                ("EVIDENCE", g => g.Threshold < 1e300 ? $"{Number(g.LogEvidence)}/{Number(g.Threshold)}" : "-"),
                ("N", g => g.N.ToString(CultureInfo.InvariantCulture)),
                ("FORECAST", g => RolloutOutlook.Forecast(g.Forecast)),
                ("DETAIL", g => g.Detail)
            );
        }

        foreach (SegmentSeenView seen in view.Segments)
        {
            output.WriteLine(SegmentWords.Line(seen));
        }

        RolloutOutlook.Losses(output, view.Losses);
        foreach (BrokenContractView broken in view.BrokenContracts)
        {
            output.WriteLine($"broken contract: {broken.Release} {broken.Purpose} {broken.RequestId}: {broken.Detail}");
        }
    }

    /// <summary>The share of everybody and of segments.</summary>
    public static string Shares(RolloutView view) =>
        GetCommand.Percent(view.Share)
        + string.Concat(view.SegmentShares.Select(s => $", {s.Key} {GetCommand.Percent(s.Value)}"));

    private static string Number(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);

    private static Command Start(CliRunner run)
    {
        var service = new Argument<string?>("SERVICE") { Arity = ArgumentArity.ZeroOrOne };
        var to = new Option<string?>("--to") { Description = "The release to bring in" };
        var strategy = new Option<string?>("--strategy") { Description = "parallel, cutover or flag" };
        strategy.AcceptOnlyFromAmong("parallel", "cutover", "flag");
        var file = new Option<string?>("--file", "-f") { Description = "A file with one Rollout" };
        return run.Handle(
            new Command("start", "Start a rollout; prints its id") { service, to, strategy, file },
            async session =>
            {
                ParseResult parse = session.Parse;
                string? path = parse.GetValue(file);
                if (path is null && (parse.GetValue(service) is null || parse.GetValue(to) is null))
                {
                    session.Say("error: name SERVICE and --to RELEASE, or give a file with -f.");
                    return ExitCodes.Usage;
                }

                ManifestFile? manifest = path is null ? null : Manifests.Read(session, [path]).Single();
                return await StartAsync(
                    session,
                    new StartRolloutRequest
                    {
                        Service = parse.GetValue(service),
                        To = parse.GetValue(to),
                        Strategy = parse.GetValue(strategy),
                        Manifest = manifest?.Text,
                        ManifestFile = manifest?.Path,
                        Reason = session.Reason,
                    }
                );
            }
        );
    }

    /// <summary>Starts a rollout and prints its id.</summary>
    public static async Task<int> StartAsync(CliSession session, StartRolloutRequest request)
    {
        if (session.DryRun)
        {
            await RolloutOutlook.AheadAsync(session, request, request.ManifestFile ?? $"{request.Service}");
        }

        if (
            session.OnlyDry(
                request.Manifest is null
                    ? $"start a rollout of {request.Service} to {request.To}"
                    : $"start the rollout of {request.ManifestFile}"
            )
        )
        {
            return ExitCodes.Ok;
        }

        (RolloutView view, _) = await session.Api.PostAsync(
            "/api/v1/rollouts",
            request,
            ProtocolJson.Default.StartRolloutRequest,
            ProtocolJson.Lenient.RolloutView,
            session.Cancel
        );
        session.Say($"{view.Service}: {view.From} -> {view.To} by {view.Strategy}, {view.Phases.Count} phases");
        session.Output.One(view, ProtocolJson.Default.RolloutView, v => v.Id, (output, v) => output.WriteLine(v.Id));
        return ExitCodes.Of(view);
    }

    private static Command List(CliRunner run)
    {
        var service = new Option<string?>("--service", "-s");
        return run.Handle(
            new Command("list", "List rollouts, newest first") { service },
            async session =>
            {
                string? of = session.Parse.GetValue(service);
                string path = "/api/v1/rollouts" + (of is null ? "" : $"?service={Uri.EscapeDataString(of)}");
                GetCommand.Rollouts(
                    session,
                    await session.Api.ListAsync(path, ProtocolJson.Lenient.PageRolloutView, session.Cancel)
                );
                return ExitCodes.Ok;
            }
        );
    }

    private static Command Status(CliRunner run)
    {
        var id = new Argument<string>("ID");
        return run.Handle(
            new Command("status", "Show a rollout") { id },
            async session =>
            {
                (RolloutView view, _) = await FindAsync(session, session.Parse.GetValue(id)!);
                session.Output.One(view, ProtocolJson.Default.RolloutView, v => v.Id, Show);
                return ExitCodes.Ok;
            }
        );
    }

    private static Command History(CliRunner run)
    {
        var service = new Argument<string>("SERVICE");
        return run.Handle(
            new Command("history", "Show which release served when") { service },
            async session =>
            {
                HistoryView history = await session.Api.GetAsync(
                    $"/api/v1/services/{Uri.EscapeDataString(session.Parse.GetValue(service)!)}/history",
                    ProtocolJson.Lenient.HistoryView,
                    session.Cancel
                );
                session.Output.One(
                    history,
                    ProtocolJson.Default.HistoryView,
                    h => string.Join('\n', h.Rollouts.Select(r => r.Id)),
                    (output, h) => Epochs(output, h.Epochs)
                );
                return ExitCodes.Ok;
            }
        );
    }

    private static Command Report(CliRunner run)
    {
        var id = new Argument<string>("ID");
        return run.Handle(
            new Command("report", "Tell what a rollout did, as Markdown") { id },
            async session =>
            {
                RolloutReportView report = await session.Api.GetAsync(
                    $"/api/v1/rollouts/{Uri.EscapeDataString(session.Parse.GetValue(id)!)}/report",
                    ProtocolJson.Lenient.RolloutReportView,
                    session.Cancel
                );
                session.Output.One(
                    report,
                    ProtocolJson.Default.RolloutReportView,
                    r => r.Rollout.Id,
                    RolloutMarkdown.Write
                );
                return ExitCodes.Ok;
            }
        );
    }

    private static void Epochs(TextWriter output, IReadOnlyList<EpochView> epochs) =>
        OutputWriter.Table(
            output,
            epochs,
            ("EPOCH", e => e.Epoch.ToString(CultureInfo.InvariantCulture)),
            ("AT", e => e.At.ToString("yyyy-MM-dd HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture)),
            ("ACTION", e => e.Action),
            ("STABLE", e => e.Stable),
            ("CANDIDATE", e => e.Candidate ?? "-"),
            ("SHARE", e => GetCommand.Percent(e.Share)),
            ("BY", e => e.Actor),
            ("WHY", e => e.Reason)
        );
}
