using Handover.Core.Catalog;
using Handover.Core.Contracts;
using Handover.Core.Foundation;
using Handover.Core.Gates;
using Handover.Core.Moves;
using Handover.Core.Rollouts;

namespace Handover.Simulation;

/// <content>What the world does to a rollout: people, gates, stacks.</content>
public sealed partial class SimEngine
{
    private static readonly Verdict Good = new(Outcome.Promote, ["no harm"], []);
    private static readonly Verdict Bad = new(Outcome.RollBack, ["harm"], []);

    private void BeginRollout()
    {
        if (!World.StoreReachable(this) || World.Store.Read(SimWorld.Service) is not { Holding: false } row)
        {
            return;
        }

        string from = row.Routing.Stable;
        string name = $"p{World.Rollouts.Count}";
        var plan = new RolloutPlan
        {
            Name = name,
            Service = SimWorld.Service,
            To = SimEntities.Other(from),
            Salt = name,
            Phases = Phases(),
        };
        if (plan.SegmentNames.Count > 1)
        {
            plan = plan with { SegmentOrder = SegmentOrder.Independent };
        }

        if (!SingleStack.Is(plan) && World.Random.OneIn(2))
        {
            WhenHarmed alone = World.Random.OneIn(2) ? WhenHarmed.Segment : WhenHarmed.Hold;
            plan = plan with { Paces = [new Pace(SimWorld.Gold.Name) { WhenHarmed = alone }] };
        }

        Post(
            new RolloutCommand.Begin(name, plan, from, Impact.Low, [SimWorld.Gold, SimWorld.Silver], "ann")
            {
                DowntimeAllowed = TimeSpan.FromMilliseconds(World.Random.Between(200, 2000)),
            }
        );
    }

    private List<Phase> Phases()
    {
        SimRandom random = World.Random;
        if (random.OneIn(3))
        {
            return OneStack();
        }

        var phases = new List<Phase> { new Phase.Verify(), new Phase.Start(TimeSpan.FromMinutes(1)) };
        if (random.OneIn(3))
        {
            phases.Add(new Phase.Warm(20));
        }

        if (random.OneIn(3))
        {
            phases.Add(new Phase.Shift(Share.All, SimWorld.Gold.Name, TimeSpan.Zero, 0));
            if (random.OneIn(2))
            {
                phases.Add(new Phase.Shift(new Share(30_000), SimWorld.Silver.Name, TimeSpan.Zero, 0));
                phases.Add(new Phase.Shift(new Share(70_000), SimWorld.Silver.Name, TimeSpan.Zero, 0));
            }
        }

        if (random.OneIn(3))
        {
            phases.Add(new Phase.Switch(TimeSpan.FromMilliseconds(100 * (1 + random.Below(4))), Drain()));
        }
        else
        {
            for (int share = 10_000 + random.Below(40_000); share < Share.Whole; share += 10_000 + random.Below(60_000))
            {
                phases.Add(new Phase.Shift(new Share(share), null, TimeSpan.Zero, 0));
            }

            phases.Add(new Phase.Shift(Share.All, null, TimeSpan.Zero, 0));
        }

        phases.Add(new Phase.Bake(TimeSpan.Zero));
        phases.Add(new Phase.Retire(TimeSpan.FromMilliseconds(random.Between(0, 600))));
        return phases;
    }

    private List<Phase> OneStack() =>
        [
            new Phase.Verify(),
            new Phase.Switch(TimeSpan.FromMilliseconds(400), Drain())
            {
                Stack = StackUse.Single,
                WarmRequests = World.Random.OneIn(2) ? 20 : 0,
            },
            new Phase.Bake(TimeSpan.Zero),
            new Phase.Retire(TimeSpan.FromMilliseconds(World.Random.Between(0, 600))),
        ];

    private DrainMode? Drain() =>
        World.Random.Below(3) switch
        {
            0 => DrainMode.Atomic,
            1 => DrainMode.Dispatch,
            _ => null,
        };

    // What the effects wait for; each answer is safe to repeat.
    private void Work(RolloutState state)
    {
        foreach (RolloutEffect effect in Effects.Of(state))
        {
            switch (effect)
            {
                case RolloutEffect.Verify:
                    Post(new RolloutCommand.Verified([]));
                    break;
                case RolloutEffect.Warm when World.Random.OneIn(3):
                    Post(new RolloutCommand.Warmed([], "warm"));
                    break;
                case RolloutEffect.AwaitStack wait:
                    OnStack(wait.Release, World.Stacks.Stage(wait.Release));
                    break;
                case RolloutEffect.MeasureStable:
                    Post(new RolloutCommand.StableMeasured(5));
                    break;
                case RolloutEffect.StopStack stop when Stopped(stop):
                    Post(new RolloutCommand.StackStopped(stop.Release));
                    break;
                case RolloutEffect.MeasureInterruption measure:
                    TimeSpan closed = measure.OpenedAt - measure.ClosedAt;
                    Post(new RolloutCommand.InterruptionMeasured(new SeenInterruption(closed, 0, 0, closed)));
                    break;
                case RolloutEffect.ForgetOld forget when Clock >= forget.At:
                    Post(new RolloutCommand.OldStopped());
                    break;
                default:
                    break;
            }
        }

        Watch(state);
    }

    private bool Stopped(RolloutEffect.StopStack stop) =>
        !World.Mutation.StopsBeforeStart || Equals(stop, _letGo?.Stop) && !World.Stacks.Runs(stop.Release);

    private void OnStack(string release, StackStage stage)
    {
        if (stage == StackStage.Refused)
        {
            World.Counters.Count(SimEvent.StacksRefused);
        }

        if (stage == StackStage.Ready || (stage == StackStage.Refused && !World.Mutation.HeedsRefusal))
        {
            Post(new RolloutCommand.StackReady([]) { Release = release });
        }
        else if (stage == StackStage.Refused)
        {
            Post(new RolloutCommand.StackFailed("it does not start") { Release = release });
        }
    }

    // A candidate that is down for long takes the rollout back.
    private void Watch(RolloutState state)
    {
        bool watched =
            state is { Open: true, RollbackReason: null, Closed: null }
            && state.Phase is not (Phase.Verify or Phase.Start)
            && state.Epoch > 0;
        if (!watched || World.Stacks.Stage(state.Plan.To) == StackStage.Ready || !World.Mutation.HeedsRefusal)
        {
            _downSince = -1;
            return;
        }

        _downSince = _downSince < 0 ? World.Now : _downSince;
        if (World.Now - _downSince > 400 * FaultMix.Ms)
        {
            Post(new RolloutCommand.StackFailed("it is down"));
        }
    }

    private void Judge(RolloutState state)
    {
        if (!Effects.Of(state).Any(e => e is RolloutEffect.Judge))
        {
            return;
        }

        // Evidence of its own: harm to one segment is seen while the others are well.
        if (!World.Settling && state.Plan.Paces is [{ Alone: true }] && World.Random.OneIn(12))
        {
            Post(new RolloutCommand.SegmentHarmed(SimWorld.Gold.Name, Bad));
        }

        if (!World.Settling && World.Random.OneIn(50))
        {
            Post(new RolloutCommand.Judged(Bad));
        }
        else if (World.Settling || World.Random.OneIn(3))
        {
            Track[] open = [.. state.OpenTracks];
            string? segment = open.Length > 0 ? open[World.Random.Below(open.Length)].Segment : null;
            Post(new RolloutCommand.Judged(Good) { Segment = segment });
        }
    }

    // A window that closes and opens, and a person who holds one segment and lets it go on.
    private void WishOfTracks(RolloutState state)
    {
        foreach (Track track in state.OpenTracks.ToList())
        {
            if (track.NeedsPerson && (World.Settling || World.Random.OneIn(5)))
            {
                Post(new RolloutCommand.Resume("ann") { Segment = track.Segment });
            }
            else if (track.Waits is not null && (World.Settling || World.Random.OneIn(5)))
            {
                Post(new RolloutCommand.Agreed([]));
            }
            else if (!World.Settling && World.Random.OneIn(20))
            {
                Post(
                    World.Random.OneIn(2)
                        ? new RolloutCommand.Pause("ann") { Segment = track.Segment }
                        : new RolloutCommand.Agreed([
                            new Disagreement(DisagreementKind.Window, "closed") { Segment = track.Segment },
                        ])
                );
            }
        }
    }

    private void Wish(RolloutState state)
    {
        if (state.Status == RolloutStatus.Paused && (World.Settling || World.Random.OneIn(5)))
        {
            Post(new RolloutCommand.Resume("ann"));
        }

        WishOfTracks(state);
        if (World.Settling || !state.Open)
        {
            return;
        }

        if (state.TakenBack.Count > 0 && World.Random.OneIn(8))
        {
            Post(new RolloutCommand.Readmit(SimWorld.Gold.Name, "ann"));
        }

        switch (World.Random.Below(160))
        {
            case 0 or 1 or 2 or 3:
                Post(new RolloutCommand.Rollback("ann does not like it", "ann"));
                break;
            case 4 or 5:
                Post(new RolloutCommand.SetShare(new Share(World.Random.Below(Share.Whole)), "ann"));
                break;
            case 6:
                Post(new RolloutCommand.Pause("ann"));
                break;
            case 7:
                Post(new RolloutCommand.Promote(true, "ann"));
                break;
            default:
                break;
        }
    }
}
