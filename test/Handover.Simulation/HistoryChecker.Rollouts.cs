using Handover.Core.Rollouts;
using Handover.Core.Traffic;

namespace Handover.Simulation;

/// <content>
/// What people were told of rollouts, and what requests met of them. Only where one engine is the only one that moves:
/// two operators may well undo each other's work.
/// </content>
public sealed partial class HistoryChecker
{
    private readonly List<RolloutFacts> _rollouts = [];
    private readonly int[] _candidateIn = new int[SimEntities.Count];

    /// <summary>Events became durable.</summary>
    public void RolloutStored(string id, IReadOnlyList<RolloutEvent> events)
    {
        foreach (RolloutEvent e in events)
        {
            switch (e)
            {
                case RolloutEvent.Started started:
                    _rollouts.Add(
                        new RolloutFacts(id, started.From, started.Plan.To) { Single = SingleStack.Is(started.Plan) }
                    );
                    break;
                case RolloutEvent.RollbackDecided:
                    Rollout(id).Decided = true;
                    break;
                case RolloutEvent.RolledBack:
                    OnRolledBack(Rollout(id));
                    break;
                case RolloutEvent.SegmentTakenBack:
                    (Rollout(id).TakenBack, Rollout(id).GoldMayGoBack) = (true, true);
                    break;
                case RolloutEvent.SegmentReadmitted:
                    (Rollout(id).TakenBack, Rollout(id).Barred) = (false, false);
                    break;
                case RolloutEvent.Succeeded or RolloutEvent.Failed or RolloutEvent.Refused:
                    RolloutFacts facts = Rollout(id);
                    Expect(!facts.Acknowledged, "A11", $"{id} ended forwards after its rollback was acknowledged");
                    facts.Over = true;
                    break;
                default:
                    break;
            }
        }
    }

    /// <summary>A stack starts; with one stack the other one must be gone by then.</summary>
    public void Starting(string release, bool otherRuns)
    {
        bool single = _rollouts.Count > 0 && _rollouts[^1] is { Single: true, Over: false };
        Expect(!single || !otherRuns, "ROOM", $"{release} starts while the other release runs, and there is one stack");
    }

    /// <summary>A person was told that a rollout will be taken back.</summary>
    public void RollbackAcknowledged(string id)
    {
        RolloutFacts facts = Rollout(id);
        facts.Acknowledged = true;
        Expect(!facts.Over || facts.Back, "A11", $"the rollback of {id} was acknowledged after it had ended forwards");
    }

    /// <summary>The faults have been over for long enough: who was promised a rollback has it.</summary>
    public void RolloutsSettled()
    {
        foreach (RolloutFacts facts in _rollouts)
        {
            Expect(!facts.Acknowledged || facts.Back, "A11", $"{facts.Id} was never taken back, as was acknowledged");
            Expect(
                !facts.TakenBack || facts.Over || facts.Barred,
                "BARRED",
                $"harm to the gold customers was stored in {facts.Id}, and they were never taken back"
            );
        }
    }

    private void OnRolledBack(RolloutFacts facts)
    {
        facts.Over = true;
        facts.Back = true;
        Routing now = _epochs[^1].Document!;
        Expect(
            !now.Releases.Contains(facts.To),
            "A11",
            $"{facts.Id} was reported as taken back while {facts.To} is in epoch {Newest}"
        );
    }

    private void OnRolloutCommit(long epoch, Routing document)
    {
        if (_rollouts.Count > 0 && _rollouts[^1] is { Back: true } last)
        {
            Expect(
                !document.Releases.Contains(last.To),
                "A11",
                $"epoch {epoch} brings {last.To} back after {last.Id} had been taken back"
            );
        }

        if (_rollouts.Count == 0 || _rollouts[^1] is not { TakenBack: true, Over: false } current)
        {
            return;
        }

        // Once they are on stable alone only a person brings them over, whatever else the rollout does.
        bool behind = !Enumerable
            .Range(0, SimEntities.Count)
            .Any(e => SimEntities.IsGold(e) && SimEntities.Releases(document)[e] == current.To);
        Expect(
            behind || !current.Barred,
            "BARRED",
            $"epoch {epoch} gives gold customers to {current.To} again in {current.Id}, and nobody readmitted them"
        );
        current.Barred |= behind;
    }

    // Within one rollout a customer goes forth once, and comes back only with everybody (I4), or with the segment that
    // was taken back alone.
    private void OnRolloutDispatch(string gateway, int entity, string release)
    {
        if (_rollouts.Count == 0)
        {
            return;
        }

        RolloutFacts current = _rollouts[^1];
        if (string.Equals(release, current.To, StringComparison.Ordinal))
        {
            _candidateIn[entity] = _rollouts.Count;
            return;
        }

        Expect(
            _candidateIn[entity] != _rollouts.Count
                || current.Decided
                || (current.GoldMayGoBack && SimEntities.IsGold(entity)),
            "A1",
            $"{gateway} sent customer {entity} back to {release} in {current.Id}, which nobody takes back"
        );
    }

    private RolloutFacts Rollout(string id)
    {
        RolloutFacts? facts = _rollouts.Find(r => string.Equals(r.Id, id, StringComparison.Ordinal));
        Expect(facts is not null, "A11", $"{id} was never stored");
        return facts ?? new RolloutFacts(id, "", "");
    }

    private sealed class RolloutFacts(string id, string from, string to)
    {
        public readonly string Id = id;
        public readonly string From = from;
        public readonly string To = to;
        public bool Single;

        // Harm to the gold customers is stored and nobody readmitted them; and a document has them on stable since.
        public bool TakenBack;
        public bool Barred;
        public bool GoldMayGoBack;
        public bool Decided;
        public bool Acknowledged;
        public bool Over;
        public bool Back;
    }
}
