using Handover.Control.Stores;
using Handover.Core.Foundation;
using Handover.Core.Gates;
using Handover.Core.Rollouts;

namespace Handover.Control.Evidence;

/// <summary>Segments that are judged alone, and what every segment saw.</summary>
public sealed partial class EvidenceCollector
{
    /// <summary>Segments that are harmed by evidence of their own, as of the last judgement.</summary>
    internal IReadOnlyList<(string Segment, Verdict Verdict)> Harmed(RolloutState state) =>
        [
            .. Alone(state)
                .Where(v => v.Value.Outcome == Outcome.RollBack && !state.TakenBack.ContainsKey(v.Key))
                .OrderBy(v => v.Key, StringComparer.Ordinal)
                .Select(v => (v.Key, v.Value)),
        ];

    /// <summary>The newest verdict of each segment that is judged alone.</summary>
    internal IReadOnlyDictionary<string, Verdict> Alone(RolloutState state) =>
        _open.TryGetValue(state.Plan.Service, out Open? open) && open.Id == state.Id ? open.Verdicts
        : state.Open ? new Dictionary<string, Verdict>()
        : state
            .Plan.Paces.Where(p => p.Alone)
            .Select(p => (p.Segment, Verdicts: store.Verdicts(RolloutEvidence.KeyOf(state.Id, p.Segment))))
            .Where(v => v.Verdicts.Count > 0)
            .ToDictionary(v => v.Segment!, v => v.Verdicts[^1].Verdict, StringComparer.Ordinal);

    /// <summary>What each segment of a rollout saw, which may have ended.</summary>
    public IReadOnlyDictionary<string, SegmentTally> Seen(RolloutState state) =>
        _open.TryGetValue(state.Plan.Service, out Open? open) && open.Id == state.Id ? open.Evidence.Seen
        : state.Open ? new Dictionary<string, SegmentTally>()
        : RolloutEvidence.SeenOf(store.LoadEvidence(state.Id));

    // Judges the segments that have a book of their own, each in its own shift where it moves independently.
    private Dictionary<string, Verdict> JudgeAlone(
        Open open,
        RolloutState state,
        DateTimeOffset now,
        IReadOnlyList<string>? held
    )
    {
        var verdicts = new Dictionary<string, Verdict>(StringComparer.Ordinal);
        foreach ((string segment, RolloutEvidence evidence) in open.Alone)
        {
            bool served = state.SegmentShares.TryGetValue(segment, out Share share);
            if (!served || state.TakenBack.ContainsKey(segment))
            {
                continue;
            }

            if (state.Readmitted.Contains(segment))
            {
                open.Alone = open.Alone.Where(a => a.Key != segment).ToDictionary(StringComparer.Ordinal);
                open.Verdicts.TryRemove(segment, out _);
                continue;
            }

            Freeze(state, evidence);
            Share larger = share.Parts > state.Share.Parts ? share : state.Share;
            Track? track = state.OpenTracks.FirstOrDefault(t => t.Segment == segment);
            RolloutState at = (track is null ? state : state.Along(track)) with { Share = larger };
            VerdictRecord own = evidence.Judge(at, now, held);
            if (Keep(open, at, segment, evidence, own))
            {
                // What the segment saw up to its verdict is kept beside it.
                EvidenceSave save = open.Evidence.Save(null);
                store.SaveEvidence(state.Id, save);
                open.Evidence.Saved(save);
            }

            open.Verdicts[segment] = verdicts[segment] = own.Verdict;
        }

        return verdicts;
    }
}
