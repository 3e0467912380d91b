using System.Globalization;
using System.Text.Json;
using Handover.Control.Engine;
using Handover.Control.Evidence;
using Handover.Core.Gates;
using Handover.Core.Moves;
using Handover.Core.Rollouts;
using Handover.Ports;
using Handover.Protocol;

namespace Handover.Control.Api;

/// <summary>
/// Rollouts on the wire. Domain types never go there themselves, so that either side can change alone.
/// </summary>
public static class RolloutViews
{
    private const int EventsInLists = 50;

    /// <summary>
    /// The version of a rollout that If-Match names: it changes with everything that happens to the rollout.
    /// </summary>
    public static string ETag(RolloutSnapshot snapshot) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{snapshot.State.Id}-{(snapshot.Events.Count == 0 ? 0 : snapshot.Events[^1].Seq)}"
        );

    /// <summary>The whole rollout, or for lists with the newest events only.</summary>
    public static RolloutView Of(RolloutSnapshot snapshot, bool full)
    {
        RolloutState state = snapshot.State;
        IEnumerable<RolloutHistoryEntry> events = full ? snapshot.Events : snapshot.Events.TakeLast(EventsInLists);
        return new RolloutView
        {
            Id = state.Id,
            Name = state.Plan.Name,
            Service = state.Plan.Service,
            From = state.From,
            To = state.Plan.To,
            Strategy = Wire(state.Plan.Strategy),
            State = Wire(state.Status),
            Phase = state.Phase.Kind,
            PhaseIndex = state.PhaseIndex,
            Share = Percent(state.Share),
            SegmentShares = state.SegmentShares.ToDictionary(s => s.Key, s => Percent(s.Value)),
            Segments = [.. snapshot.Segments.Select(Of)],
            Epoch = state.Epoch,
            Verdict = state.Verdict is { } v ? Of(v) : null,
            Gates = Gates(snapshot),
            Cost = snapshot.Outlook?.Cost is { } cost ? Of(cost) : null,
            DecidedBy = snapshot.Outlook?.Gates?.PromotionDecidedBy,
            StartedAt = state.StartedAt,
            EndedAt = state.EndedAt,
            Forecast = snapshot.Forecast,
            ForecastSeconds = snapshot.Outlook?.Gates?.Promote?.TotalSeconds,
            StartedBy = state.StartedBy,
            ApprovedBy = state.ApprovedBy,
            Reasons = state.Reasons,
            Closed = state.Closed is not null,
            WarmCurve = [.. state.WarmCurve.Select(w => new WarmPointView(w.P95Ms, w.StableP95Ms))],
            Rollback = snapshot.Readiness is { } back ? Of(back) : null,
            Interruptions =
            [
                .. state.Interruptions.Select(i => new InterruptionView(
                    Math.Round(i.Seen.TotalMilliseconds),
                    Math.Round(i.Closed.TotalMilliseconds),
                    i.Held,
                    i.Refused,
                    i.Whole,
                    i.Text
                )),
            ],
            Phases =
            [
                .. state.Plan.Phases.Select((phase, i) => new PhaseView(phase.Kind, Text(phase), Status(state, i))),
            ],
            Holds = [.. (snapshot.Outlook?.Holds ?? []).Select(h => new PlannedHoldView(Text(h.Phase), Of(h.Hold)))],
            Checks = snapshot.Outlook?.Checks is { } ahead
                ? new ChecksAheadView(ahead.Refusals, ahead.Awaited, ahead.Around)
                : null,
            Events = [.. events.Select(e => new RolloutEventView(e.Seq, e.At, e.Kind, e.Text, e.Actor))],
        };
    }

    /// <summary>What a move would hold.</summary>
    public static HoldForecastView Of(HoldForecast hold) =>
        new(
            Math.Round(hold.Requests, 1),
            Math.Round(hold.Longest.TotalMilliseconds, 1),
            hold.Slice.Value * 100,
            Wire(hold.Drain.Mode),
            hold.Text
        );

    private static SegmentSeenView Of(SegmentReading seen) =>
        new(
            seen.Segment,
            seen.Tally.CandidateRequests,
            seen.Tally.CandidateBad,
            seen.Tally.StableRequests,
            seen.Tally.StableBad,
            [.. seen.Shares.Select(s => new SegmentShareView(s.At, s.Epoch, Percent(s.Share)))]
        )
        {
            Verdict = seen.Verdict is { } verdict ? Of(verdict) : null,
            TakenBack = seen.TakenBack,
            Phase = seen.Track is { Done: false } track ? track.PhaseIndex : null,
            Waits = seen.Track?.Waits,
        };

    private static RollbackReadinessView Of(RollbackReadiness back) =>
        new(back.Release, back.Warm, back.Fits, back.Broken, back.KeptUntil, back.Artefacts, back.Altered, back.Text);

    /// <summary>What the evidence says.</summary>
    public static VerdictView Of(Verdict verdict) =>
        new(Wire(verdict.Outcome), verdict.Reasons) { Culprit = verdict.Culprit, SickRelease = verdict.SickRelease };

    /// <summary>One epoch.</summary>
    public static EpochView Of(EpochHistory history) =>
        new(
            history.Epoch,
            history.Action,
            history.At,
            history.Actor,
            history.Reason,
            history.Routing.Stable,
            history.Routing.Candidate,
            Percent(history.Routing.Share)
        );

    /// <summary>What happened, in a few sentences.</summary>
    public static IReadOnlyList<string> Summary(RolloutView view, IReadOnlyList<EpochView> epochs)
    {
        var lines = new List<string>
        {
            $"Rollout {view.Id} brings {view.Service} from {view.From} to {view.To} by {view.Strategy}; "
                + $"{view.StartedBy} started it.",
            view.State switch
            {
                "succeeded" => $"It succeeded: {view.To} is the stable release.",
                "rolledBack" => $"Everything went back to {view.From}.",
                "refused" => $"It was refused before {view.To} met any traffic.",
                "failed" => $"It failed before {view.To} served.",
                _ => string.Create(
                    CultureInfo.InvariantCulture,
                    $"It is {view.State} in phase {view.Phase}; {view.To} serves {view.Share:0.###} % of entities."
                ),
            },
            $"Routing changed {epochs.Count(e => e.Action is "commit")} times.",
        };
        if (view.Rollback is { } back)
        {
            lines.Add($"A rollback would go {back.Text}.");
        }

        lines.AddRange(view.Segments.Select(SegmentWords.Line));
        lines.AddRange(view.Interruptions.Select(i => $"Interruption: {i.Text}."));
        lines.AddRange(view.Reasons);
        if (view.Verdict is { SickRelease: { } sick } verdict)
        {
            lines.Add($"The sick release is {sick}; the metric that showed it is {verdict.Culprit}.");
        }

        return lines;
    }

    /// <summary>Camel case name of an enum value, as the wire has it.</summary>
    public static string Wire<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.CamelCase.ConvertName(value.ToString());

    /// <summary>A share in percent.</summary>
    public static double Percent(Core.Foundation.Share share) => share.Parts / 1000.0;

    /// <summary>One gate's reading.</summary>
    public static GateView Gate(GateReading g) => Gate(g, []);

    private static GateView Gate(GateReading g, IReadOnlyList<MetricForecast> forecasts) =>
        new(
            g.Name,
            Wire(g.Outcome),
            Finite(g.LogEvidence),
            Finite(g.Threshold),
            g.N,
            Of(forecasts.FirstOrDefault(f => f.Metric == g.Name), g.NeedsMore)
        )
        {
            Detail = g.Detail,
        };

    // JSON has no infinity; the largest finite number keeps the order.
    private static double Finite(double value) =>
        double.IsNaN(value) ? 0 : Math.Clamp(value, -double.MaxValue, double.MaxValue);

    private static string Status(RolloutState state, int index) =>
        state.IsThrough(index) || state.Status == RolloutStatus.Succeeded ? "done"
        : state.Open && state.OpenTracks.Any(t => t.PhaseIndex == index) ? "active"
        : index > state.PhaseIndex
            ? state.Open ? "ahead"
                : "skipped"
        : state.Open ? "active"
        : "skipped";

    /// <summary>What it costs.</summary>
    public static CostView Of(RolloutCost cost) =>
        new(cost.SoFar, cost.Currency)
        {
            Shadow = cost.Shadow,
            ToCome = cost.ToCome,
            Total = cost.Total,
            StablePerDay = cost.StablePerDay,
            CandidatePerDay = cost.CandidatePerDay,
            Budget = cost.Budget,
        };

    private static List<GateView> Gates(RolloutSnapshot snapshot)
    {
        IReadOnlyList<MetricForecast> forecasts = snapshot.Outlook?.Gates?.Metrics ?? [];
        List<GateView> gates = [.. (snapshot.State.Verdict?.Gates ?? []).Select(g => Gate(g, forecasts))];

        // Before the first verdict the forecast is all there is.
        gates.AddRange(
            forecasts
                .Where(f => gates.TrueForAll(g => g.Name != f.Metric))
                .Select(f => new GateView(f.Metric, "hold", 0, 0, 0, Of(f, null)) { Detail = "no evidence yet" })
        );
        return gates;
    }

    private static GateForecastView? Of(MetricForecast? forecast, long? requests) =>
        forecast is null && requests is null
            ? null
            : new GateForecastView(requests, forecast?.Promote?.TotalSeconds, forecast?.RollBack?.TotalSeconds);

    /// <summary>A phase in a few words.</summary>
    public static string Text(Phase phase) =>
        phase switch
        {
            Phase.Start start => $"start, at most {Text(start.Timeout)}",
            Phase.Warm warm => $"warm with {warm.Requests} requests until converged",
            Phase.Shadow shadow => $"shadow {shadow.Share} for {shadow.Pairs} pairs",
            Phase.Shift { Segment: { } segment } shift => $"shift {segment} to {shift.Share}",
            Phase.Shift shift => $"shift to {shift.Share}",
            Phase.Switch change => Text(change),
            Phase.Bake bake => $"bake {Text(bake.For)}",
            Phase.Retire retire => $"retire, keep {Text(retire.Keep)}",
            _ => phase.Kind,
        };

    private static string Text(Phase.Switch change)
    {
        string drain = change.Drain switch
        {
            DrainMode.Atomic => "requests in flight end first",
            DrainMode.Dispatch => "requests in flight end where they are",
            _ => "drain by p99",
        };
        string hold = $"hold at most {Text(change.Hold)}, {drain}";
        return change.Stack == StackUse.Double
            ? $"switch, {hold}"
            : $"switch with one stack: close, stop, start within {Text(change.StartTimeout)}"
                + (change.WarmRequests > 0 ? $", warm with {change.WarmRequests} requests" : "")
                + $", open; {hold}";
    }

    private static string Text(TimeSpan time) =>
        time.TotalSeconds < 1 ? $"{time.TotalMilliseconds:0} ms"
        : time.TotalMinutes < 2 ? $"{time.TotalSeconds:0.#} s"
        : time.TotalHours < 2 ? $"{time.TotalMinutes:0.#} min"
        : $"{time.TotalHours:0.#} h";
}
