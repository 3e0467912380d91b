using Handover.Core.Rollouts;
using Handover.Core.Traffic;

namespace Handover.Simulation;

/// <content>Callers, members and what they see.</content>
public sealed partial class SimWorld
{
    // A caller's patience with one try, and how often it tries.
    private const long Patience = 700 * FaultMix.Ms;
    private const int MostTries = 4;

    /// <summary>A request of a caller near a gateway, or a caller who wants one decision from any of them.</summary>
    public void NextRequest(SimGateway gateway)
    {
        int entity = Random.Below(SimEntities.Count);
        if (Keyed && Random.OneIn(4))
        {
            Call(new SimCall($"k{++_calls}", entity));
        }
        else
        {
            gateway.Arrive(new SimRequest(++_requests, entity, Now));
        }
    }

    public void Dispatched(string gateway, SimRequest request, long epoch, string release)
    {
        Counters.Count(SimEvent.Dispatches);
        if (Now - request.Arrived > 2_000 * FaultMix.Ms)
        {
            Counters.Count(SimEvent.HeldOverTwoSeconds);
        }

        Counters.Note((Now * 31) + (epoch * 7) + request.Entity);
        Trace?.Invoke(
            $"{gateway} sends request {request.Number} of customer {request.Entity} to {release}, epoch {epoch}"
        );
        Checker.Dispatched(
            gateway,
            request.Number,
            request.Entity,
            epoch,
            release,
            Stacks.Reachable(release),
            request.Call is not null
        );
    }

    /// <summary>A caller was told what was decided.</summary>
    public void Replied(SimCall call, string answer)
    {
        call.Answered = true;
        Checker.Told(call.Key, answer);
    }

    /// <summary>A member calls the next one of its release, through whichever gateway it finds.</summary>
    public void Hop(long delay, SimRequest request, string release, long epoch)
    {
        SimGateway next = _gateways[Random.Below(_gateways.Count)];
        After(delay, () => next.Do(next.Life, () => next.Hop(request, release, epoch)));
    }

    /// <summary>Requests in flight on a release, anywhere.</summary>
    public int Pins(string release)
    {
        int pins = 0;
        foreach (SimGateway gateway in _gateways)
        {
            pins += gateway.Alive ? gateway.Pins(release) : 0;
        }

        return pins;
    }

    /// <summary>Appends to the rollout log, and tells the checker what is durable.</summary>
    public SimAppended Append(string rollout, long version, IReadOnlyList<RolloutEvent> events)
    {
        SimAppended appended = Rollouts.Append(rollout, version, events);
        string refused = appended.Applied ? "" : "REFUSED ";
        Trace?.Invoke($"{rollout} after {version}: {refused}{string.Join("; ", events.Select(e => e.Text))}");
        if (appended.Applied)
        {
            Checker.RolloutStored(rollout, events);
            foreach (RolloutEvent e in events)
            {
                Counters.Note(e.GetType().Name.Length * 37 + Now);
                Count(e);
            }
        }

        return appended;
    }

    // A caller asks again with the same key when it has no answer, also while an earlier try may still be under way.
    private void Call(SimCall call)
    {
        // Some ask once more what they have been told, after a crash of their own for instance.
        if (call.Answered && !call.AsksAgain && Random.OneIn(4))
        {
            call.AsksAgain = true;
            After(Random.Between(500, 2_500) * FaultMix.Ms, () => Call(call));
            return;
        }

        if ((call.Answered && !call.AsksAgain) || call.Tries++ >= MostTries)
        {
            return;
        }

        SimGateway gateway = _gateways[Random.Below(_gateways.Count)];
        var request = new SimRequest(++_requests, call.Entity, Now, call);
        gateway.Do(gateway.Life, () => gateway.Arrive(request));
        After(Random.OneIn(8) ? Random.Between(0, 40_000) : Patience, () => Call(call));
    }

    private void Count(RolloutEvent e)
    {
        switch (e)
        {
            case RolloutEvent.Started started:
                Counters.Count(SingleStack.Is(started.Plan) ? SimEvent.SingleStackRollouts : SimEvent.Rollouts);
                break;
            case RolloutEvent.Succeeded:
                Counters.Count(SimEvent.RolloutsSucceeded);
                break;
            case RolloutEvent.RollbackDecided:
                Counters.Count(SimEvent.RollbackWishes);
                break;
            case RolloutEvent.RolledBack:
                Counters.Count(SimEvent.RolledBack);
                break;
            case RolloutEvent.SegmentTakenBack:
                Counters.Count(SimEvent.SegmentsTakenBack);
                break;
            case RolloutEvent.SegmentReadmitted:
                Counters.Count(SimEvent.SegmentsReadmitted);
                break;
            case RolloutEvent.TrackWaits:
                Counters.Count(SimEvent.TracksWaiting);
                break;
            case RolloutEvent.TrackGoes:
                Counters.Count(SimEvent.TracksGoing);
                break;
            default:
                break;
        }
    }

    private void CountMove(Routing before, Routing after)
    {
        Counters.Count(SimEvent.Commits);
        bool barred = before.Segments.Any(s => s.Barred);
        if (after.Segments.Any(s => s.Barred) != barred)
        {
            Counters.Count(barred ? SimEvent.BarsLifted : SimEvent.BarsInForce);
        }
        if (after.Closed)
        {
            Counters.Count(SimEvent.ClosedEpochs);
        }
        else if (after.Segments.Count > 0 && before.Segments.Count == 0)
        {
            Counters.Count(SimEvent.SegmentMoves);
        }
        else if (after.Share.Parts > 0)
        {
            Counters.Count(SimEvent.SliceMoves);
        }
    }
}
