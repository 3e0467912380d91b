namespace Handover.Ports;

/// <summary>
/// What became of one kind of copies, and what they cost. Sums of integers, so that gateways can be added up.
/// </summary>
public sealed record CopyTally
{
    /// <summary>Copies that were made and have ended.</summary>
    public long Made { get; init; }

    /// <summary>Of them, those without a good answer: an error, or a broken connection.</summary>
    public long Failed { get; init; }

    /// <summary>Of them, those whose answer did not come, or went silent, within the copy's deadlines.</summary>
    public long TimedOut { get; init; }

    /// <summary>Copies that were not made: too many were under way, or the body was too large.</summary>
    public long Dropped { get; init; }

    /// <summary>Copies that were not made because the share had lowered itself.</summary>
    public long Withheld { get; init; }

    /// <summary>Copies that were not made because the live answer was 4xx: the caller's fault.</summary>
    public long Spared { get; init; }

    /// <summary>Bytes of request bodies that were sent for them.</summary>
    public long BytesSent { get; init; }

    /// <summary>Bytes of answers that were read for them.</summary>
    public long BytesRead { get; init; }

    /// <summary>Time that they took of whoever answered them, added up.</summary>
    public TimeSpan Time { get; init; }

    /// <summary>The sum.</summary>
    public static CopyTally operator +(CopyTally a, CopyTally b) =>
        new()
        {
            Made = a.Made + b.Made,
            Failed = a.Failed + b.Failed,
            TimedOut = a.TimedOut + b.TimedOut,
            Dropped = a.Dropped + b.Dropped,
            Withheld = a.Withheld + b.Withheld,
            Spared = a.Spared + b.Spared,
            BytesSent = a.BytesSent + b.BytesSent,
            BytesRead = a.BytesRead + b.BytesRead,
            Time = a.Time + b.Time,
        };
}

/// <summary>What one gateway copied for one rollout.</summary>
/// <param name="Rollout">Id of the rollout.</param>
/// <param name="Since">When this gateway began to count; with its name it tells one count from the next.</param>
/// <param name="Copies">Copies to the candidate.</param>
/// <param name="Redraws">Second questions to stable.</param>
public sealed record MirrorCounts(string Rollout, DateTimeOffset Since, CopyTally Copies, CopyTally Redraws);
