using System.CommandLine;
using Handover.Protocol;

namespace Handover.App.Cli.Commands;

/// <summary>
/// The commands to a rollout. What depends on where the rollout stands (promote, set-share, approve) carries the
/// version that was seen; what means the same everywhere (pause, resume, retry, abort) goes through whatever the
/// version is.
/// </summary>
internal static class RolloutSteer
{
    private const int Attempts = 4;

    public static IEnumerable<Command> Build(CliRunner run)
    {
        yield return OfSegment(run, "pause", "Stop where it is");
        yield return OfSegment(run, "resume", "Go on");
        yield return Simple(run, "approve", "approve", "Sign for it; not by whoever started it", anyVersion: false);
        yield return Simple(run, "retry", "retry", "Try again after a failure", anyVersion: true);
        yield return Abort(run);
        yield return Promote(run);
        yield return SetShare(run);
        yield return Readmit(run);
        yield return Undo(run);
    }

    private static Command Simple(CliRunner run, string name, string verb, string text, bool anyVersion)
    {
        var id = new Argument<string>("ID");
        return run.Handle(
            new Command(name, text) { id },
            session => SendAsync(session, session.Parse.GetValue(id)!, verb, new RolloutCommandRequest(), anyVersion)
        );
    }

    // For all, or for one segment where segments move independently.
    private static Command OfSegment(CliRunner run, string verb, string text)
    {
        var id = new Argument<string>("ID");
        Option<string?> segment = Segment();
        return run.Handle(
            new Command(verb, text) { id, segment },
            session =>
                SendAsync(
                    session,
                    session.Parse.GetValue(id)!,
                    verb,
                    new RolloutCommandRequest { Segment = session.Parse.GetValue(segment) },
                    anyVersion: true
                )
        );
    }

    private static Option<string?> Segment() => new("--segment") { Description = "Only this segment" };

    private static Command Abort(CliRunner run)
    {
        var id = new Argument<string>("ID");
        Option<string?> segment = Segment();
        return run.Handle(
            new Command("abort", "Take everything back") { id, segment },
            session =>
                session.Agreed($"Take {session.Parse.GetValue(segment) ?? "everything"} back to the stable release?")
                    ? SendAsync(
                        session,
                        session.Parse.GetValue(id)!,
                        "rollback",
                        new RolloutCommandRequest { Segment = session.Parse.GetValue(segment) },
                        anyVersion: true
                    )
                    : Task.FromResult(ExitCodes.Failed)
        );
    }

    private static Command Readmit(CliRunner run)
    {
        var id = new Argument<string>("ID");
        var segment = new Argument<string>("SEGMENT");
        return run.Handle(
            new Command("readmit", "Bring a segment in again that went back alone") { id, segment },
            session =>
                session.Agreed("Bring the segment in again, although the evidence was against it?")
                    ? SendAsync(
                        session,
                        session.Parse.GetValue(id)!,
                        "readmit",
                        new RolloutCommandRequest { Segment = session.Parse.GetValue(segment) },
                        anyVersion: false
                    )
                    : Task.FromResult(ExitCodes.Failed)
        );
    }

    private static Command Promote(CliRunner run)
    {
        var id = new Argument<string>("ID");
        var full = new Option<bool>("--full") { Description = "To 100 % without waiting in the phases between" };
        Option<string?> segment = Segment();
        return run.Handle(
            new Command("promote", "Leave the phase now") { id, full, segment },
            session =>
            {
                if (session.DryRun)
                {
                    return ForecastAsync(session, session.Parse.GetValue(id)!, percent: null);
                }

                bool all = session.Parse.GetValue(full);
                return all && !session.Agreed("Give all traffic to the candidate without waiting for the gates?")
                    ? Task.FromResult(ExitCodes.Failed)
                    : SendAsync(
                        session,
                        session.Parse.GetValue(id)!,
                        "promote",
                        new RolloutCommandRequest { Full = all, Segment = session.Parse.GetValue(segment) },
                        anyVersion: false
                    );
            }
        );
    }

    private static Command SetShare(CliRunner run)
    {
        var id = new Argument<string>("ID");
        var percent = new Argument<double>("PERCENT")
        {
            Description = "0 to 100",
            CustomParser = result =>
            {
                string text = result.Tokens[0].Value.TrimEnd('%');
                if (
                    double.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out double value)
                    && value is >= 0 and <= 100
                )
                {
                    return value;
                }

                result.AddError($"'{result.Tokens[0].Value}' is not a share: give a number of percent from 0 to 100.");
                return 0;
            },
        };
        return run.Handle(
            new Command("set-share", "Set the candidate's share") { id, percent },
            session =>
                session.DryRun
                    ? ForecastAsync(session, session.Parse.GetValue(id)!, session.Parse.GetValue(percent))
                    : SendAsync(
                        session,
                        session.Parse.GetValue(id)!,
                        "setShare",
                        new RolloutCommandRequest { Percent = session.Parse.GetValue(percent) },
                        anyVersion: false
                    )
        );
    }

    // What a dry run of a move is worth: how many callers would have waited, and for how long.
    private static async Task<int> ForecastAsync(CliSession session, string id, double? percent)
    {
        string query = percent is { } p ? FormattableString.Invariant($"?percent={p}") : "";
        HoldForecastView view = await session.Api.GetAsync(
            $"/api/v1/rollouts/{Uri.EscapeDataString(id)}/hold{query}",
            ProtocolJson.Lenient.HoldForecastView,
            session.Cancel
        );
        session.Output.One(view, ProtocolJson.Default.HoldForecastView, _ => id, (o, v) => o.WriteLine(v.Text));
        return ExitCodes.Ok;
    }

    private static Command Undo(CliRunner run)
    {
        var id = new Argument<string>("ID");
        var strategy = new Option<string?>("--strategy") { Description = "Default: the one of the rollout" };
        strategy.AcceptOnlyFromAmong("parallel", "cutover", "flag");
        return run.Handle(
            new Command("undo", "Start a rollout back to the release before") { id, strategy },
            async session =>
            {
                (RolloutView view, _) = await RolloutCommand.FindAsync(session, session.Parse.GetValue(id)!);
                if (view.State != "succeeded")
                {
                    session.Say($"error: {view.Id} is {view.State}; only a rollout that succeeded can be undone.");
                    session.Say("An open one is taken back with 'handover rollout abort'.");
                    return ExitCodes.Conflict;
                }

                return await RolloutCommand.StartAsync(
                    session,
                    new StartRolloutRequest
                    {
                        Service = view.Service,
                        To = view.From,
                        Strategy = session.Parse.GetValue(strategy) ?? view.Strategy,
                        Reason = session.Reason ?? $"undo {view.Id}",
                    }
                );
            }
        );
    }

    private static async Task<int> SendAsync(
        CliSession session,
        string id,
        string verb,
        RolloutCommandRequest body,
        bool anyVersion
    )
    {
        (RolloutView seen, string? etag) = await RolloutCommand.FindAsync(session, id);
        if (session.OnlyDry($"{verb} {seen.Id}, which is {seen.State} in {seen.Phase}"))
        {
            return ExitCodes.Ok;
        }

        for (int attempt = 1; ; attempt++)
        {
            try
            {
                (RolloutView view, _) = await session.Api.PostAsync(
                    $"/api/v1/rollouts/{Uri.EscapeDataString(seen.Id)}:{verb}",
                    body with
                    {
                        Reason = session.Reason,
                    },
                    ProtocolJson.Default.RolloutCommandRequest,
                    ProtocolJson.Lenient.RolloutView,
                    session.Cancel,
                    anyVersion ? "*" : etag
                );
                session.Output.One(
                    view,
                    ProtocolJson.Default.RolloutView,
                    v => v.Id,
                    (o, v) => o.WriteLine($"{v.Id}: {v.State}, {v.Phase}, share {RolloutCommand.Shares(v)}")
                );
                return ExitCodes.Ok;
            }
            catch (AdminFailure failure) when (failure.Problem.Status == 412 && attempt < Attempts)
            {
                // The engine wrote something between looking and sending. Only what a person decides by counts.
                (RolloutView now, etag) = await RolloutCommand.FindAsync(session, seen.Id);
                if (
                    now.State != seen.State
                    || now.PhaseIndex != seen.PhaseIndex
                    || Math.Abs(now.Share - seen.Share) > 1e-9
                )
                {
                    throw;
                }
            }
        }
    }
}
