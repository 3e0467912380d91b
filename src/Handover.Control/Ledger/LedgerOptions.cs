namespace Handover.Control.Ledger;

/// <summary>Bounds of the ledger. Over a bound a write is refused, never half done.</summary>
public sealed record LedgerOptions
{
    /// <summary>Directory of the ledger's files; made when it is missing.</summary>
    public required string Directory { get; init; }

    /// <summary>
    /// Directory of the spool. On another disk than <see cref="Directory"/> it also helps when that one is full. Default
    /// below <see cref="Directory"/>.
    /// </summary>
    public string? SpoolDirectory { get; init; }

    /// <summary>Most writes that wait. Default 16,384.</summary>
    public int QueueLength { get; init; } = 16_384;

    /// <summary>Most writes that share one fsync. Default 512.</summary>
    public int BatchLength { get; init; } = 512;

    /// <summary>A batch takes no further write once it has so many bytes of answers. Default 4 MiB.</summary>
    public long BatchBytes { get; init; } = 4 << 20;

    /// <summary>Longest wait for a write; after it nobody knows whether it took effect. Default 2 s.</summary>
    public TimeSpan Within { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Rows in the log that start a flush to the table. Default 4,096.</summary>
    public int FlushRows { get; init; } = 4_096;

    /// <summary>Age of a row in the log that starts a flush. Default 5 s.</summary>
    public TimeSpan FlushEvery { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Most rows that wait to be flushed; above it claims are refused. Default 200,000.</summary>
    public int MostUnflushed { get; init; } = 200_000;

    /// <summary>Most bytes of answers that wait to be flushed. Default 256 MiB.</summary>
    public long MostUnflushedBytes { get; init; } = 256 << 20;

    /// <summary>Most writes that are kept to be told later. Default 10,000.</summary>
    public int MostLater { get; init; } = 10_000;

    /// <summary>Most rows in the spool. Default 100,000.</summary>
    public int MostSpooled { get; init; } = 100_000;

    /// <summary>How often old rows are looked for. Default 1 min.</summary>
    public TimeSpan SweepEvery { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long rows of a service that is no longer declared are kept. Default 7 days.</summary>
    public TimeSpan RetainUndeclared { get; init; } = TimeSpan.FromDays(7);
}
