using System.Runtime.CompilerServices;
using Handover.Core.Moves;
using Handover.Core.Traffic;

namespace Handover.Simulation;

/// <summary>
/// Judges a history from outside: what the store did, what gateways promised, which request went where. It knows
/// nothing of agents and machines, only the invariants of the protocol. The first violation stays.
/// </summary>
public sealed partial class HistoryChecker
{
    private readonly List<EpochFacts> _epochs = [new EpochFacts(null, 0)];
    private readonly Dictionary<long, AttemptFacts> _attempts = [];
    private readonly Dictionary<string, GatewayFacts> _gateways = new(StringComparer.Ordinal);
    private readonly List<InFlight> _inFlight = [];
    private uint _everMoving;
    private long _open;
    private readonly (long Epoch, string? Release)[] _last = new (long, string?)[SimEntities.Count];

    /// <summary>The first violation, with the invariant's name; null while there is none.</summary>
    public string? Violation { get; private set; }

    /// <summary>Virtual time, µs; for messages only.</summary>
    public Func<long> Clock { get; init; } = () => 0;

    private long Newest => _epochs.Count - 1;

    /// <summary>The store made the first document.</summary>
    public void Created(Routing first) => _epochs.Add(new EpochFacts(first, 0));

    /// <summary>The store opened an attempt.</summary>
    public void Began(long attempt, IReadOnlyList<EpochMember> members, Routing target)
    {
        Expect(_open == 0, "A6/I1", $"attempt {attempt} opened while {_open} is open");
        _open = attempt;
        Expect(!_attempts.ContainsKey(attempt), "A6/I1", $"attempt {attempt} opened twice");
        uint slice = SimEntities.Mask(_epochs[^1].Document!, target);
        _everMoving |= slice;
        _attempts[attempt] = new AttemptFacts(slice, [.. members.Select(m => m.Gateway)]);
    }

    /// <summary>A coordinator sent HOLD.</summary>
    public void HoldSent(long attempt, DrainMode drain)
    {
        if (drain == DrainMode.Dispatch && _attempts.TryGetValue(attempt, out AttemptFacts? facts))
        {
            facts.Weak = true;
        }
    }

    /// <summary>A gateway promised.</summary>
    public void HeldSaid(string gateway, long attempt)
    {
        Gateway(gateway).Promised = attempt;
        if (_attempts.TryGetValue(attempt, out AttemptFacts? facts))
        {
            facts.Said.Add(gateway);
        }
    }

    /// <summary>The store closed an attempt without a commit.</summary>
    public void Ended(long attempt)
    {
        if (_attempts.TryGetValue(attempt, out AttemptFacts? facts))
        {
            facts.Ended = true;
            _open = 0;
        }
    }

    /// <summary>The store committed.</summary>
    public void Committed(long attempt, long epoch, Routing document)
    {
        Expect(epoch == Newest + 1, "A6/I1", $"epoch {epoch} follows {Newest}");
        if (!_attempts.TryGetValue(attempt, out AttemptFacts? facts))
        {
            Expect(false, "A6/I1", $"attempt {attempt} committed and was never open");
            return;
        }

        Expect(!facts.Ended, "A6/I1", $"attempt {attempt} committed after it had ended");
        foreach (string member in facts.Members)
        {
            Expect(facts.Said.Contains(member), "A8/I6", $"attempt {attempt} committed without HELD of {member}");
        }

        _open = 0;
        facts.Ended = true;
        facts.CommittedAs = epoch;
        uint slice = SimEntities.Mask(_epochs[^1].Document!, document);
        foreach (EpochFacts earlier in _epochs)
        {
            earlier.Stale |= slice;
            earlier.Drained |= facts.Weak ? 0 : slice;
        }

        _epochs.Add(new EpochFacts(document, attempt));
        OnRolloutCommit(epoch, document);
    }

    /// <summary>A request reached a gateway.</summary>
    public void Arrived(string gateway, long request) => Gateway(gateway).Waiting.Add(request);

    /// <summary>A gateway that had booted made a request wait.</summary>
    public void Buffered(string gateway, int entity)
    {
        bool slice = (_everMoving >> entity & 1) == 1;
        Expect(
            slice || _epochs.Any(e => e.Document is { Closed: true }),
            "SLICE",
            $"{gateway} holds customer {entity}, whom no move moves"
        );
    }

    /// <summary>
    /// A gateway chose by an epoch. A request that asks the ledger first is sent later, by the epoch by which it was
    /// admitted: for whom nothing has moved meanwhile that is no way back, and for whom something has it is A2.
    /// </summary>
    public void Routed(string gateway, long epoch)
    {
        GatewayFacts facts = Gateway(gateway);
        Expect(epoch >= facts.Epoch, "A9", $"{gateway} went back from epoch {facts.Epoch} to {epoch}");
        facts.Epoch = Math.Max(facts.Epoch, epoch);
    }

    /// <summary>A gateway sent a request to a release.</summary>
    /// <param name="gateway">The gateway.</param>
    /// <param name="request">The request's number, which grows with arrival.</param>
    /// <param name="entity">The customer.</param>
    /// <param name="epoch">The epoch by which the gateway routed.</param>
    /// <param name="release">The release.</param>
    /// <param name="runs">Whether anything of the release is there to be reached.</param>
    /// <param name="claimed">Whether it waited for the ledger, so that others may have overtaken it.</param>
    public void Dispatched(
        string gateway,
        long request,
        int entity,
        long epoch,
        string release,
        bool runs = true,
        bool claimed = false
    )
    {
        GatewayFacts facts = Gateway(gateway);
        bool known = claimed || facts.Waiting.Remove(request);
        Expect(known, "A5", $"{gateway} dispatched request {request} twice or from nowhere");
        if (epoch < 1 || epoch > Newest)
        {
            Expect(false, "A6/I1", $"{gateway} dispatched under epoch {epoch}, which does not exist");
            return;
        }

        EpochFacts document = _epochs[(int)epoch];
        string expected = SimEntities.Releases(document.Document!)[entity];
        Expect(
            string.Equals(expected, release, StringComparison.Ordinal),
            "A6",
            $"{gateway} sent customer {entity} to {release} under epoch {epoch}, whose document says {expected}"
        );
        Expect(!document.Document!.Closed, "CLOSED", $"{gateway} dispatched under epoch {epoch}, which is closed");
        Expect(
            (document.Stale >> entity & 1) == 0,
            "A2/I2",
            $"{gateway} dispatched customer {entity} under epoch {epoch}, who had moved by epoch {Newest}"
        );
        Expect(
            _last[entity].Epoch <= epoch || string.Equals(_last[entity].Release, release, StringComparison.Ordinal),
            "A1",
            $"customer {entity} went back from {_last[entity].Release} to {release} without a rollback"
        );
        if (epoch >= _last[entity].Epoch)
        {
            _last[entity] = (epoch, release);
        }

        bool promised = _attempts.TryGetValue(facts.Promised, out AttemptFacts? open) && !open.Ended;
        Expect(
            !promised || (open!.Slice >> entity & 1) == 0,
            "A7/I7",
            $"{gateway} dispatched customer {entity} after HELD({facts.Promised}) and before the outcome"
        );
        if (!claimed)
        {
            Routed(gateway, epoch);
        }

        Expect(runs, "A5", $"{gateway} dispatched request {request} to {release}, which does not run");
        bool inOrder = claimed || request > facts.Last[entity];
        Expect(inOrder, "FIFO", $"{gateway} let request {request} overtake {facts.Last[entity]}");
        facts.Last[entity] = claimed ? facts.Last[entity] : Math.Max(request, facts.Last[entity]);
        OnRolloutDispatch(gateway, entity, release);
        foreach (InFlight other in _inFlight)
        {
            bool overlap =
                other.Entity == entity && other.Epoch < epoch && (_epochs[(int)other.Epoch].Drained >> entity & 1) == 1;
            Expect(
                !overlap,
                "A2/I3",
                $"customer {entity} dispatched under {epoch} while in flight on {other.Gateway} under {other.Epoch}"
            );
        }

        _inFlight.Add(new InFlight(gateway, request, entity, epoch, release));
    }

    /// <summary>
    /// A member called the next hop of a request that is still being worked on. What a dead gateway had sent is
    /// nobody's any more.
    /// </summary>
    public void Hopped(string gateway, long request, string release, bool runs)
    {
        int i = Find(request);
        if (i >= 0)
        {
            InFlight first = _inFlight[i];
            bool same = string.Equals(first.Release, release, StringComparison.Ordinal);
            Expect(same, "A3/I5", $"request {request} met {first.Release}, and {release} at {gateway}");
            Expect(runs, "A5", $"request {request} is pinned to {release}, which does not run any more");
        }
    }

    /// <summary>A request was answered.</summary>
    public void Completed(long request)
    {
        int i = Find(request);
        if (i >= 0)
        {
            _inFlight[i] = _inFlight[^1];
            _inFlight.RemoveAt(_inFlight.Count - 1);
        }
    }

    /// <summary>
    /// The store took a gateway off its list. It had stopped and drained before it asked, so an attempt that is open
    /// need not wait for its promise.
    /// </summary>
    public void Left(string gateway)
    {
        if (_attempts.TryGetValue(_open, out AttemptFacts? facts))
        {
            facts.Members.Remove(gateway);
        }
    }

    /// <summary>A gateway was killed: what it had is lost, and what it had in flight are orphans.</summary>
    public void Died(string gateway)
    {
        Gateway(gateway).Waiting.Clear();
        _inFlight.RemoveAll(f => string.Equals(f.Gateway, gateway, StringComparison.Ordinal));
    }

    /// <summary>A coordinator told its caller that the target is in force.</summary>
    public void ReportedCommit(long attempt, long epoch, Routing target)
    {
        bool so =
            _attempts.TryGetValue(attempt, out AttemptFacts? facts)
            && facts.CommittedAs == epoch
            && RoutingCodec.Same(_epochs[(int)epoch].Document!, target);
        Expect(so, "A11", $"epoch {epoch} by attempt {attempt} was reported to a caller, and it is not so");
    }

    /// <summary>A coordinator told its caller that an attempt which it had seen open was given up.</summary>
    public void ReportedAbort(long attempt)
    {
        bool so = _attempts.TryGetValue(attempt, out AttemptFacts? facts) && facts is { Ended: true, CommittedAs: 0 };
        Expect(so, "A11", $"attempt {attempt} was reported as given up, and it is not so");
    }

    /// <summary>A hold ended in a world without faults.</summary>
    public void HoldLasted(string gateway, long micros, long bound) =>
        Expect(micros <= bound, "A10/I9", $"{gateway} held for {micros / 1000} ms, the bound is {bound / 1000} ms");

    /// <summary>
    /// The faults have been over for long enough: a gateway must serve the store's epoch, nothing may wait.
    /// </summary>
    public void Settled(string gateway, bool serving, long epoch, bool storeOpen)
    {
        Expect(!storeOpen, "LIVE", $"an attempt is open at the end");
        Expect(serving, "LIVE", $"{gateway} does not serve at the end");
        Expect(epoch == Newest, "LIVE", $"{gateway} is at epoch {epoch}, the store at {Newest}");
        bool rest = Gateway(gateway).Waiting.Count == 0 || _epochs[^1].Document!.Closed;
        Expect(rest, "A5", $"requests wait on {gateway}");
    }

    private void Expect(
        bool holds,
        string rule,
        [InterpolatedStringHandlerArgument(nameof(holds))] ref ViolationText otherwise
    )
    {
        if (!holds)
        {
            Violation ??= $"{rule} at {Clock() / 1000} ms: {otherwise.Take()}";
        }
    }

    private int Find(long request)
    {
        for (int i = 0; i < _inFlight.Count; i++)
        {
            if (_inFlight[i].Request == request)
            {
                return i;
            }
        }

        return -1;
    }

    private GatewayFacts Gateway(string id)
    {
        if (!_gateways.TryGetValue(id, out GatewayFacts? facts))
        {
            _gateways[id] = facts = new GatewayFacts();
        }

        return facts;
    }

    private readonly record struct InFlight(string Gateway, long Request, int Entity, long Epoch, string Release);

    private sealed class EpochFacts(Routing? document, long attempt)
    {
        public Routing? Document { get; } = document;
        public long Attempt { get; } = attempt;

        // Customers whom a later epoch moved, and those of them whose requests were drained before.
        public uint Stale;
        public uint Drained;
    }

    private sealed class AttemptFacts(uint slice, HashSet<string> members)
    {
        public readonly uint Slice = slice;
        public readonly HashSet<string> Members = members;
        public readonly HashSet<string> Said = new(StringComparer.Ordinal);
        public bool Weak;
        public bool Ended;
        public long CommittedAs;
    }

    private sealed class GatewayFacts
    {
        public readonly HashSet<long> Waiting = [];
        public readonly long[] Last = new long[SimEntities.Count];
        public long Promised;
        public long Epoch;
    }
}
