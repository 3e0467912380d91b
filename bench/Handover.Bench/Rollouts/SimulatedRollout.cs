using Handover.Control.Evidence;
using Handover.Control.Labels;
using Handover.Control.Stores;
using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Core.Gates;
using Handover.Core.Rollouts;
using Handover.Core.Traffic;
using Handover.Ports;

namespace Handover.Bench.Rollouts;

/// <summary>
/// One rollout in virtual time. What decides is what ships: assignment, evidence, gates, Decider and Evolver. What is
/// left out is what has no say in a verdict: sockets, processes, moves between gateways.
/// </summary>
internal sealed class SimulatedRollout(Service service, RolloutPlan plan, RolloutStore store, int seed)
{
    private const double RequestsPerSecond = 300;
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Before = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LabelDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);
    private static readonly DateTimeOffset Begin = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly VirtualClock _clock = new(Begin);
    private readonly Draws _draws = new(seed);
    private readonly Queue<LabelledExchange> _labels = new();
    private EvidenceCollector _evidence = null!;
    private Routing _routing = Routing.Only(service.Name, service.Stable);
    private long _epoch = 1;
    private long _requests;
    private Share _mirrored = Share.None;

    /// <summary>Whose answers stable gives.</summary>
    public required RecordedTraffic Stable { get; init; }

    /// <summary>Whose answers the candidate gives; null when the candidate is stable under another name.</summary>
    public RecordedTraffic? Candidate { get; init; }

    /// <summary>Share of the candidate's answers that are errors.</summary>
    public double ErrorRate { get; init; }

    /// <summary>Runs to the end, or for ten virtual minutes.</summary>
    public (RolloutState State, TimeSpan Took) Run()
    {
        _evidence = new EvidenceCollector(store, _clock, () => CatalogSnapshot.Empty);
        while (_clock.Now < Begin + Before)
        {
            Serve();
        }

        DateTimeOffset started = _clock.Now;
        RolloutState state = Fold(
            null,
            new RolloutCommand.Begin($"{plan.Name}.{seed}", plan, service.Stable, service.Impact, [], "bench")
        );
        _evidence.Begin(state, service);
        while (state.Open && _clock.Now < started + Longest)
        {
            Serve();
            state = Fold(state, new RolloutCommand.Tick());
            state = Act(state);
        }

        return (state, _clock.Now - started);
    }

    /// <summary>Carries the wanted work out, as the engine does; what has no say here answers at once.</summary>
    private RolloutState Act(RolloutState state)
    {
        IReadOnlyList<RolloutEffect> effects = state.Open ? Effects.Of(state) : [];
        _mirrored = effects.OfType<RolloutEffect.Mirror>().FirstOrDefault()?.Share ?? Share.None;
        foreach (RolloutEffect effect in effects)
        {
            RolloutCommand? answer = effect switch
            {
                RolloutEffect.Verify => new RolloutCommand.Verified([]),
                RolloutEffect.AwaitStack => new RolloutCommand.StackReady([]),
                RolloutEffect.Warm => new RolloutCommand.Warmed([], "converged"),
                RolloutEffect.Move move => Moved(state, move.Target),
                RolloutEffect.Judge => _evidence.Judge(state, _clock.Now) is [{ Verdict: var verdict }]
                    ? new RolloutCommand.Judged(verdict)
                    : null,
                _ => null,
            };
            if (answer is not null)
            {
                // The state has changed, and with it what is wanted; the rest comes in the next step.
                return Fold(state, answer);
            }
        }

        return state;
    }

    private RolloutCommand.MoveCommitted Moved(RolloutState state, MoveTarget target)
    {
        _routing = target.RoutingFor(state);
        return new RolloutCommand.MoveCommitted(++_epoch, target, TimeSpan.FromMilliseconds(5));
    }

    private RolloutState Fold(RolloutState? state, RolloutCommand command)
    {
        Result<IReadOnlyList<RolloutEvent>> decided = Decider.Decide(state, command, _clock.Now);
        return decided.Value.Aggregate(state, Evolver.Evolve)!;
    }

    private void Serve()
    {
        _clock.Now += Step;
        long arrivals = _draws.Poisson(RequestsPerSecond * Step.TotalSeconds);
        for (long i = 0; i < arrivals; i++)
        {
            Answer();
        }

        while (_labels.TryPeek(out LabelledExchange? label) && label.At + LabelDelay <= _clock.Now)
        {
            _evidence.Record(_labels.Dequeue());
        }
    }

    private void Answer()
    {
        RecordedAnswer asked = Stable.Next();
        Assigned assigned = Assignment.Assign(_routing, asked.Entity);
        bool candidate = assigned.Release == plan.To;
        Exchange live = Exchanged($"r-{seed}-{++_requests}", assigned, asked, candidate, Purpose.Live);
        if (!candidate && Assignment.Bucket("mirror", live.RequestId) < _mirrored.Parts)
        {
            // The copy has no label of its own: the recording does not know what both releases said to one request.
            Exchanged(live.RequestId, assigned with { Release = plan.To }, asked, candidate: true, Purpose.Shadow);
        }
    }

    private Exchange Exchanged(string id, Assigned to, RecordedAnswer asked, bool candidate, Purpose purpose)
    {
        RecordedAnswer recorded = candidate && Candidate is not null ? Candidate.Next() : asked;
        bool failed = candidate && ErrorRate > 0 && _draws.Uniform() < ErrorRate;
        var exchange = new Exchange
        {
            RequestId = id,
            Service = service.Name,
            Release = to.Release,
            Epoch = _epoch,
            Reason = to.Reason,
            Purpose = purpose,
            Entity = asked.Entity,
            CandidateShare = to.CandidateShare,
            At = _clock.Now,
            Latency = TimeSpan.FromMilliseconds(recorded.LatencyMs),
            Status = failed ? 500 : 200,
            Outcome = failed ? ExchangeOutcome.ModelError : ExchangeOutcome.Ok,
            Inference = true,
            Method = "POST",
            Path = "/v2/models/price/infer",
        };
        _evidence.Record(exchange);
        if (!failed && purpose is Purpose.Live)
        {
            _labels.Enqueue(Labelled(exchange, recorded));
        }

        return exchange;
    }

    private LabelledExchange Labelled(Exchange exchange, RecordedAnswer recorded)
    {
        double loss = Math.Abs(recorded.Price - recorded.Truth);
        bool wrong = loss > service.Labels!.Tolerance.Value * recorded.Truth;
        return new LabelledExchange(
            exchange.Service,
            exchange.RequestId,
            exchange.Entity,
            exchange.Release,
            exchange.Purpose,
            exchange.CandidateShare,
            exchange.At,
            recorded.Price,
            recorded.Truth,
            loss,
            wrong
        );
    }

    private sealed class VirtualClock(DateTimeOffset now) : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = now;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
