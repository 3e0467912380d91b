using Handover.Control.Stores;
using Handover.Core.Evidence;
using Handover.Core.Foundation;
using Handover.Core.Gates;
using Handover.Core.Rollouts;

namespace Handover.Control.Evidence;

/// <summary>With what the gates are asked: where the rollout stands, and which metrics have no data.</summary>
internal sealed partial class RolloutEvidence
{
    // Fewer than these say nothing; a phase that compares fewer pairs asks stable again about fewer.
    private const long LeastTriples = 100;

    /// <summary>Closes the open ticks, and asks the gates.</summary>
    /// <param name="state">The rollout; of a segment that moves independently, as that segment sees it.</param>
    /// <param name="now">When.</param>
    /// <param name="holding">Why nothing may be promoted now; null or empty when it may.</param>
    /// <param name="track">The segment that moves independently; null for the active phase.</param>
    public VerdictRecord Judge(
        RolloutState state,
        DateTimeOffset now,
        IReadOnlyList<string>? holding = null,
        string? track = null
    )
    {
        lock (_gate)
        {
            foreach (TickAccumulator open in _open.OrderBy(o => o.Key.Parts).Select(o => o.Value))
            {
                Tick tick = open.ToTick(now);
                _book.Observe(tick);
                _unsaved.Add(TickCodec.Write(tick));
            }

            _open.Clear();
            _cursorAtTick = _cursor;
            Settle(state, now, track);
            JudgeInput input = Input(state, now, track) with { Holding = holding ?? [] };
            return new VerdictRecord(
                0,
                now,
                _book.Ticks,
                _book.ConfigHash,
                input,
                _book.Judge(input),
                _book.Counts,
                _setup.Plan.Metrics
            )
            {
                Latency = _latency,
                Loss = _loss,
            };
        }
    }

    private JudgeInput Input(RolloutState state, DateTimeOffset now, string? track)
    {
        TrackMark mark = track is null
            ? new TrackMark(_phase, _phaseBase, _settledAt)
            : _tracks.GetValueOrDefault(track, TrackMark.None);
        (TimeSpan least, long requests, int pairs) = state.Phase switch
        {
            Phase.Shift shift => (shift.For, shift.Requests, 0),
            Phase.Bake bake => (bake.For, 0L, 0),
            Phase.Shadow shadow => (TimeSpan.Zero, 0L, shadow.Pairs),
            _ => (TimeSpan.Zero, 0L, 0),
        };
        return new JudgeInput(KindOf(state), now, state.Share, _from, _to)
        {
            PhaseElapsed = mark.Phase == state.PhaseIndex ? now - mark.SettledAt : TimeSpan.Zero,
            PhaseLeastTime = least,
            PhaseRequests = CandidateRequests(track) - mark.Requests,
            PhaseLeastRequests = requests,
            ShadowPairs = _shadowPairs - _pairBase,
            LeastPairs = pairs,
            Missing = [.. Missing(state, now, mark.SettledAt)],
            PredictionBins = BinNames,
            ContractFindings = [.. _broken.Take(1).Select(b => b.Detail)],
        };
    }

    // From here on the phase's own time and requests count.
    private void Settle(RolloutState state, DateTimeOffset now, string? track)
    {
        if (!state.PhaseSettled)
        {
            return;
        }

        if (track is not null)
        {
            if (_tracks.GetValueOrDefault(track, TrackMark.None).Phase != state.PhaseIndex)
            {
                _tracks[track] = new TrackMark(state.PhaseIndex, CandidateRequests(track), now);
            }
        }
        else if (_phase != state.PhaseIndex)
        {
            (_phase, _settledAt) = (state.PhaseIndex, now);
            (_phaseBase, _pairBase) = (_book.CandidateRequests, _shadowPairs);
        }
    }

    private long CandidateRequests(string? track) =>
        track is null
            ? _book.CandidateRequests
            : _segments.GetValueOrDefault(track, SegmentTally.None).CandidateRequests;

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

    private IEnumerable<MissingMetric> Missing(RolloutState state, DateTimeOffset now, DateTimeOffset settledAt)
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
            if (settledAt != default && now - settledAt > quiet && now - _lastRequest > quiet)
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
