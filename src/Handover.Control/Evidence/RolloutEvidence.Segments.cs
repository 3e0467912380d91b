using Handover.Control.Stores;
using Handover.Core.Catalog;
using Handover.Core.Evidence;
using Handover.Core.Foundation;
using Handover.Core.Gates;
using Handover.Core.Rollouts;
using Handover.Ports;

namespace Handover.Control.Evidence;

/// <summary>
/// What segments saw, and the evidence of a segment that may go back alone: a book of its own, which shares no request
/// with the others, so that harm in it is no evidence against anybody else.
/// </summary>
internal sealed partial class RolloutEvidence
{
    private readonly Dictionary<string, SegmentTally> _segments = new(StringComparer.Ordinal);

    private readonly Dictionary<string, TrackMark> _tracks = new(StringComparer.Ordinal);

    /// <summary>Under which name the evidence of a segment is kept.</summary>
    public static string KeyOf(string rollout, string? segment) => segment is null ? rollout : $"{rollout}/{segment}";

    /// <summary>What each segment saw; the empty name is everybody outside all that the routing named.</summary>
    public IReadOnlyDictionary<string, SegmentTally> Seen
    {
        get
        {
            lock (_gate)
            {
                return new Dictionary<string, SegmentTally>(_segments, StringComparer.Ordinal);
            }
        }
    }

    /// <summary>What was seen when the evidence was saved last.</summary>
    public static IReadOnlyDictionary<string, SegmentTally> SeenOf(string? saved) =>
        (saved is null ? null : Read(saved)?.Segments) ?? new Dictionary<string, SegmentTally>();

    private void CountSegment(Exchange exchange, bool candidate)
    {
        string name = exchange.Segment ?? "";
        bool bad = exchange.Outcome is not ExchangeOutcome.Ok;
        _segments[name] = _segments.GetValueOrDefault(name, SegmentTally.None).With(candidate, bad);
    }

    /// <summary>
    /// What the tests of a rollout, or of one segment, are set up with when it begins. Every book gets an equal part
    /// of alpha, so that the chance of any false rollback stays below it (a union bound).
    /// </summary>
    public static GateSetup SetupOf(RolloutState state, Service service, string? segment = null)
    {
        TimeSpan planned = state.Plan.Phases.Aggregate(TimeSpan.Zero, (sum, p) => sum + LeastTime(p));
        return new GateSetup(
            PartOf(state.Plan, segment),
            service.Objectives,
            RestartPlan.Over(state.StartedAt, planned)
        )
        {
            Shadows = state.Plan.Phases.Any(p => p is Phase.Shadow),
            LossIsRate = service.Labels is { Loss: LossKind.ZeroOne },
            LabelWindow = service.Labels?.Window,
        };
    }

    private static GatePlan PartOf(RolloutPlan plan, string? segment)
    {
        int books = 1 + plan.Paces.Count(p => p.Alone);
        if (books == 1)
        {
            return plan.Gates;
        }

        GatePlan part = plan.Gates with { Alpha = new Ratio(plan.Gates.Alpha.Value / books) };
        return segment is null
            ? part
            : part with
            {
                Metrics = [.. part.Metrics.Where(m => Pace.Metrics.Contains(m.Name))],
            };
    }

    // Since when, and from how many requests of the segment on, its own shift is counted.
    private sealed record TrackMark(int Phase, long Requests, DateTimeOffset SettledAt)
    {
        public static TrackMark None { get; } = new(-1, 0, default);
    }

    private static TimeSpan LeastTime(Phase phase) =>
        phase switch
        {
            Phase.Shift shift => shift.For,
            Phase.Bake bake => bake.For,
            _ => TimeSpan.FromSeconds(10),
        };
}
