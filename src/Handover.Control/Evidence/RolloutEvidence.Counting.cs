using Handover.Core.Evidence;
using Handover.Core.Foundation;
using Handover.Core.Traffic;
using Handover.Ports;

namespace Handover.Control.Evidence;

/// <summary>How exchanges, pairs and labels become counts.</summary>
internal sealed partial class RolloutEvidence
{
    /// <summary>Takes one finished inference exchange, live or shadow.</summary>
    /// <param name="exchange">The exchange.</param>
    /// <param name="elsewhere">Whether a live one counts in a segment's book, and here only as half of a pair.</param>
    public void Observe(Exchange exchange, bool elsewhere = false)
    {
        if (
            Arm(exchange.Release) is not { } candidate
            || exchange.Reason is AssignReason.Override or AssignReason.Replayed
        )
        {
            return;
        }

        // What was still on its way when this rollout began was routed for the one before, which may have had the same
        // two releases the other way round.
        if (exchange.At < _startedAt)
        {
            return;
        }

        ObserveTriple(exchange);
        if (exchange.Purpose is Purpose.Redraw)
        {
            return;
        }

        // Reading an answer takes longer than counting it: outside the lock.
        bool live = exchange.Purpose is Purpose.Live;
        string? output = live && !elsewhere && WantsOutput ? OutputOf(exchange) : null;
        Exchange? other = null;
        lock (_gate)
        {
            if (live)
            {
                _lastRequest = exchange.At;
                CountSegment(exchange, candidate);
            }

            if (live && !elsewhere)
            {
                CountSplit(exchange, candidate);
                CountLive(exchange, candidate);
                if (output is not null)
                {
                    CountPrediction(exchange, candidate, output);
                }
            }

            // A request that was never copied has no other half to wait for.
            if (_setup.Shadows && (!live || MirrorDraw.Copies(exchange.RequestId, _copied)))
            {
                other = _pairs.Add(exchange);
            }
        }

        if (other is not null)
        {
            ObservePair(live ? exchange : other, live ? other : exchange);
        }
    }

    // Comparing may take a thousand times as long as counting, and every live request of the service counts under the
    // lock: so it is done before.
    private void ObservePair(Exchange live, Exchange shadow)
    {
        PairFinding finding = AnswerPairs.Compare(_service.Protocol, live, shadow, _rules);
        lock (_gate)
        {
            CountPair(live, shadow, finding);
        }
    }

    /// <summary>
    /// Watches the draw itself: each entity once, at the share that applied to it when it was first seen, since the
    /// draw is sticky. Segments are drawn by the same bucket, so their entities count at the segment's share.
    /// </summary>
    private void CountSplit(Exchange exchange, bool candidate)
    {
        Share share = exchange.CandidateShare;
        bool said = exchange.Reason is AssignReason.Share or AssignReason.Segment;
        bool contradicts = candidate ? said && share == Share.None : said;
        contradicts |= candidate && exchange.Reason is AssignReason.Stable && share != Share.None;
        if (contradicts)
        {
            Accumulator(share).Violation();
            return;
        }

        bool drawn = exchange.Entity is not null && share.Parts is > 0 and < Share.Whole;
        if (drawn && _drawn.FirstSeen(exchange.Entity!))
        {
            Accumulator(share).Entity(candidate);
        }
    }

    private void CountLive(Exchange exchange, bool candidate)
    {
        TickAccumulator into = Accumulator(ShareOf(candidate, exchange.CandidateShare));
        into.Request(candidate);
        string unit = exchange.Entity ?? exchange.RequestId;
        bool failed = exchange.Outcome is not ExchangeOutcome.Ok;
        bool timedOut = exchange.Outcome is ExchangeOutcome.Timeout;
        Unit(into, "errors", 0, candidate, unit, failed);
        Unit(into, "timeouts", 0, candidate, unit, timedOut);
        CountAnswer(into, candidate, failed);
        if (_latency is not { } latency)
        {
            return;
        }

        // An answer that never came is slower than every threshold; an error that came fast is not a slow answer.
        double ms = timedOut ? double.PositiveInfinity : exchange.Latency.TotalMilliseconds;
        IReadOnlyList<double> limits = candidate ? latency.CandidateMs : latency.StableMs;
        for (int level = 0; level < limits.Count; level++)
        {
            Unit(into, "latency", level, candidate, unit, ms > limits[level]);
        }
    }

    private void CountPair(Exchange live, Exchange shadow, PairFinding finding)
    {
        _shadowPairs++;
        bool stableBad = finding.Stable is not null;
        bool candidateBad = finding.Candidate is not null;
        if (finding.Candidate is { } failure)
        {
            CountFailure(failure);
        }
        else if (!stableBad)
        {
            _speed.Add(live, shadow);
        }

        string unit = live.Entity ?? live.RequestId;
        bool discordant = stableBad != candidateBad;
        if (!discordant || _units.FirstBad("pair:errors", 0, unit))
        {
            Accumulator(Share.None)
                .Pair("errors", candidateBad && discordant, stableBad && discordant, candidateBad && stableBad);
        }

        if (finding.Differs is { } differs)
        {
            Accumulator(Share.None).Pair("divergence", differs, stableOnly: false, bothBad: false);
        }
    }

    private void Unit(TickAccumulator into, string metric, int level, bool candidate, string unit, bool bad)
    {
        bool isUnit = !_units.HasBeenBad(metric, level, unit);
        into.Unit(metric, level, candidate, isUnit, bad, isUnit && bad && _units.FirstBad(metric, level, unit));
    }

    private TickAccumulator Accumulator(Share share)
    {
        if (!_open.TryGetValue(share, out TickAccumulator? open))
        {
            _open[share] = open = new TickAccumulator(share);
        }

        return open;
    }

    // Once everybody is switched the document names no candidate: all of it is the candidate's, which has no other arm.
    private static Share ShareOf(bool candidate, Share stamped) =>
        candidate && stamped == Share.None ? Share.All : stamped;

    private bool? Arm(string release) =>
        string.Equals(release, _to, StringComparison.Ordinal) ? true
        : string.Equals(release, _from, StringComparison.Ordinal) ? false
        : null;
}
