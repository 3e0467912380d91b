using Handover.Core.Divergence;
using Handover.Core.Foundation;
using Handover.Core.Gates;

namespace Handover.Core.Rollouts;

/// <summary>
/// How a service is brought from one release to another: validated, immutable, stored with the rollout.
/// </summary>
public sealed record RolloutPlan
{
    /// <summary>Name of the plan; the rollout's id is <c>NAME.N</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The service.</summary>
    public required string Service { get; init; }

    /// <summary>The release to bring in.</summary>
    public required string To { get; init; }

    /// <summary>Id of the rollout that this one takes back; null for a rollout forwards.</summary>
    public string? Undoes { get; init; }

    /// <summary>Which ready-made list the phases come from (or are closest to).</summary>
    public Strategy Strategy { get; init; } = Strategy.Parallel;

    /// <summary>Seed of the draw; default the plan's name, so that a retry reaches the same entities.</summary>
    public required string Salt { get; init; }

    /// <summary>What happens, in order. Never empty.</summary>
    public required IReadOnlyList<Phase> Phases { get; init; }

    /// <summary>What decides.</summary>
    public GatePlan Gates { get; init; } = new();

    /// <summary>A phase without progress for so long: <see cref="WhenInconclusive"/> applies. Default 2 h.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromHours(2);

    /// <summary>The organisation's flag that decides who is eligible; null when everybody is.</summary>
    public OutsideFlag? Flag { get; init; }

    /// <summary>The segments that the phases name, each once, in the order in which they come.</summary>
    public IReadOnlyList<string> SegmentNames =>
        [.. Phases.OfType<Phase.Shift>().Select(s => s.Segment).OfType<string>().Distinct(StringComparer.Ordinal)];

    /// <summary>Whether segments wait for each other. Default: they do, in the order of the phases.</summary>
    public SegmentOrder SegmentOrder { get; init; } = SegmentOrder.Listed;

    /// <summary>
    /// The phases, one directly after the other, in which segments move independently: first index and the one behind
    /// the last. Null when the phase at <paramref name="index"/> is none of such.
    /// </summary>
    public (int Start, int End)? TracksAt(int index)
    {
        if (SegmentOrder == SegmentOrder.Listed || SegmentAt(index) is null)
        {
            return null;
        }

        (int start, int end) = (index, index + 1);
        while (start > 0 && SegmentAt(start - 1) is not null)
        {
            start--;
        }

        while (end < Phases.Count && SegmentAt(end) is not null)
        {
            end++;
        }

        return (start, end);
    }

    /// <summary>The first phase of each segment in a run of such phases, in their order.</summary>
    public IEnumerable<int> FirstOfEach((int Start, int End) run) =>
        Enumerable.Range(run.Start, run.End - run.Start).DistinctBy(SegmentAt);

    /// <summary>The segment that the phase at an index shifts; null when it shifts none.</summary>
    public string? SegmentAt(int index) => (Phases[index] as Phase.Shift)?.Segment;

    /// <summary>How segments and everybody may move; whoever is not named moves at any time.</summary>
    public IReadOnlyList<Pace> Paces { get; init; } = [];

    /// <summary>What happens at the deadline.</summary>
    public Inconclusive WhenInconclusive { get; init; } = Inconclusive.Hold;

    /// <summary>What the rollout may cost beyond stable; null when nobody said.</summary>
    public Catalog.Cost? Budget { get; init; }

    /// <summary>How answers are compared beyond what the releases declare, path by path.</summary>
    public IReadOnlyList<PathTolerance> Compare { get; init; } = [];

    /// <summary>What happens when features or an index stop agreeing with the candidate while it serves.</summary>
    public WhenDisagreed WhenDisagreed { get; init; } = WhenDisagreed.Hold;
}

/// <summary>The three ready-made lists of phases.</summary>
public enum Strategy
{
    /// <summary>A sticky share of entities shifts gradually.</summary>
    Parallel,

    /// <summary>Warm, then everything switches at one instant.</summary>
    Cutover,

    /// <summary>Shadow, then segments and shares.</summary>
    Flag,
}

/// <summary>Whether segments wait for each other.</summary>
public enum SegmentOrder
{
    /// <summary>Phase after phase, as the plan lists them: a segment goes when those before it are through.</summary>
    Listed,

    /// <summary>
    /// Shifts of segments that stand one directly after the other: each segment goes through its own, whatever the
    /// others wait for. What comes after them waits for all.
    /// </summary>
    Independent,
}

/// <summary>What happens when something around the model stops agreeing with a candidate that serves.</summary>
public enum WhenDisagreed
{
    /// <summary>Nothing moves until it agrees again.</summary>
    Hold,

    /// <summary>Take everything back.</summary>
    Rollback,
}

/// <summary>What happens when a phase makes no progress until the deadline.</summary>
public enum Inconclusive
{
    /// <summary>Wait for a person.</summary>
    Hold,

    /// <summary>Take everything back.</summary>
    Rollback,

    /// <summary>Go on, and record that there was no verdict.</summary>
    Promote,
}
