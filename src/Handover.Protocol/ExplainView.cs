namespace Handover.Protocol;

/// <summary>Which release an entity gets now and why: for support.</summary>
public sealed record ExplainView
{
    /// <summary>The service.</summary>
    public required string Service { get; init; }

    /// <summary>The entity.</summary>
    public required string Entity { get; init; }

    /// <summary>The release that answers it now.</summary>
    public required string Release { get; init; }

    /// <summary><c>stable segment share switched</c>.</summary>
    public required string Reason { get; init; }

    /// <summary>The rule in a sentence.</summary>
    public required string Rule { get; init; }

    /// <summary>The entity's bucket in [0, 100,000); null when no draw is made.</summary>
    public int? Bucket { get; init; }

    /// <summary>Percent that applies to this entity.</summary>
    public double Share { get; init; }

    /// <summary>The epoch in force.</summary>
    public long Epoch { get; init; }

    /// <summary>The first epoch of the unbroken run in which the entity got this release.</summary>
    public long SinceEpoch { get; init; }

    /// <summary>When that epoch began; null when the store does not know.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>The entity's latest answers, newest first.</summary>
    public IReadOnlyList<JournalEntryView> Answers { get; init; } = [];
}
