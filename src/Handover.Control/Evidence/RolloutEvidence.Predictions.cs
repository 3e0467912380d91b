using Handover.Core.Evidence;
using Handover.Core.Foundation;
using Handover.Core.Payloads;
using Handover.Core.Traffic;
using Handover.Ports;

namespace Handover.Control.Evidence;

/// <summary>
/// How often each class or score is answered. Each entity counts once per bin, whichever release answered, in a sample
/// of entities that is bounded.
/// </summary>
internal sealed partial class RolloutEvidence
{
    private const int MostScores = 65_536;
    private const string Predictions = "predictions";

    // Beyond the bins that there can be: an entity is remembered here once, whatever its answer was.
    private const int AnyBin = 1_000;

    private readonly List<string> _outputs = [];
    private readonly EntitySample _scores;
    private PredictionBins? _bins;

    /// <summary>
    /// Learns what stable answers, until there is enough of it to freeze the bins. Answers from before the rollout are
    /// as good as the first ones in it: none of these is compared.
    /// </summary>
    public void Learn(IEnumerable<Exchange> stable)
    {
        foreach (Exchange exchange in stable.Where(e => e is { Inference: true, Purpose: Purpose.Live }))
        {
            if (Arm(exchange.Release) is false && WantsOutput && OutputOf(exchange) is { } output)
            {
                lock (_gate)
                {
                    Learn(output);
                }
            }
        }
    }

    private bool WantsOutput => Margin(Predictions) is not null;

    private IReadOnlyList<string> BinNames =>
        _bins is { } bins ? [.. Enumerable.Range(0, bins.Count).Select(bins.Name)] : [];

    /// <summary>The output that labels speak of, else the first one; null when there is none to be read.</summary>
    private string? OutputOf(Exchange exchange)
    {
        if (exchange.Outcome is not ExchangeOutcome.Ok || exchange.Response is not { } body)
        {
            return null;
        }

        Result<TypedAnswer> answer = AnswerReader.Read(_service.Protocol, body.Span);
        if (!answer.Ok)
        {
            return null;
        }

        string? name =
            _service.Labels?.Output
            ?? answer.Value.Tensors.FirstOrDefault(t => t.Count == 1)?.Name
            ?? answer.Value.Leaves.FirstOrDefault(l => l.Kind is JsonLeafKind.Number or JsonLeafKind.String).Path;
        return name is null ? null : OutputReader.Label(answer.Value, name);
    }

    private void CountPrediction(Exchange exchange, bool candidate, string output)
    {
        if (_bins is not { } bins)
        {
            if (!candidate)
            {
                Learn(output);
            }

            return;
        }

        string unit = exchange.Entity ?? exchange.RequestId;
        int bin = bins.Of(output);
        bool first = _scores.FirstSeen(unit, bin);
        bool everFirst = _scores.FirstSeen(unit, AnyBin);
        if (!_scores.Has(unit))
        {
            return;
        }

        // Every bin in every tick, so that the number of tests is known before the first of them sees data.
        TickAccumulator into = Accumulator(ShareOf(candidate, exchange.CandidateShare));
        for (int level = 0; level < bins.Count; level++)
        {
            into.Unit(Predictions, level, candidate, unit: true, bad: level == bin, firstBad: level == bin && first);
        }

        if (everFirst)
        {
            into.First(Predictions, bin, candidate);
        }
    }

    private void Learn(string output)
    {
        if (_bins is null)
        {
            _outputs.Add(output);
            _bins = PredictionBins.Freeze(_outputs);
        }

        if (_bins is not null)
        {
            _outputs.Clear();
        }
    }
}
