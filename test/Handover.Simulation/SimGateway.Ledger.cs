using System.Globalization;
using System.Text;
using Handover.Core.Ledger;

namespace Handover.Simulation;

/// <content>
/// Requests with an idempotency key: the shipped <see cref="DecisionMachine"/> between the caller, the ledger and the
/// release. The routing is looked at once more when the claim is durable, because a move may have begun meanwhile.
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
        var run = new Run(request) { State = new DecisionState(row, World.ReplaySafe, MaySpool: false) };
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
            case DecisionEffect.Reply when run.Again:
                run.Again = false;
                Route(run.Request);
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
                break;
            default:
                throw new InvalidOperationException($"unknown effect {effect}");
        }
    }

    private void Dispatch(Run run)
    {
        int entity = run.Request.Entity;
        bool held = _routing is null || _routing.Closed || (_heldMask >> entity & 1) == 1;
        if (
            held
            || !string.Equals(SimEntities.Releases(_routing!)[entity], run.State.Row.Release, StringComparison.Ordinal)
        )
        {
            World.Counters.Count(SimEvent.LedgerRoutedAgain);
            run.Again = true;
            Decide(run, new DecisionInput.ReleaseFailed(Sent: false));
            return;
        }

        bool busy = World.Random.OneIn(15);
        bool breaks = World.Breaks();
        if (!busy)
        {
            World.Checker.Executed(
                run.Request.Call!.Key,
                run.State.Row.RequestId,
                run.State.Row.Release,
                World.ReplaySafe
            );
        }

        Send(
            run.Request,
            run.State.Row.Release,
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
        public bool Again;
        public string? Answer;
    }
}
