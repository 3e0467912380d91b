using Handover.Core.Foundation;
using Handover.Core.Moves;

namespace Handover.Core.Rollouts;

/// <summary>
/// The three ready-made lists of phases. A strategy is nothing but such a list: there is one engine, and what users
/// write by hand is made of the same phases.
/// </summary>
public static class StrategyPhases
{
    /// <summary>The shares of a gradual shift, in percent.</summary>
    private static readonly double[] Ramp = [1, 5, 10, 25, 50, 100];

    /// <summary>The list of a strategy, with the usual times.</summary>
    public static IReadOnlyList<Phase> For(Strategy strategy) => For(strategy, PhaseTimes.Default, []);

    /// <summary>The list of a strategy.</summary>
    /// <param name="strategy">Which one.</param>
    /// <param name="times">Least times and least requests of its phases.</param>
    /// <param name="segments">
    /// Segments that a <see cref="Strategy.Flag"/> rollout opens before everybody, in this order; the others ignore
    /// them.
    /// </param>
    public static IReadOnlyList<Phase> For(Strategy strategy, PhaseTimes times, IReadOnlyList<string> segments)
    {
        if (strategy == Strategy.Cutover && times.Stack == StackUse.Single)
        {
            return WithOneStack(times);
        }

        List<Phase> phases = [new Phase.Verify(), new Phase.Start(times.Start), new Phase.Warm(times.WarmRequests)];
        switch (strategy)
        {
            case Strategy.Parallel:
                phases.AddRange(Shifts(times));
                break;
            case Strategy.Cutover:
                phases.Add(new Phase.Switch(times.Hold, times.Drain));
                break;
            case Strategy.Flag:
                phases.Add(new Phase.Shadow(times.ShadowShare, times.ShadowPairs));
                phases.AddRange(segments.Select(s => new Phase.Shift(Share.All, s, times.Step, times.StepRequests)));
                phases.AddRange(Shifts(times));
                break;
            default:
                Invariant.Unreachable<int>($"unknown strategy {strategy}");
                break;
        }

        phases.Add(new Phase.Bake(times.Bake));
        phases.Add(new Phase.Retire(times.Keep));
        return phases;
    }

    /// <summary>
    /// Whether entities of one service may get answers from both releases while the phases run: an entity-by-entity
    /// shift below 100 % does, a switch does not.
    /// </summary>
    public static bool Interleaves(IReadOnlyList<Phase> phases) =>
        phases.Any(p => p is Phase.Shift shift && (shift.Segment is not null || shift.Share != Share.All));

    private static IReadOnlyList<Phase> WithOneStack(PhaseTimes times) =>
        [
            new Phase.Verify(),
            new Phase.Switch(times.Hold, times.Drain)
            {
                Stack = StackUse.Single,
                StartTimeout = times.Start,
                WarmRequests = times.WarmRequests,
            },
            new Phase.Bake(times.Bake),
            new Phase.Retire(times.Keep),
        ];

    private static IEnumerable<Phase> Shifts(PhaseTimes times) =>
        Ramp.Select(p => new Phase.Shift(Share.FromPercent(p), null, times.Step, times.StepRequests));
}

/// <summary>Least times and least numbers in a ready-made list of phases. The gates decide beyond them.</summary>
public sealed record PhaseTimes
{
    /// <summary>What is used when nobody says otherwise.</summary>
    public static PhaseTimes Default { get; } = new();

    /// <summary>How long the candidate's members may take to start. Default 2 min.</summary>
    public TimeSpan Start { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Recorded requests per window of warming; at least 20. Default 500.</summary>
    public int WarmRequests { get; init; } = 500;

    /// <summary>Share of live requests that is copied in shadow. Default 10 %.</summary>
    public Share ShadowShare { get; init; } = Share.FromPercent(10);

    /// <summary>Least number of compared pairs in shadow. Default 2,000.</summary>
    public int ShadowPairs { get; init; } = 2_000;

    /// <summary>Share of the copied requests about which stable is asked a second time. Default 10 %.</summary>
    public Share ShadowRedraw { get; init; } = Share.FromPercent(10);

    /// <summary>Least time of each shift. Default 5 min.</summary>
    public TimeSpan Step { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Least number of requests that the candidate answers in each shift. Default 1,000.</summary>
    public long StepRequests { get; init; } = 1_000;

    /// <summary>Bound of the hold of a switch, 50 ms to 2 s. Default 400 ms.</summary>
    public TimeSpan Hold { get; init; } = TimeSpan.FromMilliseconds(400);

    /// <summary>What happens to requests in flight at a switch; null chooses by the service's p99.</summary>
    public DrainMode? Drain { get; init; }

    /// <summary>Whether both releases of a cutover run side by side. Default double.</summary>
    public StackUse Stack { get; init; } = StackUse.Double;

    /// <summary>How long objectives are watched once everybody is on the candidate. Default 1 h.</summary>
    public TimeSpan Bake { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How long the old release is kept, so that a rollback is one move. Default 24 h.</summary>
    public TimeSpan Keep { get; init; } = TimeSpan.FromHours(24);
}
