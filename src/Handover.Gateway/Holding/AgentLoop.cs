using System.Threading.Channels;
using Handover.Core.Moves;
using Handover.Gateway.Routing;
using Handover.Ports;
using Microsoft.Extensions.Logging;

namespace Handover.Gateway.Holding;

/// <summary>
/// Runs <see cref="GatewayAgent"/> for every service of this gateway on one thread of control: inputs go through one
/// channel, effects are carried out in the order in which they were given. Calls to the store run beside the loop and
/// come back as inputs, so that a store that is away never stops a hold of another service.
/// </summary>
internal sealed partial class AgentLoop : IAsyncDisposable
{
    private readonly Channel<Item> _inputs = Channel.CreateBounded<Item>(
        new BoundedChannelOptions(100_000) { SingleReader = true, FullMode = BoundedChannelFullMode.DropWrite }
    );

    private readonly Dictionary<string, Agent> _agents = [];
    private readonly AgentLoopOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    /// <summary>Makes the loop; it runs from <see cref="Start"/> on.</summary>
    public AgentLoop(AgentLoopOptions options, TimeProvider time, ILogger log)
    {
        _options = options;
        _time = time;
        _log = log;
    }

    /// <summary>A promise was given: the slice of the attempt is held.</summary>
    public event Action<GatewayReply>? Replied;

    /// <summary>Starts the thread of control.</summary>
    public void Start() => _running = Task.Run(RunAsync);

    /// <summary>Takes a service on, once: reads its file and joins.</summary>
    public void Add(ServiceUnit unit)
    {
        string service = unit.Snapshot.Service.Name;
        _inputs.Writer.TryWrite(new Item(service, null, unit));
    }

    /// <summary>
    /// Hands a message over. When the loop is so far behind that its channel is full, the message is lost, which the
    /// protocol allows for every message.
    /// </summary>
    public void Deliver(MoveMessage message) => Post(message.Service, new GatewayInput.MessageReceived(message));

    /// <summary>
    /// Leaves every service in the store, after the last request has ended. A file goes before the store is told: once
    /// nobody waits for this gateway, what the file says may be out of date at any time. When the store cannot even be
    /// read the gateway stays a member and keeps the file, by which its next incarnation may serve.
    /// </summary>
    public async Task LeaveAsync(CancellationToken cancel)
    {
        await _stop.CancelAsync();
        await _running;
        foreach ((string service, Agent agent) in _agents)
        {
            using var bound = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            bound.CancelAfter(_options.StoreTimeout);
            try
            {
                _ = await _options.Store.ReadAsync(service, bound.Token);
                agent.File.Delete();
                await _options.Store.LeaveAsync(service, _options.Member, bound.Token);
            }
            catch (Exception e)
            {
                // Whatever a store throws: staying a member is safe.
                LogNotLeft(e, service);
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        foreach (Agent agent in _agents.Values)
        {
            await agent.Timer.DisposeAsync();
        }

        _stop.Dispose();
    }

    private void Post(string service, GatewayInput input) => _inputs.Writer.TryWrite(new Item(service, input, null));

    private async Task RunAsync()
    {
        try
        {
            await foreach (Item item in _inputs.Reader.ReadAllAsync(_stop.Token))
            {
                try
                {
                    Take(item);
                }
                catch (Exception e)
                {
                    // An agent that broke an invariant keeps its last state: what is held stays held, the store
                    // decides.
                    LogFailed(e, item.Service);
                }
            }
        }
        catch (OperationCanceledException)
        {
            LogStopped();
        }
    }

    private void Take(Item item)
    {
        if (item.Unit is not null)
        {
            Enlist(item.Service, item.Unit);
        }
        else if (_agents.TryGetValue(item.Service, out Agent? agent))
        {
            Step(agent, item.Input!);
        }
    }

    private void Enlist(string service, ServiceUnit unit)
    {
        var file = new GoodFile(_options.Directory, service);
        ITimer timer = _time.CreateTimer(
            _ => Post(service, new GatewayInput.Tick()),
            null,
            Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan
        );
        var state = new GatewayAgentState(service, _options.Member.Gateway, _options.Member.Incarnation);
        var agent = new Agent(unit, file, timer) { State = state };
        _agents.Add(service, agent);
        Step(agent, new GatewayInput.Booted(file.Read()));
    }

    private void Step(Agent agent, GatewayInput input)
    {
        DateTimeOffset now = _time.GetUtcNow();
        if (input is GatewayInput.Tick)
        {
            agent.WakeAt = null;
        }

        (agent.State, IReadOnlyList<GatewayEffect> effects) = GatewayAgent.Step(agent.State, input, now);
        foreach (GatewayEffect effect in effects)
        {
            Carry(agent, effect, now);
        }
    }

    private void Carry(Agent agent, GatewayEffect effect, DateTimeOffset now)
    {
        string service = agent.State.Service;
        switch (effect)
        {
            case GatewayEffect.HoldSlice hold:
                agent.Unit.Route(hold.Epoch, hold.Slice.From, hold.Slice);
                agent.Unit.InFlight.WatchSlice(
                    hold.Slice,
                    hold.Drain,
                    () => Post(service, new GatewayInput.SliceDrained(hold.Attempt))
                );
                Failpoint.Pass(Failpoint.GatewayHolding);
                break;
            case GatewayEffect.Publish publish:
                agent.Unit.Route(publish.Epoch, publish.Routing, hold: null);
                Failpoint.Pass(Failpoint.GatewayServing);
                Persist(agent);
                Failpoint.Pass(Failpoint.GatewayServed);
                break;
            case GatewayEffect.PersistHeld persist:
                if (Persist(agent))
                {
                    Failpoint.Pass(Failpoint.GatewayPromised);
                    Post(service, new GatewayInput.HeldPersisted(persist.Attempt));
                }

                break;
            case GatewayEffect.SendHeld held:
                EpochMember member = _options.Member;
                Replied?.Invoke(new GatewayReply.Held(service, held.Attempt, member.Gateway, member.Incarnation));
                Failpoint.Pass(Failpoint.GatewaySaid);
                break;
            case GatewayEffect.Resolve resolve:
                _ = ResolveAsync(service, resolve.Attempt);
                break;
            case GatewayEffect.Join:
                _ = JoinAsync(service);
                break;
            case GatewayEffect.WakeAt wake:
                Wake(agent, wake.Time, now);
                break;
        }
    }

    private bool Persist(Agent agent)
    {
        try
        {
            agent.File.Write(agent.State.LastKnownGood!);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogNotPersisted(e, agent.State.Service);
            return false;
        }
    }

    // One timer per service, set to the earliest wish; ticks are never harmful, so a later wish may come early.
    private static void Wake(Agent agent, DateTimeOffset at, DateTimeOffset now)
    {
        if (agent.WakeAt is { } armed && armed <= at && armed > now)
        {
            return;
        }

        agent.WakeAt = at;
        agent.Timer.Change(at > now ? at - now : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }

    private async Task JoinAsync(string service) =>
        Post(
            service,
            new GatewayInput.Joined(
                await AskAsync(service, cancel => _options.Store.JoinAsync(service, _options.Member, cancel))
            )
        );

    private async Task ResolveAsync(string service, long attempt) =>
        Post(
            service,
            new GatewayInput.Resolved(
                attempt,
                await AskAsync(
                    service,
                    cancel => _options.Store.ResolveAsync(service, attempt, _options.Member.Gateway, cancel)
                )
            )
        );

    private async Task<EpochReply?> AskAsync(string service, Func<CancellationToken, Task<EpochReply>> ask)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        bound.CancelAfter(_options.StoreTimeout);
        try
        {
            return await ask(bound.Token);
        }
        catch (Exception e)
        {
            // Whatever a store throws, the outcome is unknown and the agent asks again.
            LogStoreAway(e, service);
            return null;
        }
    }

    private sealed record Item(string Service, GatewayInput? Input, ServiceUnit? Unit);

    private sealed record Agent(ServiceUnit Unit, GoodFile File, ITimer Timer)
    {
        public required GatewayAgentState State { get; set; }

        public DateTimeOffset? WakeAt { get; set; }
    }
}
