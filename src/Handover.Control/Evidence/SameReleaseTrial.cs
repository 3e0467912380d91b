using Handover.Control.Labels;
using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Core.Gates;
using Handover.Core.Rollouts;
using Handover.Core.Traffic;
using Handover.Ports;

namespace Handover.Control.Evidence;

/// <summary>
/// Stable against stable (A/A): recorded answers of one release are drawn again and again to two arms that are the
/// same, and go through the same units, ticks and gates as a rollout's. Whatever is found is a false alarm. The traffic
/// is the service's own, with its bursts, repeat offenders and clusters; only the draw is new, so a rate above alpha
/// means that the entity is not the unit at which things fail.
/// </summary>
/// <param name="service">The service.</param>
/// <param name="plan">Whose gates and shares are tried.</param>
/// <param name="past">Answers that thresholds and bins are frozen from; oldest first.</param>
/// <param name="answers">Answers that are replayed; oldest first, live inference of one release.</param>
/// <param name="labels">Their labels by request id.</param>
internal sealed class SameReleaseTrial(
    Service service,
    RolloutPlan plan,
    IReadOnlyList<Exchange> past,
    IReadOnlyList<Exchange> answers,
    IReadOnlyDictionary<string, LabelledExchange> labels
)
{
    private const string First = "stable";
    private const string Second = "stable-again";

    /// <summary>Shares of the second arm, each for an equal part of the answers.</summary>
    public IReadOnlyList<Share> Shares { get; } = SharesOf(plan);

    /// <summary>One run: the metric that raised a false alarm, and how often the gates were asked.</summary>
    /// <param name="salt">Seed of the draw.</param>
    public (string? Culprit, int Looks) Run(string salt)
    {
        RolloutState state = StateOf(salt);
        var evidence = RolloutEvidence.Fresh(state, service);
        Prepare(evidence);
        int looks = 0;
        DateTimeOffset next = answers[0].At + TimeSpan.FromSeconds(1);
        for (int i = 0; i < answers.Count; i++)
        {
            Exchange answer = answers[i];
            while (answer.At >= next)
            {
                looks++;
                if (evidence.Judge(state, next).Verdict is { Outcome: Outcome.RollBack } verdict)
                {
                    return (verdict.Culprit, looks);
                }

                // Silent hours are not looked at second by second.
                bool silent = answer.At - next > TimeSpan.FromMinutes(1);
                next = (silent ? answer.At : next) + TimeSpan.FromSeconds(1);
            }

            Share share = Shares[(int)((long)i * Shares.Count / answers.Count)];
            state = state.Share == share ? state : state with { Share = share };
            Replay(evidence, answer, share, salt);
        }

        Verdict last = evidence.Judge(state, next).Verdict;
        return (last.Outcome == Outcome.RollBack ? last.Culprit : null, looks + 1);
    }

    private void Replay(RolloutEvidence evidence, Exchange answer, Share share, string salt)
    {
        bool candidate = answer.Entity is { } entity && Assignment.Bucket(salt, entity) < share.Parts;
        Exchange drawn = answer with
        {
            Release = candidate ? Second : First,
            CandidateShare = answer.Entity is null ? Share.None : share,
            Reason = candidate ? AssignReason.Share : AssignReason.Stable,
        };
        evidence.Observe(drawn);
        if (labels.TryGetValue(answer.RequestId, out LabelledExchange? label))
        {
            evidence.Observe(
                label with
                {
                    Release = drawn.Release,
                    CandidateShare = drawn.CandidateShare,
                    Drawn = true,
                },
                answer.At
            );
        }
    }

    private void Prepare(RolloutEvidence evidence)
    {
        var latencies = new RecentValues(EvidenceCollector.Recent);
        var losses = new RecentValues(EvidenceCollector.Recent);
        foreach (Exchange answer in past)
        {
            bool late = answer.Outcome is ExchangeOutcome.Timeout;
            latencies.Add(late ? double.PositiveInfinity : answer.Latency.TotalMilliseconds);
            if (labels.TryGetValue(answer.RequestId, out LabelledExchange? label))
            {
                losses.Add(label.Loss);
            }
        }

        evidence.Freeze(latencies.ToArray(), losses.ToArray());
        evidence.Learn(past.Select(p => p with { Release = First }));
    }

    private RolloutState StateOf(string salt) =>
        new()
        {
            Id = salt,
            Plan = plan with
            {
                To = Second,
                Salt = salt,
                Phases = [new Phase.Start(TimeSpan.FromMinutes(1)), .. Shares.Select(Shift), new Phase.Retire(default)],
            },
            From = First,
            StartedBy = "trial",
            StartedAt = answers[0].At,
            Status = RolloutStatus.Running,
            PhaseIndex = 1,
            PhaseSettled = true,
            Share = Shares[0],
        };

    private static Phase Shift(Share share) => new Phase.Shift(share, null, TimeSpan.Zero, 0);

    private static List<Share> SharesOf(RolloutPlan plan)
    {
        List<Share> shares =
        [
            .. plan
                .Phases.OfType<Phase.Shift>()
                .Where(s => s is { Segment: null, Share.Parts: > 0 and < Share.Whole })
                .Select(s => s.Share),
        ];
        return shares.Count > 0 ? shares : [Share.FromPercent(10), Share.FromPercent(50)];
    }
}
