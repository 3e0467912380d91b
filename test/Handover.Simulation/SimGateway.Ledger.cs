using System.Globalization;
using System.Text;
using Handover.Core.Ledger;

namespace Handover.Simulation;

/// <content>
/// Requests with an idempotency key: the shipped <see cref="DecisionMachine"/> between the caller, the ledger and the
/// release. As in the shipped gateway a request is in flight from before it claims its key until its caller is
/// answered, and a hold that begins meanwhile waits for it: the routing is not looked at again.
/// </content>
public sealed partial class SimGateway
{
    // Later than any statement that was sent before can still arrive.
    private const long AfterAllElse = 2_000 * FaultMix.Ms;

    // A run has a name of its own: one that was taken back and tried again must not be taken back by a late write.
    private long _runs;

    private void Admit(SimRequest request, string release)
    {
        var row = new Decision
        {
            Service = SimWorld.Service,
            Key = request.Call!.Key,
            Fingerprint = "same",
            RequestId = string.Create(CultureInfo.InvariantCulture, $"{request.Number}.{++_runs}"),
            Release = release,
            Epoch = _epoch,
            Owner = _agent.Incarnation,
            At = Clock,
        };
        World.Checker.Routed(Id, _epoch);
        Enter(request.Entity, release);
        _claiming[request.Entity]++;
        var run = new Run(request)
        {
            State = new DecisionState(row, World.ReplaySafe, MaySpool: false),
            Admitted = release,
        };
        Decide(run, new DecisionInput.Admitted());
    }

    private void Decide(Run run, DecisionInput input)
    {
        (run.State, IReadOnlyList<DecisionEffect> effects) = World.Mutation.Step(run.State, input);
        foreach (DecisionEffect effect in effects)
        {
            CarryOut(run, effect);
        }
    }

    private void CarryOut(Run run, DecisionEffect effect)
    {
        switch (effect)
        {
            case DecisionEffect.Tell tell:
                World.Counters.Count(SimEvent.LedgerWrites);
                World.Ask(
                    this,
                    () => World.Ledger.Apply(tell.Write),
                    reply => Decide(run, new DecisionInput.LedgerAnswered(reply))
                );
                break;
            case DecisionEffect.TellLater later:
                Later(AfterAllElse, () => World.Ask(this, () => World.Ledger.Apply(later.Write), _ => { }));
                break;
            case DecisionEffect.Dispatch:
                Dispatch(run);
                break;
            case DecisionEffect.Reply:
                Finish(run, run.Answer);
                break;
            case DecisionEffect.Replay replay:
                World.Counters.Count(SimEvent.LedgerReplays);
                Finish(run, Encoding.ASCII.GetString(replay.Row.Answer!.Body!.Value.Span));
                break;
            case DecisionEffect.Refuse refuse:
                if (refuse.Why == DecisionRefusal.InDoubt)
                {
                    World.Checker.ToldInDoubt(run.Request.Call!.Key);
                }

                World.Counters.Count(
                    refuse.Why switch
                    {
                        DecisionRefusal.Running => SimEvent.LedgerRunning,
                        DecisionRefusal.InDoubt => SimEvent.LedgerInDoubt,
                        DecisionRefusal.NotRecorded => SimEvent.LedgerNotRecorded,
                        _ => SimEvent.LedgerDown,
                    }
                );
                Finish(run, null);
                break;
            default:
                throw new InvalidOperationException($"unknown effect {effect}");
        }
    }

    private void Dispatch(Run run)
    {
        Claimed(run);
        string release = run.State.Row.Release;
        if (World.Stacks.Stage(release) == StackStage.Crashed)
        {
            World.Counters.Count(SimEvent.LedgerUnsent);
            Decide(run, new DecisionInput.ReleaseFailed(Sent: false));
            return;
        }

        bool busy = World.Random.OneIn(15);
        bool breaks = World.Breaks();
        if (!busy)
        {
            World.Checker.Executed(run.Request.Call!.Key, run.State.Row.RequestId, release, World.ReplaySafe);
        }

        Send(
            run.Request,
            release,
            run.State.Row.Epoch,
            () =>
            {
                run.Answer = busy || breaks ? null : run.State.Row.RequestId;
                Decide(
                    run,
                    breaks && !busy
                        ? new DecisionInput.ReleaseFailed(Sent: true)
                        : new DecisionInput.ReleaseAnswered(
                            new RecordedAnswer(busy ? 503 : 200, [], Encoding.ASCII.GetBytes(run.State.Row.RequestId))
                        )
                );
            }
        );
    }

    private void Finish(Run run, string? answer)
    {
        if (answer is not null && run.State is { Step: DecisionStep.Over })
        {
            World.Replied(run.Request.Call!, answer);
        }

        Claimed(run);
        if (!run.Ended)
        {
            run.Ended = true;
            Exit(run.Request.Entity, run.Admitted);
        }
    }

    private void Claimed(Run run)
    {
        if (!run.Claimed)
        {
            run.Claimed = true;
            _claiming[run.Request.Entity]--;
            CheckDrained();
        }
    }

    // The lock on its directory proves that the incarnation before is dead: what that one left in flight is in doubt.
    private void TakeOver(string dead)
    {
        World.Ask(
            this,
            () => World.Ledger.Orphan(dead),
            orphans =>
            {
                if (orphans is null)
                {
                    Later(50 * FaultMix.Ms, () => TakeOver(dead));
                }
                else if (orphans.Count > 0)
                {
                    World.Counters.Count(SimEvent.LedgerOrphans);
                }
            }
        );
    }

    private sealed class Run(SimRequest request)
    {
        public readonly SimRequest Request = request;
        public required DecisionState State;
        public required string Admitted;
        public bool Claimed;
        public bool Ended;
        public string? Answer;
    }
}
