using Handover.Core.Traffic;

namespace Handover.Ports;

/// <summary>Reads the journal: which release answered which request with what.</summary>
public interface IJournalPort
{
    /// <summary>Newest exchanges first, at most <paramref name="limit"/>.</summary>
    Task<IReadOnlyList<Exchange>> RecentAsync(JournalQuery query, int limit, CancellationToken cancel);

    /// <summary>Every exchange (live and shadow) of these request ids, payloads included.</summary>
    Task<IReadOnlyList<Exchange>> FindAsync(
        string service,
        IReadOnlyCollection<string> requestIds,
        CancellationToken cancel
    );

    /// <summary>Oldest first, from after the record <paramref name="after"/>, with each record's number.</summary>
    Task<IReadOnlyList<(long Number, Exchange Exchange)>> AfterAsync(
        JournalQuery query,
        long after,
        int limit,
        CancellationToken cancel
    );

    /// <summary>Number of the newest record; 0 when there is none.</summary>
    Task<long> HeadAsync(CancellationToken cancel);

    /// <summary>Exchanges that were dropped since the start, because the queue was full or the disk was.</summary>
    long Dropped { get; }
}

/// <summary>Which exchanges; every condition that is set must hold.</summary>
/// <param name="Service">The service.</param>
public sealed record JournalQuery(string Service)
{
    /// <summary>Only this release.</summary>
    public string? Release { get; init; }

    /// <summary>Only this entity.</summary>
    public string? Entity { get; init; }

    /// <summary>Only this purpose.</summary>
    public Purpose? Purpose { get; init; }

    /// <summary>Only inference calls that succeeded and have a request body.</summary>
    public bool Replayable { get; init; }

    /// <summary>Only after this time.</summary>
    public DateTimeOffset? Since { get; init; }
}
