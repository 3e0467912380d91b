using Handover.Control.Engine;
using Handover.Control.Stores;
using Handover.Core.Foundation;
using Handover.Core.Moves;
using Handover.Core.Traffic;
using Handover.Ports;
using Xunit;

namespace Handover.Tests.Moves;

/// <summary>Whole moves over the SQLite store, with gateways that run the shipped agent.</summary>
public sealed class MoveCoordinatorTests : IDisposable
{
    private const string Service = "price";
    private static readonly MoveSettings Quick = new() { BackOff = TimeSpan.FromMilliseconds(10), Actor = "ann" };
    private readonly string _directory = Directory.CreateTempSubdirectory("handover-moves-").FullName;
    private readonly SqliteDatabase _database;
    private readonly SqliteEpochStore _store;
    private readonly GatewayRegistry _gateways = new();
    private readonly MoveCoordinator _moves;

    public MoveCoordinatorTests()
    {
        _database = SqliteDatabase.Open(Path.Combine(_directory, "state.db"));
        _store = SqliteEpochStore.Open(_database, TimeProvider.System);
        _moves = new MoveCoordinator(_store, _gateways, TimeProvider.System, TimeSpan.FromSeconds(5));
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _database.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task A_move_reaches_every_gateway_and_is_recorded()
    {
        GatewayFake one = await JoinAsync("gw-1");
        GatewayFake two = await JoinAsync("gw-2");
        MoveCommitted moved = (await MoveToAsync("v2")).Value;
        Assert.Equal((2L, true), (moved.Epoch, moved.Changed));
        Assert.InRange(moved.Held, TimeSpan.Zero, TimeSpan.FromSeconds(2));
        Assert.Equal((2L, 2L), (one.Agent.Epoch, two.Agent.Epoch));
        IReadOnlyList<EpochHistory> history = await _store.HistoryAsync(Service, Cancel);
        Assert.Equal(("commit", "ann"), (history[^1].Action, history[^1].Actor));
    }

    [Fact]
    public async Task A_repeated_move_is_a_success_and_moves_nothing()
    {
        await JoinAsync("gw-1");
        await MoveToAsync("v2");
        MoveCommitted again = (await MoveToAsync("v2")).Value;
        Assert.Equal((2L, false, TimeSpan.Zero), (again.Epoch, again.Changed, again.Held));
        Assert.Equal(1, (await _store.ReadAsync(Service, Cancel))!.Attempt);
    }

    [Fact]
    public async Task A_silent_gateway_blocks_the_move_and_is_named()
    {
        GatewayFake good = await JoinAsync("gw-1");
        GatewayFake mute = await JoinAsync("gw-2");
        mute.Mute = true;
        var settings = Quick with { Tries = 2, Hold = TimeSpan.FromMilliseconds(200) };
        Result<MoveCommitted> moved = await MoveToAsync("v2", settings);
        Problem problem = Assert.Single(moved.Problems);
        Assert.Equal("gateway-silent", problem.Code);
        Assert.Contains("gw-2", problem.Message, StringComparison.Ordinal);
        EpochRow row = (await _store.ReadAsync(Service, Cancel))!;
        Assert.Equal((1L, 2L, false), (row.Epoch, row.Attempt, row.Holding));
        Assert.Equal(GatewayMode.Serving, good.Agent.Mode);
    }

    [Fact]
    public async Task An_attempt_that_a_dead_coordinator_left_open_is_waited_out_and_then_the_move_goes_on()
    {
        await JoinAsync("gw-1");
        var hold = TimeSpan.FromMilliseconds(300);
        await _store.BeginAsync(Service, 1, 0, Routing.Only(Service, "v9"), hold, "dead", Cancel);
        MoveCommitted moved = (await MoveToAsync("v2")).Value;
        Assert.Equal((2L, 2L), (moved.Epoch, moved.Row.Attempt));
        Assert.Contains(await _store.HistoryAsync(Service, Cancel), h => h is { Action: "resolve", Attempt: 1 });
    }

    [Fact]
    public async Task A_rollback_pre_empts_a_move_that_waits_for_a_sick_release()
    {
        GatewayFake gateway = await JoinAsync("gw-1");
        gateway.NeverDrains = true;
        Task<Result<MoveCommitted>> forward = MoveToAsync("v2", Quick with { Hold = TimeSpan.FromSeconds(2) });
        await gateway.Holding.Task.WaitAsync(TimeSpan.FromSeconds(10), Cancel);
        EpochRow row = (await _moves.AbortOpenAttemptAsync(Service, "bob", "back", Cancel)).Value;
        Assert.Equal((1L, false), (row.Epoch, row.Holding));
        Assert.Equal("preempted", Assert.Single((await forward).Problems).Code);
        MoveCommitted back = (await MoveToAsync("v0", Quick with { Drain = DrainMode.Dispatch })).Value;
        Assert.Equal(2, back.Epoch);
        Assert.Equal(2, gateway.Agent.Epoch);
    }

    [Fact]
    public async Task A_move_waits_for_the_cool_down_after_a_hold_and_a_rollback_does_not()
    {
        await JoinAsync("gw-1");
        await MoveToAsync("v2");
        long began = TimeProvider.System.GetTimestamp();
        var cool = Quick with { CoolDown = TimeSpan.FromMilliseconds(300) };
        Assert.True((await MoveToAsync("v2", cool)).Value is { Changed: false });
        Task<Result<MoveCommitted>> next = MoveToAsync("v3", cool);
        Assert.True((await next).Ok);
        Assert.InRange(TimeProvider.System.GetElapsedTime(began).TotalMilliseconds, 250, 10_000);

        Task<Result<MoveCommitted>> waiting = MoveToAsync("v4", Quick with { CoolDown = TimeSpan.FromHours(1) });
        await _moves.AbortOpenAttemptAsync(Service, "bob", "back", Cancel);
        Assert.Equal("preempted", Assert.Single((await waiting).Problems).Code);
        Assert.True((await MoveToAsync("v2")).Value is { Changed: true });
    }

    [Fact]
    public async Task An_unknown_service_is_refused_at_once()
    {
        Result<MoveCommitted> moved = await _moves.MoveAsync("nobody", r => r.Routing, Quick, Cancel);
        Assert.Equal("unknown-service", Assert.Single(moved.Problems).Code);
    }

    private async Task<GatewayFake> JoinAsync(string id)
    {
        await _store.EnsureAsync(Service, Routing.Only(Service, "v1"), Cancel);
        var gateway = new GatewayFake(id);
        gateway.Join(await _store.JoinAsync(Service, new EpochMember(id, gateway.Incarnation), Cancel));
        _gateways.Add(gateway);
        return gateway;
    }

    private Task<Result<MoveCommitted>> MoveToAsync(string release, MoveSettings? settings = null) =>
        _moves.MoveAsync(Service, _ => Routing.Only(Service, release), settings ?? Quick, Cancel);

    private sealed class GatewayFake(string id) : IGatewayPort
    {
        private readonly Lock _lock = new();

        public event Action<GatewayReply>? Replied;

        public string Id => id;
        public string Incarnation => "boot-1";
        public bool Mute { get; set; }
        public bool NeverDrains { get; set; }
        public TaskCompletionSource Holding { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
        public GatewayAgentState Agent { get; private set; } = new(Service, id, "boot-1");

        public void Join(EpochReply reply)
        {
            Give(new GatewayInput.Booted(null));
            Give(new GatewayInput.Joined(reply));
        }

        public void Configure(GatewayConfiguration configuration) => throw new NotSupportedException();

        public GatewayStatus? Status(string service) => null;

        public ValueTask<GatewayAnswer?> AskAsync(
            string service,
            string? entity,
            IReadOnlyDictionary<string, string> attributes
        ) => throw new NotSupportedException();

        public Problem? Switch(string service, KillSwitch? off) => throw new NotSupportedException();

        public void Deliver(MoveMessage message)
        {
            if (!Mute)
            {
                Give(new GatewayInput.MessageReceived(message));
            }
        }

        private void Give(GatewayInput input)
        {
            lock (_lock)
            {
                DateTimeOffset now = DateTimeOffset.UnixEpoch;
                (Agent, IReadOnlyList<GatewayEffect> effects) = GatewayAgent.Step(Agent, input, now);
                foreach (GatewayEffect effect in effects)
                {
                    CarryOut(effect);
                }
            }
        }

        private void CarryOut(GatewayEffect effect)
        {
            switch (effect)
            {
                case GatewayEffect.HoldSlice hold:
                    Holding.TrySetResult();
                    if (!NeverDrains || hold.Drain == DrainMode.Dispatch)
                    {
                        Give(new GatewayInput.SliceDrained(hold.Attempt));
                    }

                    break;
                case GatewayEffect.PersistHeld persist:
                    Give(new GatewayInput.HeldPersisted(persist.Attempt));
                    break;
                case GatewayEffect.SendHeld held:
                    Replied?.Invoke(new GatewayReply.Held(Service, held.Attempt, Id, Incarnation));
                    break;
                default:
                    break;
            }
        }
    }
}
