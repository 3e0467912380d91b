using System.Threading.Channels;
using Handover.Control.Stores;
using Handover.Core.Ledger;
using Handover.Ports;
using Microsoft.Extensions.Logging;

namespace Handover.Control.Ledger;

/// <summary>
/// The ledger of one node. One loop takes writes in turn, has <see cref="LedgerRules"/> decide them, and makes all that
/// came while the disk was busy durable with one fsync of a log; only then is anybody told. In the background the log's
/// rows go to a SQLite table, which answers for everything older, so that memory stays bounded and a restart reads a
/// short log (docs/adr/0008).
/// </summary>
public sealed partial class LedgerStore : ILedgerPort, IAsyncDisposable
{
    private readonly LedgerOptions _options;
    private readonly Func<string, TimeSpan?> _retainOf;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly LedgerTable _table;
    private readonly LedgerRows _rows;
    private readonly LedgerLog _log;
    private readonly LedgerSpool _spool;
    private readonly Channel<Ask> _asks;
    private readonly Task _loop;

    private LedgerStore(
        LedgerOptions options,
        Func<string, TimeSpan?> retainOf,
        TimeProvider time,
        ILogger<LedgerStore> logger
    )
    {
        (_options, _retainOf, _time, _logger) = (options, retainOf, time, logger);
        Directory.CreateDirectory(options.Directory);
        _table = LedgerTable.Open(Path.Combine(options.Directory, "ledger.db"));
        _rows = new LedgerRows(_table);
        _log = LedgerLog.Open(Path.Combine(options.Directory, "log"), _rows.Set, Torn);
        string spool = options.SpoolDirectory ?? Path.Combine(options.Directory, "spool");
        _spool = LedgerSpool.Open(spool, options.MostSpooled, Torn);
        _rows.Keep();
        _flushedAt = _sweptAt = time.GetUtcNow();
        Orphan();
        _asks = Channel.CreateBounded<Ask>(
            new BoundedChannelOptions(options.QueueLength)
            {
                SingleReader = true,
                FullMode = BoundedChannelFullMode.Wait,
            }
        );
        _loop = Task.Run(RunAsync);
    }

    /// <summary>What the ledger did since the start, and what waits.</summary>
    public LedgerCounts Counts =>
        new(
            Interlocked.Read(ref _claimed),
            Interlocked.Read(ref _replayed),
            Interlocked.Read(ref _inDoubt),
            Interlocked.Read(ref _failed),
            Interlocked.Read(ref _ranTwice),
            Interlocked.Read(ref _commits),
            _spool.Count
        );

    /// <summary>
    /// Opens the ledger. Runs that an earlier process left in flight are unknown from now on: the caller vouches that
    /// it is dead (the state directory's lock proves it). Throws <see cref="StoreException"/> or <see
    /// cref="IOException"/>.
    /// </summary>
    /// <param name="options">Bounds.</param>
    /// <param name="retainOf">How long a service's decisions are kept; null when it is not declared.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Where trouble is told.</param>
    public static LedgerStore Open(
        LedgerOptions options,
        Func<string, TimeSpan?> retainOf,
        TimeProvider time,
        ILogger<LedgerStore> logger
    ) => new(options, retainOf, time, logger);

    /// <inheritdoc/>
    public ValueTask<LedgerReply?> TellAsync(LedgerWrite write) => AskAsync(new Ask { Write = write });

    /// <inheritdoc/>
    public async ValueTask<LedgerReply?> SpoolAsync(LedgerWrite write)
    {
        LedgerReply? reply = await Task.Run(() => _spool.Tell(write));
        if (reply is null)
        {
            Interlocked.Increment(ref _failed);
        }

        return reply;
    }

    /// <inheritdoc/>
    public void TellLater(LedgerWrite write)
    {
        if (!_asks.Writer.TryWrite(new Ask { Write = write, Again = true }))
        {
            LogLost(write.Service, write.Key);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<Decision?> FindAsync(string service, string key) =>
        (await AskAsync(new Ask { Find = (service, key) }))?.Row;

    /// <summary>
    /// Rows of a service in order of their making, from after one; what is in the log is brought to the table first.
    /// Throws <see cref="StoreException"/>.
    /// </summary>
    public async Task<IReadOnlyList<(long Id, Decision Row)>> PageAsync(
        DecisionQuery query,
        long after,
        int limit,
        CancellationToken cancel
    )
    {
        await FlushAsync(cancel);
        return await Task.Run(() => _table.Page(query, after, limit), cancel);
    }

    /// <summary>Rows by the requests that made them. Throws <see cref="StoreException"/>.</summary>
    public async Task<IReadOnlyList<Decision>> OfRequestsAsync(
        string service,
        IReadOnlyCollection<string> requestIds,
        CancellationToken cancel
    ) => await Task.Run(() => _table.OfRequests(service, requestIds), cancel);

    /// <summary>Returns once what was told before is in the table, or the table did not take it.</summary>
    public async Task FlushAsync(CancellationToken cancel)
    {
        var done = new TaskCompletionSource<LedgerReply?>(TaskCreationOptions.RunContinuationsAsynchronously);
        await _asks.Writer.WriteAsync(new Ask { Flush = true, Done = done }, cancel);
        await done.Task.WaitAsync(cancel);
    }

    /// <summary>Writes what waits, brings it to the table, and closes the files.</summary>
    public async ValueTask DisposeAsync()
    {
        _asks.Writer.TryComplete();
        await _loop;
        _log.Dispose();
        _spool.Dispose();
        _table.Dispose();
    }

    private async ValueTask<LedgerReply?> AskAsync(Ask ask)
    {
        var done = new TaskCompletionSource<LedgerReply?>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!_asks.Writer.TryWrite(ask with { Done = done }))
        {
            Interlocked.Increment(ref _failed);
            return null;
        }

        try
        {
            return await done.Task.WaitAsync(_options.Within, _time);
        }
        catch (TimeoutException)
        {
            Interlocked.Increment(ref _failed);
            return null;
        }
    }

    // Whoever ran them is dead, and nobody knows how far they came.
    private void Orphan()
    {
        IEnumerable<Decision> left = _table.InFlight().Concat(_rows.InFlight());
        foreach (Decision row in left.DistinctBy(r => (r.Service, r.Key)).ToList())
        {
            var orphan = new LedgerWrite.Orphan(row.Service, row.Key, row.Owner);
            Decision? now = _rows.Find(row.Service, row.Key);
            (Decision? after, LedgerReply reply) = LedgerRules.Apply(now, orphan);
            if (reply.Outcome == LedgerOutcome.Applied)
            {
                var record = new LogRecord(row.Service, row.Key, after);
                _rows.Set(record);
                _log.Add(record);
                LogUnknown(row.Service, row.Key, row.Release, row.RequestId);
            }
        }

        _log.Commit();
        _rows.Keep();
    }

    private void Torn(string file, long bytes) => LogTorn(file, bytes);

    /// <summary>One thing that is asked of the loop.</summary>
    private readonly record struct Ask
    {
        public LedgerWrite? Write { get; init; }

        public (string Service, string Key)? Find { get; init; }

        public bool Flush { get; init; }

        /// <summary>Whether it only says that the loop should look up.</summary>
        public bool Nudge { get; init; }

        /// <summary>Whether it is tried again when it fails.</summary>
        public bool Again { get; init; }

        public TaskCompletionSource<LedgerReply?>? Done { get; init; }
    }
}

/// <summary>What the ledger did since the start, and what waits.</summary>
/// <param name="Claimed">Keys that were claimed.</param>
/// <param name="Replayed">Requests that were answered from the record.</param>
/// <param name="InDoubt">Requests that were refused because nobody knows whether they were decided.</param>
/// <param name="Failed">Writes that could not be made, or not in time.</param>
/// <param name="RanTwice">Keys that turned out at a merge of the spool to have been run twice.</param>
/// <param name="Commits">Fsyncs of the log.</param>
/// <param name="Spooled">Rows that wait in the spool.</param>
public sealed record LedgerCounts(
    long Claimed,
    long Replayed,
    long InDoubt,
    long Failed,
    long RanTwice,
    long Commits,
    int Spooled
);
