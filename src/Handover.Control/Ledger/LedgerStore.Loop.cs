using Handover.Control.Stores;
using Handover.Core.Ledger;
using Handover.Ports;

namespace Handover.Control.Ledger;

/// <content>The loop: batches, their fsync, and what happens in the background.</content>
public sealed partial class LedgerStore
{
    private static readonly TimeSpan Idle = TimeSpan.FromMilliseconds(200);

    private readonly List<(Ask Ask, LedgerReply? Reply)> _batch = [];
    private readonly List<TaskCompletionSource<LedgerReply?>> _wantFlush = [];
    private readonly Queue<LedgerWrite> _later = [];
    private DateTimeOffset _flushedAt;
    private DateTimeOffset _sweptAt;
    private Flushing? _flushing;
    private bool _merged = true;
    private bool _down;
    private long _claimed;
    private long _replayed;
    private long _inDoubt;
    private long _failed;
    private long _ranTwice;
    private long _commits;

    private async Task RunAsync()
    {
        bool open = true;
        while (open)
        {
            open = await WaitAsync();
            try
            {
                TakeBatch();
                Commit();
                await BackgroundAsync();
            }
            catch (Exception e)
            {
                // What was decided in memory and is not on disk must not be told.
                _log.Discard();
                _rows.TakeBack();
                LogBroken(e);
                Answer(failed: true);
            }
        }

        await CloseAsync();
    }

    private async ValueTask<bool> WaitAsync()
    {
        if (_asks.Reader.TryPeek(out _))
        {
            return true;
        }

        using var alarm = new CancellationTokenSource(Idle, _time);
        try
        {
            return await _asks.Reader.WaitToReadAsync(alarm.Token);
        }
        catch (OperationCanceledException)
        {
            return true;
        }
    }

    private void TakeBatch()
    {
        _batch.Clear();
        _merged = Merge();
        long bytes = 0;
        for (int i = _later.Count; i > 0; i--)
        {
            Ask again = new() { Write = _later.Dequeue(), Again = true };
            _batch.Add((again, Decide(again)));
        }

        while (_batch.Count < _options.BatchLength && bytes < _options.BatchBytes && _asks.Reader.TryRead(out Ask ask))
        {
            if (ask.Flush)
            {
                _wantFlush.Add(ask.Done!);
            }

            if (ask.Flush || ask.Nudge)
            {
                continue;
            }

            bytes += (ask.Write as LedgerWrite.Finish)?.Row.Answer?.Body?.Length ?? 0;
            _batch.Add((ask, Decide(ask)));
        }
    }

    private LedgerReply? Decide(Ask ask)
    {
        try
        {
            (string service, string key) = ask.Find ?? (ask.Write!.Service, ask.Write.Key);
            Decision? row = _rows.Find(service, key);
            if (ask.Write is not { } write)
            {
                return new LedgerReply(LedgerOutcome.Applied, row);
            }

            if (!_merged || (write is LedgerWrite.Claim && Full()))
            {
                return null;
            }

            (Decision? after, LedgerReply reply) = LedgerRules.Apply(row, write);
            if (!ReferenceEquals(row, after))
            {
                Change(new LogRecord(service, key, after));
            }

            return reply;
        }
        catch (StoreException e)
        {
            Trouble(e.Message);
            return null;
        }
    }

    private bool Full() => _rows.Unflushed > _options.MostUnflushed || _rows.Bytes > _options.MostUnflushedBytes;

    private void Change(LogRecord record)
    {
        _rows.Set(record);
        _log.Add(record);
    }

    // What the spool has comes first: nothing may be decided about a key that it knows more of. False while that fails;
    // then no write is taken.
    private bool Merge()
    {
        if (_spool.Count == 0)
        {
            return true;
        }

        try
        {
            IReadOnlyList<Decision> spooled = _spool.Rows();
            for (int from = 0; from < spooled.Count; )
            {
                from += Merge(spooled, from);
            }

            LogMerged(spooled.Count);
            return true;
        }
        catch (Exception e) when (e is StoreException or IOException)
        {
            _log.Discard();
            _rows.TakeBack();
            Trouble(e.Message);
            return false;
        }
    }

    // One commit's worth, so that an outage of any length can be merged; returns how many rows that were.
    private int Merge(IReadOnlyList<Decision> spooled, int from)
    {
        var part = new List<Decision>();
        var twice = new List<(Decision Stored, Decision Spooled)>();
        long bytes = 0;
        for (int i = from; i < spooled.Count && part.Count < _options.BatchLength && bytes < _options.BatchBytes; i++)
        {
            Decision row = spooled[i];
            Decision? stored = _rows.Find(row.Service, row.Key);
            (Decision merged, bool ranTwice) = LedgerRules.Merge(stored, row);
            if (ranTwice)
            {
                twice.Add((stored!, row));
            }

            if (!ReferenceEquals(stored, merged))
            {
                Change(new LogRecord(row.Service, row.Key, merged));
            }

            part.Add(row);
            bytes += row.Answer?.Body?.Length ?? 0;
        }

        _log.Commit();
        _rows.Keep();
        _spool.Merged(part);
        foreach ((Decision stored, Decision row) in twice)
        {
            Interlocked.Increment(ref _ranTwice);
            LogRanTwice(row.Service, row.Key, stored.Release, row.Release);
        }

        return part.Count;
    }

    private void Commit()
    {
        try
        {
            if (_log.Pending)
            {
                _log.Commit();
                Interlocked.Increment(ref _commits);
            }

            _rows.Keep();
            if (_batch.Count > 0 && _batch.TrueForAll(b => b.Reply is not null))
            {
                Recovered();
            }

            Answer(failed: false);
        }
        catch (IOException e)
        {
            _rows.TakeBack();
            Trouble(e.Message);
            Answer(failed: true);
        }
    }

    private void Answer(bool failed)
    {
        foreach ((Ask ask, LedgerReply? decided) in _batch)
        {
            LedgerReply? reply = failed ? null : decided;
            Count(ask, reply);
            ask.Done?.TrySetResult(reply);
            if (reply is null && ask.Again)
            {
                Keep(ask.Write!);
            }
        }

        _batch.Clear();
    }

    private void Keep(LedgerWrite write)
    {
        if (_later.Count >= _options.MostLater)
        {
            LedgerWrite lost = _later.Dequeue();
            LogLost(lost.Service, lost.Key);
        }

        _later.Enqueue(write);
    }

    private void Count(Ask ask, LedgerReply? reply)
    {
        if (reply is null)
        {
            Interlocked.Increment(ref _failed);
        }
        else if (ask.Write is LedgerWrite.Claim)
        {
            switch (reply.Outcome)
            {
                case LedgerOutcome.Applied:
                    Interlocked.Increment(ref _claimed);
                    break;
                case LedgerOutcome.Decided:
                    Interlocked.Increment(ref _replayed);
                    break;
                case LedgerOutcome.InDoubt:
                    Interlocked.Increment(ref _inDoubt);
                    break;
            }
        }
    }

    private async Task BackgroundAsync()
    {
        if (_flushing is { Work.IsCompleted: true })
        {
            await EndFlushAsync();
        }

        DateTimeOffset now = _time.GetUtcNow();
        bool due =
            now - _flushedAt >= _options.FlushEvery && (_rows.Unflushed > 0 || now - _sweptAt >= _options.SweepEvery);
        if (_flushing is null && (due || _rows.Unflushed >= _options.FlushRows || _wantFlush.Count > 0))
        {
            BeginFlush(now);
        }
    }

    private void BeginFlush(DateTimeOffset now)
    {
        IReadOnlyList<LogRecord> records = _rows.BeginFlush();
        long keepFrom = _log.Rotate();
        bool sweep = now - _sweptAt >= _options.SweepEvery;
        _sweptAt = sweep ? now : _sweptAt;
        _flushedAt = now;
        TaskCompletionSource<LedgerReply?>[] waiting = [.. _wantFlush];
        _wantFlush.Clear();
        Task work = Task.Run(() =>
        {
            if (records.Count > 0)
            {
                _table.Write(records);
            }

            if (sweep)
            {
                Sweep(now);
            }
        });
        _ = work.ContinueWith(_ => _asks.Writer.TryWrite(new Ask { Nudge = true }), TaskScheduler.Default);
        _flushing = new Flushing(records, keepFrom, waiting, work);
    }

    private async Task EndFlushAsync()
    {
        Flushing flushed = _flushing!;
        _flushing = null;
        try
        {
            await flushed.Work;
            Failpoint.Pass(Failpoint.LedgerFlushed);
            _rows.Flushed(flushed.Records);
            _log.DeleteBefore(flushed.KeepFrom);
        }
        catch (Exception e) when (e is StoreException or IOException)
        {
            _rows.NotFlushed(flushed.Records);
            Trouble(e.Message);
        }

        foreach (TaskCompletionSource<LedgerReply?> waiting in flushed.Waiting)
        {
            waiting.TrySetResult(null);
        }
    }

    private void Sweep(DateTimeOffset now)
    {
        const int AtOnce = 500;
        foreach (string service in _table.Services())
        {
            DateTimeOffset before = now - (_retainOf(service) ?? _options.RetainUndeclared);
            while (_table.DeleteOld(service, before, AtOnce) == AtOnce) { }
        }
    }

    private async Task CloseAsync()
    {
        if (_flushing is not null)
        {
            await Task.WhenAny(_flushing.Work);
            await EndFlushAsync();
        }

        BeginFlush(_time.GetUtcNow());
        await Task.WhenAny(_flushing!.Work);
        await EndFlushAsync();
        foreach (LedgerWrite lost in _later)
        {
            LogLost(lost.Service, lost.Key);
        }
    }

    // Once per outage, not once per batch.
    private void Trouble(string what)
    {
        if (!_down)
        {
            _down = true;
            LogDown(what);
        }
    }

    private void Recovered()
    {
        if (_down)
        {
            _down = false;
            LogUp();
        }
    }

    private sealed record Flushing(
        IReadOnlyList<LogRecord> Records,
        long KeepFrom,
        IReadOnlyList<TaskCompletionSource<LedgerReply?>> Waiting,
        Task Work
    );
}
