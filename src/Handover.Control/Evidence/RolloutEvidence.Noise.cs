using Handover.Core.Divergence;
using Handover.Core.Evidence;
using Handover.Core.Foundation;
using Handover.Core.Gates;
using Handover.Core.Payloads;
using Handover.Core.Rollouts;
using Handover.Core.Traffic;
using Handover.Ports;

namespace Handover.Control.Evidence;

/// <summary>
/// The requests that stable answered twice: which paths of the answer differ by more than stable's own noise. Informs
/// people and gates nothing, since a better model differs from the old one by nature; what gates is where a decision
/// flips at a declared threshold more often than stable flips it by itself.
/// </summary>
internal sealed partial class RolloutEvidence
{
    /// <summary>Highest expected part of wrong names among the paths that are named.</summary>
    private const double WrongNames = 0.1;

    private const int MostNoisyPaths = 200;
    private const int TriplesWaiting = 2_000;

    private readonly Lock _triplesGate = new();
    private readonly TripleBuffer _triples = new(TriplesWaiting, BytesWaiting);
    private readonly NoisyPaths _noise = new(0, MostNoisyPaths);
    private readonly Share _copied;
    private readonly Share _redraw;

    /// <summary>What asking stable twice tells; null when nothing was asked twice yet.</summary>
    public NoiseReading? Noise
    {
        get
        {
            lock (_gate)
            {
                return Reading(_noise);
            }
        }
    }

    /// <summary>The reading in a stored checkpoint; null when there is none, or it is damaged.</summary>
    public static NoiseReading? NoiseOf(string? saved) =>
        saved is not null && NoisyPaths.Load(Read(saved)?.Noise ?? "", 0, MostNoisyPaths) is { } noise
            ? Reading(noise)
            : null;

    private static Share Largest(RolloutPlan plan, Func<Phase.Shadow, Share> share) =>
        plan.Phases.OfType<Phase.Shadow>().Select(share).DefaultIfEmpty(Share.None).Max();

    private static NoiseReading? Reading(NoisyPaths noise)
    {
        NoisyPath[] all = noise.All();
        return all.Length == 0
            ? null
            : new NoiseReading(
                all.Max(p => p.Triples),
                all,
                noise.Differing(WrongNames).Select(p => p.Name).ToHashSet(StringComparer.Ordinal)
            );
    }

    /// <summary>Takes an answer that may be one of three; reads them outside the lock of the gates.</summary>
    private void ObserveTriple(Exchange exchange)
    {
        // A request that was never copied has no other answers to wait for.
        if (!MirrorDraw.Copies(exchange.RequestId, _copied) || !MirrorDraw.Redraws(exchange.RequestId, _redraw))
        {
            return;
        }

        TripleBuffer.Triple? triple;
        lock (_triplesGate)
        {
            triple = _triples.Add(exchange);
        }

        // Only what was served can be the measure of the two others.
        if (
            triple is not { First: { Outcome: ExchangeOutcome.Ok } first, Second: { } second, Candidate: { } candidate }
            || !(Kept(first) && Kept(second) && Kept(candidate))
        )
        {
            return;
        }

        Result<TypedAnswer> served = Answer(first);
        Result<TypedAnswer> again = Alike(first, second) ? served : Answer(second);
        Result<TypedAnswer> copied = Answer(candidate);
        IReadOnlyList<TriplePath> paths = TripleComparison.Compare(served, again, copied, _rules);
        bool judged = Gate(MetricGate.Flips) is not null;
        bool flips = judged && DecisionFlips.Harmful(served, copied, _rules);
        bool flipsItself = judged && DecisionFlips.Harmful(served, again, _rules);
        lock (_gate)
        {
            if (judged)
            {
                CountFlips(first.Entity ?? first.RequestId, flips, flipsItself);
            }

            foreach (TriplePath path in paths)
            {
                (bool mine, bool noise) = (path.CandidateDiffers, path.SecondDiffers);
                _noise.Observe(
                    exchange.At,
                    path.Path,
                    mine && !noise ? 1 : 0,
                    noise && !mine ? 1 : 0,
                    mine && noise ? 1 : 0,
                    !mine && !noise ? 1 : 0
                );
            }
        }
    }

    // As of other pairs, each entity once: it is decided on again and again, and always alike.
    private void CountFlips(string unit, bool candidate, bool itself)
    {
        if (candidate == itself || _units.FirstBad("pair:flips", 0, unit))
        {
            Accumulator(Share.None)
                .Pair(MetricGate.Flips, candidate && !itself, itself && !candidate, candidate && itself);
        }
    }

    // A failure is an answer of its own kind; an answer that was not kept is none.
    private static bool Kept(Exchange exchange) =>
        exchange.Response is not null || exchange.Outcome != ExchangeOutcome.Ok;

    // Most models answer the same question alike, byte by byte; then it is read once.
    private static bool Alike(Exchange first, Exchange second) =>
        second.Outcome == ExchangeOutcome.Ok
        && first.Response is { } one
        && second.Response is { } other
        && one.Span.SequenceEqual(other.Span);

    private Result<TypedAnswer> Answer(Exchange exchange) =>
        exchange is { Outcome: ExchangeOutcome.Ok, Response: { } body }
            ? AnswerReader.Read(_service.Protocol, body.Span)
            : new Problem("failed", exchange.HowItFailed);
}
