using Handover.Control.Evidence;
using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Core.Traffic;
using Handover.Ports;
using Microsoft.Extensions.Logging;

namespace Handover.Control.Labels;

/// <summary>
/// Judges answers once they are as old as the service's label window: those whose label came in time count with their
/// loss, the others as unlabelled. A release whose labels come faster gains nothing by it (statistics.md 1.7). Walks
/// the journal, so that nothing is kept in memory while labels are awaited, and a restart goes on where it was.
/// </summary>
public sealed class MaturedLabels : IAsyncDisposable
{
    private const int PageLength = 500;
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    private readonly EvidenceCollector _evidence;
    private readonly LabelStore _store;
    private readonly IJournalPort _journal;
    private readonly Func<string, Service?> _serviceOf;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stop = new();
    private Task _loop = Task.CompletedTask;

    /// <param name="evidence">Which rollouts wait for matured answers.</param>
    /// <param name="store">The labels.</param>
    /// <param name="journal">The answers.</param>
    /// <param name="serviceOf">The declaration of a service; null when there is none.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Where trouble is told.</param>
    public MaturedLabels(
        EvidenceCollector evidence,
        LabelStore store,
        IJournalPort journal,
        Func<string, Service?> serviceOf,
        TimeProvider time,
        ILogger<MaturedLabels> log
    ) => (_evidence, _store, _journal, _serviceOf, _time, _log) = (evidence, store, journal, serviceOf, time, log);

    /// <summary>Begins to walk.</summary>
    public void Start() => _loop = Task.Run(LoopAsync);

    /// <summary>Judges everything that is old enough now.</summary>
    public async Task StepAsync(CancellationToken cancel)
    {
        foreach ((string name, RolloutEvidence evidence) in _evidence.AwaitingLabels)
        {
            if (_serviceOf(name) is { } service)
            {
                await StepAsync(service, evidence, cancel);
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _stop.Dispose();
    }

    private async Task LoopAsync()
    {
        using var timer = new PeriodicTimer(Period, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                try
                {
                    await StepAsync(_stop.Token);
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    // The top of a loop: the same records are looked at again.
                    _log.LogError(e, "Matured labels were not judged; tried again.");
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The node is stopping.
        }
    }

    private async Task StepAsync(Service service, RolloutEvidence evidence, CancellationToken cancel)
    {
        TimeSpan window = evidence.LabelWindow!.Value;
        var query = new JournalQuery(service.Name) { Purpose = Purpose.Live };
        long cursor = evidence.Cursor ?? await _journal.HeadAsync(cancel);
        while (true)
        {
            DateTimeOffset now = _time.GetUtcNow();
            var page = await _journal.AfterAsync(query, cursor, PageLength, cancel);
            var matured = page.TakeWhile(r => r.Exchange.At + window <= now).ToList();
            if (matured.Count == 0)
            {
                evidence.Observe([], cursor, now);
                return;
            }

            ILookup<string, KeptLabel> labels = _store.Find(service.Name, matured.Select(r => r.Exchange.RequestId));
            var cohort = new List<MaturedAnswer>();
            foreach ((_, Exchange exchange) in matured.Where(r => Counts(r.Exchange, evidence)))
            {
                if (Judge(service, exchange, labels[exchange.RequestId], window) is { } answer)
                {
                    cohort.Add(answer);
                }
            }

            cursor = matured[^1].Number;
            evidence.Observe(cohort, cursor, now);
        }
    }

    private static bool Counts(Exchange exchange, RolloutEvidence evidence) =>
        LabelComparison.IsAnswer(exchange)
        && exchange.Reason is not (AssignReason.Override or AssignReason.Replayed)
        && evidence.Speaks(exchange.Release, exchange.At);

    private static MaturedAnswer? Judge(
        Service service,
        Exchange exchange,
        IEnumerable<KeptLabel> labels,
        TimeSpan window
    )
    {
        double? loss = null;
        foreach (KeptLabel label in labels.Where(l => l.Metric.Length == 0 && l.PushedAt <= exchange.At + window))
        {
            // A label that cannot be compared is a fault of the answer's form, not a gap in the labels.
            if (service.Labels is null || LabelComparison.Of(service, exchange, label) is not { } compared)
            {
                return null;
            }

            loss = compared.Loss;
        }

        string unit = exchange.Entity ?? exchange.RequestId;
        return new MaturedAnswer(exchange.Release, unit, exchange.CandidateShare, exchange.At, loss);
    }
}
