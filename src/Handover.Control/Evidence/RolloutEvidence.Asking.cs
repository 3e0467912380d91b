using Handover.Core.Foundation;
using Handover.Core.Gates;
using Handover.Core.Rollouts;

namespace Handover.Control.Evidence;

/// <summary>With what the gates are asked: where the rollout stands, and which metrics have no data.</summary>
internal sealed partial class RolloutEvidence
{
    // Fewer than these say nothing; a phase that compares fewer pairs asks stable again about fewer.
    private const long LeastTriples = 100;

    private JudgeInput Input(RolloutState state, DateTimeOffset now)
    {
        (TimeSpan least, long requests, int pairs) = state.Phase switch
        {
            Phase.Shift shift => (shift.For, shift.Requests, 0),
            Phase.Bake bake => (bake.For, 0L, 0),
            Phase.Shadow shadow => (TimeSpan.Zero, 0L, shadow.Pairs),
            _ => (TimeSpan.Zero, 0L, 0),
        };
        return new JudgeInput(KindOf(state), now, state.Share, _from, _to)
        {
            PhaseElapsed = _phase == state.PhaseIndex ? now - _settledAt : TimeSpan.Zero,
            PhaseLeastTime = least,
            PhaseRequests = _book.CandidateRequests - _phaseBase,
            PhaseLeastRequests = requests,
            ShadowPairs = _shadowPairs - _pairBase,
            LeastPairs = pairs,
            Missing = [.. Missing(state, now)],
            PredictionBins = BinNames,
            ContractFindings = [.. _broken.Take(1).Select(b => b.Detail)],
        };
    }

    // Later phases promote on what the shadow phase has told.
    private string? Unasked(RolloutState state)
    {
        if (state.Phase is not Phase.Shadow shadow)
        {
            return null;
        }

        long wanted = Math.Clamp((long)shadow.Pairs * shadow.Redraw.Parts / Share.Whole, 1, LeastTriples);
        long asked = _book.PairsOf(MetricGate.Flips);
        return asked < wanted
            ? $"{asked:N0} of at least {wanted:N0} requests of different entities were asked three times"
            : null;
    }

    private static JudgedPhase KindOf(RolloutState state) =>
        state.Phase is Phase.Shadow ? JudgedPhase.Shadow
        : state.Share == Share.All ? JudgedPhase.Bake
        : JudgedPhase.Shift;

    private IEnumerable<MissingMetric> Missing(RolloutState state, DateTimeOffset now)
    {
        if (_lost is not null)
        {
            // Going on with an empty book would spend alpha twice; a person decides.
            yield return new MissingMetric("evidence", _lost);
        }

        bool both = KindOf(state) is JudgedPhase.Shift;
        long least = state.Phase is Phase.Shift { Requests: > 0 } at ? Math.Min(LeastHeard, at.Requests) : LeastHeard;
        TimeSpan quiet = TimeSpan.FromSeconds(30);
        foreach (MetricGate gate in _setup.Plan.Metrics)
        {
            if (_settledAt != default && now - _settledAt > quiet && now - _lastRequest > quiet)
            {
                yield return new MissingMetric(gate.Name, "no request has come for 30 s");
            }
            else if (both && gate.Name == "latency" && _latency is null)
            {
                yield return new MissingMetric("latency", "stable needs 1,000 answers before thresholds can be frozen");
            }
            else if (both && gate.Name == Predictions && _bins is null)
            {
                yield return new MissingMetric(
                    Predictions,
                    "stable needs 1,000 answers with a readable output before bins can be frozen; "
                        + "journal.payloads must be on"
                );
            }
            else if (both && gate.Name == "loss" && _service.Labels is null)
            {
                yield return new MissingMetric("loss", "the service declares no labels (spec.labels)");
            }
            else if (both && gate.Name == "loss" && _loss is null && !_setup.LossIsRate)
            {
                yield return new MissingMetric(
                    "loss",
                    "stable needs 1,000 labelled answers before thresholds can be frozen"
                );
            }
            else if (both && (gate.Pushed || gate.Name == "loss") && Silent(gate, least, now) is { } silent)
            {
                yield return new MissingMetric(gate.Name, silent);
            }
            else if (gate.Name == MetricGate.Flips && Unasked(state) is { } unasked)
            {
                yield return new MissingMetric(gate.Name, unasked);
            }
            else if (gate.Name == "contract" && Unchecked() is { } why)
            {
                yield return new MissingMetric(gate.Name, why);
            }
        }
    }
}
