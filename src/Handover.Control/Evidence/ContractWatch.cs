using System.Text;
using System.Threading.Channels;
using Handover.Control.Journal;
using Handover.Core.Catalog;
using Handover.Core.Contracts;
using Handover.Core.Contracts.Adapters;
using Handover.Core.Foundation;
using Handover.Core.Traffic;
using Handover.Ports;
using Microsoft.Extensions.Logging;

namespace Handover.Control.Evidence;

/// <summary>
/// Checks a sample of the answers of both releases of an open rollout, live and shadow, against what the release
/// declares and what every consumer accepts. Requests only put a reference into a bounded queue; one loop checks. What
/// is over the bound is not checked, and counted.
/// </summary>
public sealed class ContractWatch : IExchangePort, IAsyncDisposable
{
    private const int QueueLength = 1024;
    private const int LargestShown = 16 << 10;
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(50);

    // Stable is checked to know whether a broken contract is news; a few of its answers say that.
    private const int CandidatePerSecond = 200;
    private const int StablePerSecond = 20;

    private readonly EvidenceCollector _evidence;
    private readonly Func<CatalogSnapshot> _catalog;
    private readonly ILogger _log;
    private readonly Channel<Exchange> _queue = Channel.CreateBounded<Exchange>(QueueLength);
    private readonly Dictionary<(string Service, string Release), Compiled> _compiled = [];
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Service, bool Candidate), (long Second, int Taken)> _taken = [];
    private readonly Task _loop;
    private long _notChecked;
    private long _inWork;

    /// <param name="evidence">Who is told, and which rollouts are open.</param>
    /// <param name="catalog">Releases and consumers as they are declared now.</param>
    /// <param name="log">Where trouble is told.</param>
    public ContractWatch(EvidenceCollector evidence, Func<CatalogSnapshot> catalog, ILogger<ContractWatch> log)
    {
        (_evidence, _catalog, _log) = (evidence, catalog, log);
        _loop = Task.Run(RunAsync);
    }

    /// <summary>Answers within the sample that were not checked because the watch was behind.</summary>
    public long NotChecked => Interlocked.Read(ref _notChecked);

    /// <summary>Whether everything that was taken has been checked.</summary>
    public bool Idle => Interlocked.Read(ref _inWork) == 0;

    /// <inheritdoc/>
    public void Record(Exchange exchange)
    {
        bool answer =
            exchange is { Inference: true, Outcome: ExchangeOutcome.Ok }
            && exchange.Purpose is Purpose.Live or Purpose.Shadow
            && exchange.Reason is not (AssignReason.Override or AssignReason.Replayed);
        if (!answer || _evidence.IsCandidate(exchange.Service, exchange.Release) is not { } candidate)
        {
            return;
        }

        if (!Sampled(exchange, candidate))
        {
            return;
        }

        Interlocked.Increment(ref _inWork);
        if (!_queue.Writer.TryWrite(exchange))
        {
            Interlocked.Decrement(ref _inWork);
            Interlocked.Increment(ref _notChecked);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _loop;
    }

    private bool Sampled(Exchange exchange, bool candidate)
    {
        int most = candidate ? CandidatePerSecond : StablePerSecond;
        long second = exchange.At.ToUnixTimeSeconds();
        lock (_gate)
        {
            (long current, int taken) = _taken.GetValueOrDefault((exchange.Service, candidate));
            taken = current == second ? taken : 0;
            _taken[(exchange.Service, candidate)] = (second, taken + 1);
            return taken < most;
        }
    }

    private async Task RunAsync()
    {
        while (await _queue.Reader.WaitToReadAsync())
        {
            // A few at a time: to wake a thread costs more than to check an answer.
            await Task.WhenAny(Task.Delay(Gather), _queue.Reader.Completion);
            while (_queue.Reader.TryRead(out Exchange? exchange))
            {
                TryCheck(exchange);
            }
        }
    }

    private void TryCheck(Exchange exchange)
    {
        try
        {
            Check(exchange);
        }
        catch (Exception e)
        {
            // The top of a loop: one strange answer must not end the watch.
            Interlocked.Increment(ref _notChecked);
            _log.LogError(e, "An answer of {Release} was not checked.", exchange.Release);
        }

        Interlocked.Decrement(ref _inWork);
    }

    private void Check(Exchange exchange)
    {
        CatalogSnapshot catalog = _catalog();
        if (
            !catalog.Services.TryGetValue(exchange.Service, out Service? service)
            || Contracts(catalog, service, exchange.Release) is not { Count: > 0 } contracts
        )
        {
            return;
        }

        if (exchange.Response is not { } body)
        {
            _evidence.NotCheckable(exchange);
            return;
        }

        BrokenContract? broken = null;
        foreach (AnswerContract contract in contracts)
        {
            if (contract.First(body.Span, exchange.Request.GetValueOrDefault().Span, exchange.Status) is { } violation)
            {
                broken = Shown(service, exchange, contract, violation, body);
                break;
            }
        }

        _evidence.Checked(exchange, broken);
    }

    private List<AnswerContract> Contracts(CatalogSnapshot catalog, Service service, string name)
    {
        if (_compiled.TryGetValue((service.Name, name), out Compiled? known) && ReferenceEquals(known.From, catalog))
        {
            return known.Contracts;
        }

        var contracts = new List<AnswerContract>();
        if (
            catalog.Releases.GetValueOrDefault((service.Name, name)) is { } release
            && AdaptedOutput.Of(release) is { } declared
        )
        {
            Add(AnswerContract.Compile($"release {name}", declared, service.Protocol));
        }

        foreach (Consumer consumer in catalog.ConsumersOf(service.Name))
        {
            Add(AnswerContract.Compile($"consumer {consumer.Name}", consumer.Accepts, service.Protocol));
        }

        _compiled[(service.Name, name)] = new Compiled(catalog, contracts);
        return contracts;

        void Add(Result<AnswerContract> contract)
        {
            if (contract.Ok)
            {
                contracts.Add(contract.Value);
            }
            else
            {
                _log.LogError("A contract cannot be checked while serving: {Problem}", contract.Problems[0]);
            }
        }
    }

    /// <summary>What may be told of a violation: where the service redacts, no value in words or document.</summary>
    private static BrokenContract Shown(
        Service service,
        Exchange exchange,
        AnswerContract contract,
        ContractViolation violation,
        ReadOnlyMemory<byte> body
    )
    {
        JournalPolicy policy = service.Journal;
        ReadOnlyMemory<byte>? redacted = Redaction.Apply(body, policy.Redact);
        bool plain =
            policy.Redact.Count == 0
            || (
                redacted is { } r
                && contract.First(r.Span, exchange.Request.GetValueOrDefault().Span)?.Detail == violation.Detail
            );
        string where = violation.Path.Length == 0 ? "the answer" : violation.Path;
        string detail = plain ? violation.Detail : $"{where} breaks the rule {violation.Rule} (values are redacted)";
        bool shown = policy.Payloads && redacted is { Length: <= LargestShown };
        return new BrokenContract(
            exchange.RequestId,
            exchange.Release,
            exchange.Purpose,
            exchange.At,
            contract.Reader,
            $"{contract.Reader}: {detail}",
            shown ? Encoding.UTF8.GetString(redacted!.Value.Span) : null
        );
    }

    private sealed record Compiled(CatalogSnapshot From, List<AnswerContract> Contracts);
}
