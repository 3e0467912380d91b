using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Handover.Control.Stores;
using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Core.Traffic;
using Handover.Ports;
using Microsoft.Extensions.Logging;

namespace Handover.Control.Journal;

/// <summary>
/// The record of which release answered which request with what. Requests only put a reference into a bounded queue;
/// one loop writes in batches. A slow or full disk costs records, which are counted, and never a request.
/// </summary>
public sealed class JournalWriter : IExchangePort, IJournalPort, IAsyncDisposable
{
    private readonly JournalOptions _options;
    private readonly Func<string, JournalPolicy?> _policyOf;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Channel<Item> _queue;
    private readonly Task _loop;
    private volatile JournalFile _file;
    private DateTimeOffset _sweptAt;
    private long _queuedBytes;
    private long _dropped;
    private long _written;
    private bool _failing;

    /// <param name="options">Bounds.</param>
    /// <param name="policyOf">What a service wants recorded; null when it is not declared (then nothing is).</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Where trouble is told.</param>
    public JournalWriter(
        JournalOptions options,
        Func<string, JournalPolicy?> policyOf,
        TimeProvider time,
        ILogger<JournalWriter> log
    )
    {
        (_options, _policyOf, _time, _log) = (options, policyOf, time, log);
        _file = JournalFile.Open(options.File, time.GetUtcNow(), out string? movedTo);
        if (movedTo is not null)
        {
            TellDamaged(movedTo);
        }

        _sweptAt = time.GetUtcNow();
        _queue = Channel.CreateBounded<Item>(
            new BoundedChannelOptions(options.QueueLength)
            {
                SingleReader = true,
                FullMode = BoundedChannelFullMode.Wait,
            }
        );
        _loop = Task.Run(RunAsync);
    }

    /// <summary>Raised after each batch is on disk. Handlers must not block.</summary>
    public event Action<IReadOnlyList<Exchange>>? Written;

    /// <inheritdoc/>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>Exchanges that were written since the start.</summary>
    public long WrittenCount => Interlocked.Read(ref _written);

    /// <inheritdoc/>
    public void Record(Exchange exchange)
    {
        if (_policyOf(exchange.Service) is not { } policy || !Sampled(exchange.RequestId, policy.Sample))
        {
            return;
        }

        Exchange kept = exchange with
        {
            Request = Kept(exchange.Request, policy),
            Response = Kept(exchange.Response, policy),
        };
        int bytes = (kept.Request?.Length ?? 0) + (kept.Response?.Length ?? 0);
        bool room = Interlocked.Add(ref _queuedBytes, bytes) <= _options.QueueBytes;
        if (!room || !_queue.Writer.TryWrite(new Item(kept, null)))
        {
            Interlocked.Add(ref _queuedBytes, -bytes);
            Interlocked.Increment(ref _dropped);
        }
    }

    /// <summary>Returns once everything that was recorded before the call is on disk or dropped.</summary>
    public async Task FlushAsync(CancellationToken cancel)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await _queue.Writer.WriteAsync(new Item(null, done), cancel);
        await done.Task.WaitAsync(cancel);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<Exchange>> RecentAsync(JournalQuery query, int limit, CancellationToken cancel) =>
        ReadAsync(f => f.Recent(query, limit), cancel);

    /// <inheritdoc/>
    public Task<IReadOnlyList<Exchange>> FindAsync(
        string service,
        IReadOnlyCollection<string> requestIds,
        CancellationToken cancel
    ) => ReadAsync(f => f.Find(service, requestIds), cancel);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<(long Number, Exchange Exchange)>> AfterAsync(
        JournalQuery query,
        long after,
        int limit,
        CancellationToken cancel
    ) => await ReadAsync(f => f.Page(query, after, limit), cancel);

    /// <inheritdoc/>
    public Task<long> HeadAsync(CancellationToken cancel) => ReadAsync(f => f.Head(), cancel);

    /// <summary>Every exchange that fits, oldest first, read page by page so that writing goes on meanwhile.</summary>
    public async IAsyncEnumerable<Exchange> QueryAsync(
        JournalQuery query,
        [EnumeratorCancellation] CancellationToken cancel = default
    )
    {
        const int PageLength = 200;
        long after = 0;
        while (true)
        {
            long from = after;
            List<(long Id, Exchange Exchange)> page = await ReadAsync(f => f.Page(query, from, PageLength), cancel);
            foreach ((long id, Exchange exchange) in page)
            {
                after = id;
                yield return exchange;
            }

            if (page.Count < PageLength)
            {
                yield break;
            }
        }
    }

    /// <summary>Writes what is queued, then closes the file.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _loop;
        _file.Dispose();
    }

    /// <summary>
    /// The same for all exchanges of a request id, so that a live answer and its shadow stay together.
    /// </summary>
    private static bool Sampled(string requestId, Ratio sample) =>
        sample.Value >= 1 || (sample.Value > 0 && Murmur3.Hash(requestId) < sample.Value * 4294967296.0);

    private ReadOnlyMemory<byte>? Kept(ReadOnlyMemory<byte>? body, JournalPolicy policy)
    {
        bool keep = policy.Payloads && body is { } bytes && bytes.Length <= _options.BodyBytes;
        return keep ? body : null;
    }

    private async Task RunAsync()
    {
        var batch = new List<Exchange>(_options.BatchLength);
        var flushed = new List<TaskCompletionSource>();
        while (await WaitAsync())
        {
            batch.Clear();
            flushed.Clear();
            long bytes = Take(batch, flushed);
            try
            {
                Write(batch);
                Sweep();
            }
            catch (Exception e)
            {
                // A handler or a disk that fails in a new way must not end the record for good.
                _log.LogError(e, "The journal lost up to {Count} exchanges.", batch.Count);
            }

            Interlocked.Add(ref _queuedBytes, -bytes);
            flushed.ForEach(f => f.TrySetResult());
        }
    }

    /// <summary>Takes what is queued, up to one batch; returns its bytes.</summary>
    private long Take(List<Exchange> batch, List<TaskCompletionSource> flushed)
    {
        long bytes = 0;
        while (batch.Count < _options.BatchLength && _queue.Reader.TryRead(out Item item))
        {
            if (item.Exchange is { } exchange)
            {
                bytes += (exchange.Request?.Length ?? 0) + (exchange.Response?.Length ?? 0);
                batch.Add(exchange);
            }
            else
            {
                flushed.Add(item.Flushed!);
            }
        }

        return bytes;
    }

    /// <summary>
    /// Waits for work, but not longer than until the next sweep; false when the queue is closed and empty.
    /// </summary>
    private async Task<bool> WaitAsync()
    {
        using var alarm = new CancellationTokenSource(_options.SweepEvery, _time);
        try
        {
            return await _queue.Reader.WaitToReadAsync(alarm.Token);
        }
        catch (OperationCanceledException)
        {
            return true;
        }
    }

    private void Write(List<Exchange> batch)
    {
        if (batch.Count == 0)
        {
            return;
        }

        try
        {
            List<Exchange> redacted = [.. batch.Select(Redacted)];
            _file.Add(redacted);
            Interlocked.Add(ref _written, redacted.Count);
            if (_failing)
            {
                _failing = false;
                _log.LogInformation("The journal is written again; {Dropped} exchanges were dropped so far.", Dropped);
            }

            Written?.Invoke(redacted);
        }
        catch (StoreException e)
        {
            Interlocked.Add(ref _dropped, batch.Count);
            Trouble(e);
        }
    }

    private Exchange Redacted(Exchange exchange)
    {
        IReadOnlyList<string> pointers = _policyOf(exchange.Service)?.Redact ?? [];
        return pointers.Count == 0
            ? exchange
            : exchange with
            {
                Request = Redaction.Apply(exchange.Request, pointers),
                Response = Redaction.Apply(exchange.Response, pointers),
            };
    }

    private void Trouble(StoreException e)
    {
        if (e.Problem.Code == "corrupt-state-file")
        {
            _file.Dispose();
            string movedTo = JournalFile.MoveAside(_options.File, _time.GetUtcNow());
            TellDamaged(movedTo);
            _file = JournalFile.Open(_options.File, _time.GetUtcNow(), out _);
        }
        else if (!_failing)
        {
            // Once per outage, not once per batch: a full disk must not be filled further by the log.
            _failing = true;
            _log.LogError("Exchanges are dropped and counted, for the journal can't be written: {Problem}", e.Message);
        }
    }

    private void TellDamaged(string movedTo) =>
        _log.LogError(
            "The journal {File} is damaged. It was moved to {MovedTo} and a new one was begun; nothing else is lost.",
            _options.File,
            movedTo
        );

    private void Sweep()
    {
        DateTimeOffset now = _time.GetUtcNow();
        if (now - _sweptAt < _options.SweepEvery)
        {
            return;
        }

        try
        {
            bool more = false;
            foreach (string service in _file.Services())
            {
                TimeSpan retain = _policyOf(service)?.Retain ?? _options.RetainUnknown;
                more |= _file.DeleteOld(service, now - retain, _options.SweepLength) == _options.SweepLength;
            }

            // With more to delete the next batch is followed by the next slice; otherwise the clock decides.
            _sweptAt = more ? _sweptAt : now;
        }
        catch (StoreException e)
        {
            _sweptAt = now;
            Trouble(e);
        }
    }

    private async Task<T> ReadAsync<T>(Func<JournalFile, T> read, CancellationToken cancel)
    {
        JournalFile file = _file;
        try
        {
            return await Task.Run(() => read(file), cancel);
        }
        catch (ObjectDisposedException) when (!ReferenceEquals(file, _file))
        {
            // A damaged file was replaced while it was being read.
            return await Task.Run(() => read(_file), cancel);
        }
    }

    /// <summary>An exchange to write, or a mark that everything before it is done.</summary>
    private readonly record struct Item(Exchange? Exchange, TaskCompletionSource? Flushed);
}
