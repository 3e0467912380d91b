using System.Runtime.CompilerServices;
using Handover.Control.Journal;
using Handover.Control.Ledger;
using Handover.Control.Warming;
using Handover.Core.Catalog;
using Handover.Core.Divergence;
using Handover.Core.Foundation;
using Handover.Core.Ledger;
using Handover.Core.Payloads;
using Handover.Core.Traffic;
using Handover.Ports;

namespace Handover.Control.Reconcile;

/// <summary>
/// After a rollback, what to make good: every decision that the release made for real, from the journal and the ledger,
/// beside what stable answers to the same request. Stable is asked again under purpose <c>reconcile</c>, which members
/// see and which touches neither journal evidence nor ledger. One page at a time, at a bounded rate: the list may be
/// long and stable has callers to serve.
/// </summary>
/// <param name="journal">Who answered what.</param>
/// <param name="ledger">What was decided under which key.</param>
/// <param name="stable">Asks a release.</param>
/// <param name="time">Clock of the rate.</param>
public sealed class Reconciliation(JournalWriter journal, LedgerStore ledger, IWarmTarget stable, TimeProvider time)
{
    private const int PageLength = 100;
    private const int Concurrency = 4;

    /// <summary>
    /// The decisions, those of the journal in order of recording, then those that only the ledger knows.
    /// </summary>
    public async IAsyncEnumerable<ReconciledDecision> RunAsync(
        ReconcileScope scope,
        [EnumeratorCancellation] CancellationToken cancel
    )
    {
        await journal.FlushAsync(cancel);
        await ledger.FlushAsync(cancel);
        var page = new List<Exchange>(PageLength);
        var query = new JournalQuery(scope.Service.Name)
        {
            Release = scope.Release,
            Purpose = Purpose.Live,
            Since = scope.Since,
        };
        await foreach (Exchange exchange in journal.QueryAsync(query, cancel))
        {
            if (IsDecision(exchange) && !(exchange.At > scope.Until))
            {
                page.Add(exchange);
            }

            if (page.Count == PageLength)
            {
                foreach (ReconciledDecision row in await CompareAsync(scope, page, cancel))
                {
                    yield return row;
                }

                page.Clear();
            }
        }

        foreach (ReconciledDecision row in await CompareAsync(scope, page, cancel))
        {
            yield return row;
        }

        await foreach (ReconciledDecision row in LedgerOnlyAsync(scope, cancel))
        {
            yield return row;
        }
    }

    // What the ledger replayed was decided by the request that it replays; what was refused reached no release.
    private static bool IsDecision(Exchange exchange) =>
        exchange is { Inference: true, Reason: not AssignReason.Replayed, Outcome: not ExchangeOutcome.Refused };

    private async Task<IReadOnlyList<ReconciledDecision>> CompareAsync(
        ReconcileScope scope,
        IReadOnlyList<Exchange> page,
        CancellationToken cancel
    )
    {
        if (page.Count == 0)
        {
            return [];
        }

        string[] ids = [.. page.Select(e => e.RequestId)];
        Dictionary<string, Decision> keyed = (
            await ledger.OfRequestsAsync(scope.Service.Name, ids, cancel)
        ).ToDictionary(d => d.RequestId, StringComparer.Ordinal);
        var rows = new ReconciledDecision[page.Count];
        TimeSpan gap = TimeSpan.FromSeconds(1 / scope.Rate);
        var running = new Queue<Task>(Concurrency);
        for (int i = 0; i < page.Count; i++)
        {
            int at = i;
            Exchange exchange = page[at];
            running.Enqueue(FillAsync());
            if (running.Count == Concurrency)
            {
                await running.Dequeue();
            }

            if (Why(scope, exchange) is null)
            {
                await Task.Delay(gap, time, cancel);
            }

            async Task FillAsync() =>
                rows[at] = await OneAsync(scope, exchange, keyed.GetValueOrDefault(exchange.RequestId), cancel);
        }

        await Task.WhenAll(running);
        return rows;
    }

    private async Task<ReconciledDecision> OneAsync(
        ReconcileScope scope,
        Exchange exchange,
        Decision? row,
        CancellationToken cancel
    )
    {
        var decision = new ReconciledDecision(exchange.RequestId, exchange.At)
        {
            Key = row?.Key,
            Entity = exchange.Entity,
            Exchange = exchange,
            Ledger = row is null ? null : Shown(scope.Service.Journal, row),
        };
        if (Why(scope, exchange) is { } why)
        {
            return decision with { Why = why };
        }

        WarmAnswer answer = await stable.AskAsync(scope.Service, scope.Stable, exchange, cancel);
        WireProtocol protocol = scope.Service.Protocol;
        Result<TypedAnswer> said = answer.Ok
            ? AnswerReader.Read(protocol, answer.Body)
            : new Problem("stable-failed", answer.Trouble ?? "no answer");
        Difference difference = AnswerComparison.Compare(
            said,
            AnswerReader.Read(protocol, exchange.Response!.Value.Span),
            scope.Rules
        );
        return decision with { StableAnswer = answer.Ok ? answer.Body : null, Difference = difference };
    }

    private static string? Why(ReconcileScope scope, Exchange exchange) =>
        exchange switch
        {
            { Outcome: not ExchangeOutcome.Ok } => "the release gave no good answer; it may have decided all the same",
            { Request: null } => "the request's body was not kept",
            { Response: null } => "the answer's body was not kept",
            _ when scope.Service.Journal.Redact.Count > 0 => "the request was redacted when it was recorded",
            _ => null,
        };

    // The ledger keeps answers whole, because it repeats them. What people are shown follows the journal's policy.
    private static Decision Shown(JournalPolicy policy, Decision row)
    {
        if (row.Answer is not { } answer)
        {
            return row;
        }

        ReadOnlyMemory<byte>? body = policy.Payloads ? Redaction.Apply(answer.Body, policy.Redact) : null;
        return row with { Answer = answer with { Body = body } };
    }

    private async IAsyncEnumerable<ReconciledDecision> LedgerOnlyAsync(
        ReconcileScope scope,
        [EnumeratorCancellation] CancellationToken cancel
    )
    {
        var query = new DecisionQuery(scope.Service.Name) { Release = scope.Release, Since = scope.Since };
        long after = 0;
        while (true)
        {
            IReadOnlyList<(long Id, Decision Row)> page = await ledger.PageAsync(query, after, PageLength, cancel);
            string[] ids = [.. page.Select(r => r.Row.RequestId)];
            HashSet<string> known =
            [
                .. (await journal.FindAsync(scope.Service.Name, ids, cancel))
                    .Where(IsDecision)
                    .Select(e => e.RequestId),
            ];
            foreach ((long id, Decision row) in page)
            {
                after = id;
                if (!known.Contains(row.RequestId) && !(row.At > scope.Until))
                {
                    yield return new ReconciledDecision(row.RequestId, row.At)
                    {
                        Key = row.Key,
                        Entity = row.Entity,
                        Ledger = Shown(scope.Service.Journal, row),
                        Why = "the journal does not have the request",
                    };
                }
            }

            if (page.Count < PageLength)
            {
                yield break;
            }
        }
    }
}

/// <summary>What is reconciled.</summary>
/// <param name="Service">The service.</param>
/// <param name="Release">The release whose decisions are looked at.</param>
/// <param name="Stable">The release that is asked again.</param>
/// <param name="Since">From when on.</param>
/// <param name="Until">Until when; null: until now.</param>
/// <param name="Rate">Most requests to stable per second.</param>
public sealed record ReconcileScope(
    Service Service,
    string Release,
    string Stable,
    DateTimeOffset Since,
    DateTimeOffset? Until,
    double Rate
)
{
    /// <summary>What counts as the same answer; null for <see cref="Tolerances.Default"/>.</summary>
    public Tolerances? Rules { get; init; }
}
