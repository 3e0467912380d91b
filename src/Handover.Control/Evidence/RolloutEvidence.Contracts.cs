namespace Handover.Control.Evidence;

/// <summary>Counts of answers that were checked against contracts while they served.</summary>
internal sealed partial class RolloutEvidence
{
    private const int BrokenKept = 5;

    // So many candidate requests without one checked answer mean that answers cannot be checked at all.
    private const long BlindAfter = 100;

    private readonly List<BrokenContract> _broken = [];
    private long _checked;
    private long _checkable;

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

    /// <summary>Takes the check of one answer.</summary>
    /// <param name="release">The release that gave it.</param>
    /// <param name="share">The routing probability at the time of the request.</param>
    /// <param name="broken">What it broke; null when it kept every contract.</param>
    public void Checked(string release, Core.Foundation.Share share, BrokenContract? broken)
    {
        if (Arm(release) is not { } candidate)
        {
            return;
        }

        lock (_gate)
        {
            _checked += candidate ? 1 : 0;
            bool bad = broken is not null;
            Accumulator(ShareOf(candidate, share)).Unit("contract", 0, candidate, unit: true, bad, firstBad: bad);
            if (broken is not null && (candidate || _broken.Count < BrokenKept - 1) && _broken.Count < BrokenKept)
            {
                // The candidate's come first: they are what a verdict speaks of.
                int index = candidate ? _broken.FindLastIndex(b => b.Release == _to) + 1 : _broken.Count;
                _broken.Insert(index, broken);
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
                _checkable++;
            }
        }
    }

    private string? Unchecked() =>
        _checked == 0 && _checkable >= BlindAfter ? "answers are too large to be checked while serving" : null;
}
