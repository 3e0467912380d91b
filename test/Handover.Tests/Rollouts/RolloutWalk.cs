using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Core.Gates;
using Handover.Core.Rollouts;

namespace Handover.Tests.Rollouts;

/// <summary>Walks a rollout through commands the way the engine does: decide, fold, and nothing else.</summary>
internal sealed class RolloutWalk
{
    public static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly List<RolloutEvent> _events = [];
    private long _epoch = 1;

    public RolloutWalk(RolloutPlan plan, Impact impact = Impact.Low, params Segment[] segments)
    {
        Do(new RolloutCommand.Begin($"{plan.Name}.1", plan, "v1", impact, segments, "ann"));
    }

    /// <summary>What the service allows, as if it had been there at the start.</summary>
    public TimeSpan Downtime
    {
        init => State = State with { DowntimeAllowed = value };
    }

    public DateTimeOffset Now { get; private set; } = Start;

    public RolloutState State { get; private set; } = null!;

    public IReadOnlyList<RolloutEvent> Events => _events;

    public IReadOnlyList<RolloutEffect> Effects => Core.Rollouts.Effects.Of(State);

    public static RolloutPlan Parallel(params Phase[] phases) =>
        new()
        {
            Name = "price-v2",
            Service = "price",
            To = "v2",
            Salt = "price-v2",
            Phases =
                phases.Length > 0
                    ? phases
                    :
                    [
                        new Phase.Verify(),
                        new Phase.Start(TimeSpan.FromMinutes(2)),
                        new Phase.Warm(100),
                        new Phase.Shift(Share.FromPercent(10), null, TimeSpan.FromMinutes(5), 100),
                        new Phase.Shift(Share.All, null, TimeSpan.FromMinutes(5), 100),
                        new Phase.Bake(TimeSpan.FromHours(1)),
                        new Phase.Retire(TimeSpan.FromHours(24)),
                    ],
        };

    public Result<IReadOnlyList<RolloutEvent>> Do(RolloutCommand command)
    {
        Result<IReadOnlyList<RolloutEvent>> decided = Decider.Decide(State, command, Now);
        foreach (RolloutEvent e in decided.Ok ? decided.Value : [])
        {
            State = Evolver.Evolve(State, e);
            _events.Add(e);
        }

        return decided;
    }

    public RolloutWalk After(TimeSpan time)
    {
        Now += time;
        return this;
    }

    /// <summary>Carries the wanted move out, as the coordinator would.</summary>
    /// <param name="reached">What the commit brought, where that may be more than was wanted.</param>
    public RolloutWalk Move(MoveTarget? reached = null)
    {
        MoveTarget target = reached ?? Effects.OfType<RolloutEffect.Move>().Single().Target;
        Do(new RolloutCommand.MoveCommitted(++_epoch, target, TimeSpan.FromMilliseconds(3)));
        return this;
    }

    public RolloutWalk Judge(Outcome outcome, string reason = "because")
    {
        Do(new RolloutCommand.Judged(new Verdict(outcome, [reason], [])));
        return this;
    }

    /// <summary>Up to the first shift: verified, started, warmed, first move not yet made.</summary>
    public RolloutWalk Prepared()
    {
        Do(new RolloutCommand.Tick());
        Do(new RolloutCommand.Verified([]));
        Do(new RolloutCommand.StackReady([]));
        Do(new RolloutCommand.Warmed([], "converged"));
        return this;
    }
}
