namespace Handover.Control.Journal;

/// <summary>Bounds of the journal. Over a bound an exchange is dropped and counted; traffic never waits.</summary>
public sealed record JournalOptions
{
    /// <summary>The journal's own SQLite file.</summary>
    public required string File { get; init; }

    /// <summary>
    /// Most exchanges that wait to be written. More absorb a slower disk and cost memory. Default 16,384.
    /// </summary>
    public int QueueLength { get; init; } = 16_384;

    /// <summary>Most bytes of bodies that wait to be written. Default 64 MiB.</summary>
    public long QueueBytes { get; init; } = 64 << 20;

    /// <summary>Largest body that is kept; a larger one is left out, its exchange is kept. Default 1 MiB.</summary>
    public int BodyBytes { get; init; } = 1 << 20;

    /// <summary>Most exchanges per transaction. Default 512.</summary>
    public int BatchLength { get; init; } = 512;

    /// <summary>How often old records are looked for. Default 1 min.</summary>
    public TimeSpan SweepEvery { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Records deleted per transaction, so that a sweep never holds up writing for long. Default 500.
    /// </summary>
    public int SweepLength { get; init; } = 500;

    /// <summary>How long records of a service that is no longer declared are kept. Default 14 days.</summary>
    public TimeSpan RetainUnknown { get; init; } = TimeSpan.FromDays(14);
}
