using Handover.Control.Labels;
using Handover.Core.Evidence;
using Handover.Core.Foundation;
using Handover.Core.Gates;
using Handover.Core.Traffic;

namespace Handover.Control.Evidence;

/// <summary>
/// How labels and pushed metrics become counts. A label speaks of an answer that was given earlier, so everything is
/// counted with the routing probability of that time; an answer from before the rollout belongs to another draw and is
/// not counted at all.
/// </summary>
internal sealed partial class RolloutEvidence
{
    private const int MostLabelled = 65_536;

    // Fewer labelled answers than this say nothing; a phase that asks for fewer requests asks for fewer labels.
    private const long LeastHeard = 100;

    private readonly EntitySample _labelled;
    private readonly Dictionary<string, Heard> _heard = new(StringComparer.Ordinal);
    private long? _cursor;
    private long? _cursorAtTick;

    /// <summary>How old answers must be before their labels are judged; null judges labels as they come.</summary>
    public TimeSpan? LabelWindow => Gate("loss") is null ? null : _setup.LabelWindow;

    /// <summary>Number of the last journal record that was judged as matured; null before the first.</summary>
    public long? Cursor
    {
        get
        {
            lock (_gate)
            {
                return _cursor;
            }
        }
    }

    /// <summary>Whether answers of this release, asked for at this time, are evidence of this rollout.</summary>
    public bool Speaks(string release, DateTimeOffset at) => at >= _startedAt && Arm(release) is not null;

    /// <summary>Takes one label that was joined to an answer.</summary>
    public void Observe(LabelledExchange label, DateTimeOffset now)
    {
        if (Arm(label.Release) is not { } candidate || !label.Drawn || label.At < _startedAt)
        {
            return;
        }

        lock (_gate)
        {
            string unit = label.Entity ?? label.RequestId;
            if (label.Metric.Length > 0)
            {
                CountPushed(label, candidate, unit, now);
                return;
            }

            // Both releases share the label of a shadowed request, so its delay cannot favour either.
            if (_setup.Shadows && _pairedLosses.Add(label.RequestId, candidate, label.Loss) is { } pair)
            {
                CountLossPair(pair, unit);
            }

            if (label.Purpose is Purpose.Live && LabelWindow is null)
            {
                TickAccumulator into = Accumulator(ShareOf(candidate, label.CandidateShare));
                CountLoss(into, candidate, unit, label.Loss);
                CountLabelled(into, "loss", candidate, unit, now);
            }
        }
    }

    /// <summary>Takes answers that are old enough to be judged, with the labels that came in time.</summary>
    /// <param name="cohort">In the order of the journal.</param>
    /// <param name="cursor">Number of the last record that was looked at.</param>
    /// <param name="now">When.</param>
    public void Observe(IReadOnlyList<MaturedAnswer> cohort, long cursor, DateTimeOffset now)
    {
        lock (_gate)
        {
            _cursor = cursor;
            foreach (MaturedAnswer answer in cohort)
            {
                if (Arm(answer.Release) is not { } candidate || answer.At < _startedAt)
                {
                    continue;
                }

                TickAccumulator into = Accumulator(ShareOf(candidate, answer.CandidateShare));
                into.Unit(CoverageTicks.Of("loss"), CoverageTicks.Totals, candidate, true, false, false);
                if (answer.Loss is { } loss)
                {
                    CountLoss(into, candidate, answer.Unit, loss);
                    CountLabelled(into, "loss", candidate, answer.Unit, now);
                }
                else
                {
                    CountFirst(into, "loss", CoverageTicks.Unlabelled, candidate, answer.Unit);
                }
            }
        }
    }

    private MetricGate? Gate(string name) => _setup.Plan.Metrics.FirstOrDefault(m => m.Name == name);

    private void CountPushed(LabelledExchange label, bool candidate, string unit, DateTimeOffset now)
    {
        if (Gate(label.Metric) is { Pushed: true } gate)
        {
            TickAccumulator into = Accumulator(ShareOf(candidate, label.CandidateShare));
            Unit(into, gate.Name, 0, candidate, unit, label.Loss > (gate.Above ?? 0));
            CountLabelled(into, gate.Name, candidate, unit, now);
        }
    }

    private void CountLossPair((double Candidate, double Stable) pair, string unit)
    {
        bool worse = pair.Candidate > pair.Stable;
        bool better = pair.Candidate < pair.Stable;
        if ((!worse && !better) || _units.FirstBad("pair:loss", 0, unit))
        {
            Accumulator(Share.None).Pair("loss", worse, better, bothBad: false);
        }
    }

    private void CountLoss(TickAccumulator into, bool candidate, string unit, double value)
    {
        if (_setup.LossIsRate)
        {
            Unit(into, "loss", 0, candidate, unit, value > 0);
        }
        else if (_loss is { } loss)
        {
            IReadOnlyList<double> limits = candidate ? loss.Candidate : loss.Stable;
            for (int level = 0; level < limits.Count; level++)
            {
                Unit(into, "loss", level, candidate, unit, value > limits[level]);
            }
        }
    }

    /// <summary>An answer that could get a label, where labels are judged as they come.</summary>
    private void CountAnswer(TickAccumulator into, bool candidate, bool failed)
    {
        foreach (MetricGate gate in _setup.Plan.Metrics)
        {
            if (gate.Pushed || (gate.Name == "loss" && LabelWindow is null && !failed))
            {
                into.Unit(CoverageTicks.Of(gate.Name), CoverageTicks.Totals, candidate, true, false, false);
            }
        }
    }

    private void CountLabelled(TickAccumulator into, string metric, bool candidate, string unit, DateTimeOffset now)
    {
        Heard heard = _heard.GetValueOrDefault(metric);
        _heard[metric] = new Heard(heard.Candidate + (candidate ? 1 : 0), now);
        into.Unit(CoverageTicks.Of(metric), CoverageTicks.Totals, candidate, unit: false, bad: true, firstBad: true);
        CountFirst(into, metric, CoverageTicks.Labelled, candidate, unit);
    }

    /// <summary>Each entity once, since its answers are labelled together or not at all.</summary>
    private void CountFirst(TickAccumulator into, string metric, int level, bool candidate, string unit)
    {
        int index = 0;
        while (index < _setup.Plan.Metrics.Count && _setup.Plan.Metrics[index].Name != metric)
        {
            index++;
        }

        bool first = _labelled.FirstSeen(unit, (index * 2) + level);
        into.Unit(CoverageTicks.Of(metric), level, candidate, unit: first, bad: first, firstBad: first);
    }

    /// <summary>Why a metric whose data others send counts as missing; null when it does not.</summary>
    private string? Silent(MetricGate gate, long least, DateTimeOffset now)
    {
        Heard heard = _heard.GetValueOrDefault(gate.Name);
        string what = gate.Name == "loss" ? "labelled answers" : "answers with a value";
        if (heard.Candidate < least)
        {
            string window = gate.Name == "loss" && LabelWindow is { } w ? $"; labels are judged after {w}" : "";
            return $"{heard.Candidate:N0} of at least {least:N0} {what} of {_to}{window}";
        }

        return now - heard.Last > gate.Silence ? $"nothing has come for {gate.Silence}; its source may be dead" : null;
    }

    /// <summary>What has been heard of a metric that others send.</summary>
    /// <param name="Candidate">Candidate answers with data.</param>
    /// <param name="Last">When data came last.</param>
    internal readonly record struct Heard(long Candidate, DateTimeOffset Last);
}

/// <summary>An answer that is old enough to be judged.</summary>
/// <param name="Release">The release that gave it.</param>
/// <param name="Unit">The entity, or the request when there is none.</param>
/// <param name="CandidateShare">The routing probability at the time of the request.</param>
/// <param name="At">When the request was made.</param>
/// <param name="Loss">How wrong it was; null when no label came in time.</param>
internal readonly record struct MaturedAnswer(
    string Release,
    string Unit,
    Share CandidateShare,
    DateTimeOffset At,
    double? Loss
);
