using Handover.Ports;

namespace Handover.Control.Evidence;

/// <summary>Counts of answers that were checked against contracts while they served.</summary>
internal sealed partial class RolloutEvidence
{
    private const int BrokenKept = 5;

    // So many candidate requests without one checked answer mean that answers cannot be checked at all.
    private const long BlindAfter = 100;

    private readonly List<BrokenContract> _broken = [];
    private long _checked;
    private long _notCheckable;

    /// <summary>The first broken contracts, the oldest first.</summary>
    public IReadOnlyList<BrokenContract> Broken
    {
        get
        {
            lock (_gate)
            {
                return [.. _broken];
            }
        }
    }

    /// <summary>The first broken contracts in a stored checkpoint.</summary>
    public static IReadOnlyList<BrokenContract> BrokenOf(string? saved) =>
        saved is null ? [] : Read(saved)?.Broken ?? [];

    /// <summary>Whether a release is the candidate; null when it is none of the two.</summary>
    public bool? IsCandidate(string release) => Arm(release);

    /// <summary>Takes the check of one answer.</summary>
    /// <param name="exchange">The answer.</param>
    /// <param name="broken">What it broke; null when it kept every contract.</param>
    public void Checked(Exchange exchange, BrokenContract? broken)
    {
        if (Arm(exchange.Release) is not { } candidate || exchange.At < _startedAt)
        {
            return;
        }

        lock (_gate)
        {
            _checked += candidate ? 1 : 0;
            bool bad = broken is not null;
            Accumulator(exchange.CandidateShare).Unit("contract", 0, candidate, unit: true, bad, firstBad: bad);
            if (broken is null || _broken.Count >= BrokenKept)
            {
                return;
            }

            // The candidate's come first: they are what a verdict speaks of. One place is kept for them.
            int index = _broken.FindLastIndex(b => Arm(b.Release) is true) + 1;
            if (candidate)
            {
                _broken.Insert(index, broken);
            }
            else if (_broken.Count < BrokenKept - 1)
            {
                _broken.Add(broken);
            }
        }
    }

    /// <summary>An answer that had no body to check: too large, or not kept.</summary>
    public void NotCheckable(string release)
    {
        if (Arm(release) is true)
        {
            lock (_gate)
            {
                _notCheckable++;
            }
        }
    }

    private string? Unchecked() =>
        _checked == 0 && _notCheckable >= BlindAfter ? "answers are too large to be checked while serving" : null;
}
