using System.Text;
using System.Threading.Channels;
using Handover.Control.Stores;
using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Core.Payloads;
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
    private const int LineLength = 4096;
    private const int BatchLength = 500;
    private const int ErrorsTold = 100;

    private readonly LabelStore _store;
    private readonly IJournalPort _journal;
    private readonly Func<string, Service?> _serviceOf;
    private readonly TimeProvider _time;
    private readonly LabelOptions _options;
    private readonly ILogger _log;
    private readonly Channel<IReadOnlyList<Exchange>> _recorded;
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

        var tally = new Tally();
        var batch = new List<(long Line, LabelLine Label)>(BatchLength);
        using var reader = new StreamReader(lines, new UTF8Encoding(false, false), false, 8192, leaveOpen: true);
        try
        {
            for (long number = 1; await ReadLineAsync(reader, cancel) is { } line; number++)
            {
                if (line.Length > 0 && tally.Parsed(number, line) is { } label)
                {
                    batch.Add((number, label));
                }

                if (batch.Count == BatchLength)
                {
                    await TakeAsync(declared, batch, tally, cancel);
                }
            }

            await TakeAsync(declared, batch, tally, cancel);
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
        while (_serviceOf(service) is { Labels: not null } declared)
        {
            IReadOnlyList<string> ids = _store.WaitingPage(service, after, BatchLength);
            if (ids.Count == 0)
            {
                return;
            }

            after = ids[^1];
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
        List<(long Line, LabelLine Label)> batch,
        Tally tally,
        CancellationToken cancel
    )
    {
        if (batch.Count == 0)
        {
            return;
        }

        // The label is on disk before the journal is asked: an answer that is recorded in between finds it there.
        List<LabelLine> labels = batch.ConvertAll(b => b.Label);
        IReadOnlyList<LabelFate> fates = _store.Add(service.Name, labels, _time.GetUtcNow(), _options.WaitingLabels);
        var taken = new List<string>();
        for (int i = 0; i < batch.Count; i++)
        {
            tally.Count(batch[i].Line, batch[i].Label, fates[i]);
            if (fates[i] == LabelFate.Taken)
            {
                taken.Add(batch[i].Label.RequestId);
            }
        }

        IReadOnlyList<Exchange> answers = await _journal.FindAsync(service.Name, taken, cancel);
        Join(service, answers);
        tally.Waiting += taken.Count - answers.Select(a => a.RequestId).Distinct(StringComparer.Ordinal).Count();
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
                    if (_serviceOf(group.Key) is { Labels: not null } service)
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
        var answers = exchanges.Where(IsAnswer).ToList();
        if (answers.Count == 0)
        {
            return;
        }

        IReadOnlyDictionary<string, string> truths = _store.Truths(service.Name, answers.Select(a => a.RequestId));
        var found = new List<LabelledExchange>();
        foreach (Exchange answer in answers)
        {
            if (truths.TryGetValue(answer.RequestId, out string? truth))
            {
                if (Compare(service, answer, truth) is { } labelled)
                {
                    found.Add(labelled);
                }
                else
                {
                    Interlocked.Increment(ref _unreadable);
                }
            }
        }

        foreach (LabelledExchange labelled in _store.Join(found))
        {
            Joined?.Invoke(labelled);
        }
    }

    private static bool IsAnswer(Exchange exchange) =>
        exchange is { Inference: true, Outcome: ExchangeOutcome.Ok, Response: not null }
        && exchange.Purpose is Purpose.Live or Purpose.Shadow;

    private static LabelledExchange? Compare(Service service, Exchange exchange, string truth)
    {
        Result<TypedAnswer> answer = AnswerReader.Read(service.Protocol, exchange.Response!.Value.Span);
        if (!answer.Ok || LabelLoss.Of(service.Labels!, answer.Value, truth) is not { } compared)
        {
            return null;
        }

        return new LabelledExchange(
            exchange.Service,
            exchange.RequestId,
            exchange.Entity,
            exchange.Release,
            exchange.Purpose,
            exchange.CandidateShare,
            exchange.At,
            compared.Output,
            compared.Truth,
            compared.Loss,
            compared.Wrong
        );
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

    /// <summary>
    /// A line without its end, cut at the bound (which makes it bad JSON); null at the end of the stream.
    /// </summary>
    private static async Task<string?> ReadLineAsync(StreamReader reader, CancellationToken cancel)
    {
        var line = new StringBuilder();
        char[] one = new char[1];
        while (await reader.ReadAsync(one.AsMemory(), cancel) == 1)
        {
            if (one[0] == '\n')
            {
                return line.ToString().Trim();
            }

            if (line.Length <= LineLength)
            {
                line.Append(one[0]);
            }
        }

        return line.Length > 0 ? line.ToString().Trim() : null;
    }

    /// <summary>Counts what becomes of lines.</summary>
    private sealed class Tally
    {
        private readonly List<LineError> _errors = [];
        private long _accepted;
        private long _rejected;
        private long _duplicate;
        private long _conflicting;

        public long Waiting { get; set; }

        public LabelReceipt Receipt =>
            new(_accepted, _rejected, _errors)
            {
                Waiting = Waiting,
                Duplicate = _duplicate,
                Conflicting = _conflicting,
            };

        public LabelLine? Parsed(long number, string line)
        {
            bool tooLong = line.Length > LineLength;
            Result<LabelLine> label = tooLong ? new Problem("bad-label", "is too long.") : LabelLine.Read(line);
            if (!label.Ok)
            {
                Reject(number, label.Problems[0].Message);
                return null;
            }

            return label.Value;
        }

        public void Count(long number, LabelLine label, LabelFate fate)
        {
            switch (fate)
            {
                case LabelFate.Taken:
                    _accepted++;
                    break;
                case LabelFate.Duplicate:
                    _duplicate++;
                    break;
                case LabelFate.Conflicting:
                    _conflicting++;
                    Reject(number, $"request {label.RequestId} has another truth already, which stays.");
                    break;
                default:
                    Reject(number, "too many labels wait for their answers; push it again later.");
                    break;
            }
        }

        private void Reject(long number, string detail)
        {
            _rejected++;
            if (_errors.Count < ErrorsTold)
            {
                _errors.Add(new LineError(number, detail));
            }
        }
    }
}
