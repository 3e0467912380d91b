using System.Collections.Concurrent;
using System.Threading.Channels;
using Handover.Control.Stores;
using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Core.Traffic;
using Handover.Ports;
using Handover.Protocol;
using Microsoft.Extensions.Logging;

namespace Handover.Control.Labels;

/// <summary>
/// Brings late truth together with the answers of the release that gave them. Either may come first: a label waits for
/// its answer, and every newly recorded answer is looked up among the labels. Each answer is told of once.
/// </summary>
public sealed class LabelJoiner : IAsyncDisposable
{
    private const int BatchLength = 500;

    private readonly LabelStore _store;
    private readonly IJournalPort _journal;
    private readonly Func<string, Service?> _serviceOf;
    private readonly TimeProvider _time;
    private readonly LabelOptions _options;
    private readonly ILogger _log;
    private readonly Channel<IReadOnlyList<Exchange>> _recorded;
    private readonly ConcurrentDictionary<string, bool> _named = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, DateTimeOffset> _newest = new(StringComparer.Ordinal);
    private readonly Task _loop;
    private long _missed;
    private long _unreadable;
    private long _inWork;
    private DateTimeOffset _sweptAt;

    /// <param name="store">Where labels are kept.</param>
    /// <param name="journal">Where answers are found.</param>
    /// <param name="serviceOf">The declaration of a service; null when there is none.</param>
    /// <param name="time">The clock.</param>
    /// <param name="options">Bounds.</param>
    /// <param name="log">Where trouble is told.</param>
    public LabelJoiner(
        LabelStore store,
        IJournalPort journal,
        Func<string, Service?> serviceOf,
        TimeProvider time,
        LabelOptions options,
        ILogger<LabelJoiner> log
    )
    {
        (_store, _journal, _serviceOf, _time, _options, _log) = (store, journal, serviceOf, time, options, log);
        _sweptAt = time.GetUtcNow();
        _recorded = Channel.CreateBounded<IReadOnlyList<Exchange>>(options.QueueLength);
        _loop = Task.Run(RunAsync);
    }

    /// <summary>Raised for each answer that was joined with its label. Handlers must not block.</summary>
    public event Action<LabelledExchange>? Joined;

    /// <summary>Batches of recorded answers that were not looked up, because the joiner was behind.</summary>
    public long Missed => Interlocked.Read(ref _missed);

    /// <summary>Answers with a label in which the labelled output could not be read.</summary>
    public long Unreadable => Interlocked.Read(ref _unreadable);

    /// <summary>Takes a batch that was just recorded; for the journal's event. Never blocks.</summary>
    public void Recorded(IReadOnlyList<Exchange> batch)
    {
        Interlocked.Increment(ref _inWork);
        if (!_recorded.Writer.TryWrite(batch))
        {
            Interlocked.Decrement(ref _inWork);
            Interlocked.Increment(ref _missed);
        }
    }

    /// <summary>Whether every recorded batch that was taken has been looked up.</summary>
    public bool Idle => Interlocked.Read(ref _inWork) == 0;

    /// <summary>Takes NDJSON lines <c>{"requestId","truth","at"}</c>. A wrong line does not stop the others.</summary>
    public async Task<Result<LabelReceipt>> PushAsync(string service, Stream lines, CancellationToken cancel)
    {
        if (_serviceOf(service) is not { } declared)
        {
            return new Problem("not-found", $"there is no service '{service}'.");
        }

        if (declared.Labels is null)
        {
            string fix = "Declare spec.labels of the service, then push again.";
            string message = $"service {service} does not say what a label is compared with.";
            return new Problem("no-labels", message) { Fix = fix };
        }

        return await PushAsync(
            declared,
            lines,
            text =>
            {
                Result<LabelLine> line = LabelLine.Read(text);
                return line.Ok ? new PushedLabel(line.Value, null) : Result<PushedLabel>.Failed(line.Problems);
            },
            cancel
        );
    }

    /// <summary>Takes lines as <paramref name="read"/> understands them.</summary>
    internal async Task<Result<LabelReceipt>> PushAsync(
        Service service,
        Stream lines,
        Func<string, Result<PushedLabel>> read,
        CancellationToken cancel
    )
    {
        var tally = new LabelTally();
        var batch = new List<(long Line, PushedLabel Pushed)>(BatchLength);
        try
        {
            await foreach ((long number, string text, bool tooLong) in NdjsonLines.ReadAsync(lines, cancel))
            {
                if (tally.Parsed(number, tooLong, () => read(text)) is { } pushed)
                {
                    batch.Add((number, pushed));
                }

                if (batch.Count == BatchLength)
                {
                    await TakeAsync(service, batch, tally, cancel);
                }
            }

            await TakeAsync(service, batch, tally, cancel);
            _store.Count(service.Name, new LabelCounts { Malformed = tally.Malformed });
        }
        catch (StoreException e)
        {
            return e.Problem;
        }

        return tally.Receipt;
    }

    /// <summary>Joins labels whose answers were recorded while nobody looked, as after a restart.</summary>
    public async Task CatchUpAsync(string service, CancellationToken cancel)
    {
        string after = "";
        while (_serviceOf(service) is { } declared)
        {
            IReadOnlyList<string> ids = _store.WaitingPage(service, after, BatchLength);
            if (ids.Count == 0)
            {
                return;
            }

            after = ids[^1];
            _named[service] = true;
            Join(declared, await _journal.FindAsync(service, ids, cancel));
        }
    }

    /// <summary>Looks up what was taken, then ends.</summary>
    public async ValueTask DisposeAsync()
    {
        _recorded.Writer.TryComplete();
        await _loop;
    }

    private async Task TakeAsync(
        Service service,
        List<(long Line, PushedLabel Pushed)> batch,
        LabelTally tally,
        CancellationToken cancel
    )
    {
        if (batch.Count == 0)
        {
            return;
        }

        // The label is on disk before the journal is asked: an answer that is recorded in between finds it there.
        List<LabelLine> labels = batch.ConvertAll(b => b.Pushed.Label);
        if (labels.Exists(l => l.Metric.Length > 0))
        {
            _named[service.Name] = true;
        }

        IReadOnlyList<LabelFate> fates = _store.Add(service.Name, labels, _time.GetUtcNow(), _options.WaitingLabels);
        var taken = new List<string>();
        var known = new List<LabelledExchange>();
        for (int i = 0; i < batch.Count; i++)
        {
            tally.Count(batch[i].Line, labels[i], fates[i]);
            if (fates[i] == LabelFate.Taken && batch[i].Pushed.Known is { } exchange)
            {
                known.Add(exchange);
            }
            else if (fates[i] == LabelFate.Taken)
            {
                taken.Add(labels[i].RequestId);
            }
        }

        Tell(service.Name, known);
        IReadOnlyList<Exchange> answers = await _journal.FindAsync(service.Name, taken, cancel);
        Join(service, answers);
        var found = answers.Select(a => a.RequestId).ToHashSet(StringComparer.Ordinal);
        tally.Waiting += taken.Count(id => !found.Contains(id));
        batch.Clear();
    }

    private async Task RunAsync()
    {
        await foreach (IReadOnlyList<Exchange> batch in _recorded.Reader.ReadAllAsync())
        {
            try
            {
                foreach (IGrouping<string, Exchange> group in batch.GroupBy(e => e.Service, StringComparer.Ordinal))
                {
                    if (_serviceOf(group.Key) is not { } service)
                    {
                        continue;
                    }

                    if (service.Labels is not null)
                    {
                        _store.Answered([.. group.Where(LabelComparison.IsAnswer)]);
                    }

                    if (service.Labels is not null || _named.ContainsKey(service.Name))
                    {
                        Join(service, [.. group]);
                    }
                }

                Sweep();
            }
            catch (Exception e)
            {
                Interlocked.Increment(ref _missed);
                _log.LogError(e, "Labels of {Count} recorded exchanges were not looked up.", batch.Count);
            }

            Interlocked.Decrement(ref _inWork);
        }
    }

    private void Join(Service service, IReadOnlyList<Exchange> exchanges)
    {
        var answers = exchanges.Where(e => LabelComparison.IsAnswer(e) || LabelComparison.IsServed(e)).ToList();
        if (answers.Count == 0)
        {
            return;
        }

        ILookup<string, KeptLabel> labels = _store.Find(service.Name, answers.Select(a => a.RequestId));
        var found = new List<LabelledExchange>();
        long unreadable = 0;
        foreach (Exchange answer in answers)
        {
            foreach (KeptLabel label in labels[answer.RequestId])
            {
                if (!LabelComparison.Fits(service, answer, label))
                {
                    continue;
                }

                if (LabelComparison.Of(service, answer, label) is { } labelled)
                {
                    found.Add(labelled);
                }
                else
                {
                    unreadable++;
                }
            }
        }

        Interlocked.Add(ref _unreadable, unreadable);
        Tell(service.Name, found, unreadable);
    }

    private void Tell(string service, List<LabelledExchange> found, long unreadable = 0)
    {
        IReadOnlyList<LabelledExchange> joined = _store.Join(found);
        long late = 0;
        long outOfOrder = 0;
        foreach (LabelledExchange labelled in joined)
        {
            bool live = labelled.Purpose is Purpose.Live;
            late += live && labelled.Late ? 1 : 0;
            outOfOrder += live && OutOfOrder(labelled) ? 1 : 0;
            Joined?.Invoke(labelled);
        }

        if (late + outOfOrder + unreadable > 0)
        {
            _store.Count(
                service,
                new LabelCounts
                {
                    Late = late,
                    OutOfOrder = outOfOrder,
                    Unreadable = unreadable,
                }
            );
        }
    }

    private bool OutOfOrder(LabelledExchange labelled)
    {
        string stream = $"{labelled.Service} {labelled.Metric}";
        DateTimeOffset newest = _newest.GetOrAdd(stream, labelled.At);
        if (labelled.At < newest)
        {
            return true;
        }

        _newest[stream] = labelled.At;
        return false;
    }

    private void Sweep()
    {
        DateTimeOffset now = _time.GetUtcNow();
        if (now - _sweptAt >= _options.SweepEvery)
        {
            bool more = _store.Forget(now - _options.Retain, BatchLength) == BatchLength;
            _sweptAt = more ? _sweptAt : now;
        }
    }
}

/// <summary>One label as it was pushed.</summary>
/// <param name="Label">The label.</param>
/// <param name="Known">What it says, when that is known without asking the journal.</param>
internal sealed record PushedLabel(LabelLine Label, LabelledExchange? Known);
