using Handover.Control.Stores;
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
}
