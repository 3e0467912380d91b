using System.Collections.Concurrent;
using Handover.Control.Engine;
using Handover.Control.Ledger;
using Handover.Control.Stores;
using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Core.Moves;
using Handover.Core.Traffic;
using Handover.Gateway;
using Handover.Ports;
using Microsoft.Extensions.Logging.Abstractions;

namespace Handover.Bench.Cutover;

/// <summary>Our side: the shipped gateway, coordinator, store and ledger on real sockets and a real disk.</summary>
internal sealed class GatewayStage : IExchangePort, IAsyncDisposable
{
    public const string Path = "/v1/price";
    private const string Name = "price";
    private const int MostTries = 50;

    private readonly string _directory;
    private readonly SqliteDatabase _database;
    private readonly MoveCoordinator _moves;

    private GatewayStage(string directory, TimedModel old, TimedModel fresh)
    {
        _directory = directory;
        _database = SqliteDatabase.Open(System.IO.Path.Combine(directory, "state.db"));
        Epochs = SqliteEpochStore.Open(_database, TimeProvider.System);
        Ledger = LedgerStore.Open(
            new LedgerOptions { Directory = System.IO.Path.Combine(directory, "ledger") },
            _ => null,
            TimeProvider.System,
            NullLogger<LedgerStore>.Instance
        );
        var options = new GatewayServerOptions
        {
            DataUrls = [new Uri("http://127.0.0.1:0")],
            StateDirectory = System.IO.Path.Combine(directory, "gateway"),
        };
        Server = new GatewayServer(options, Epochs, this, TimeProvider.System, NullLoggerFactory.Instance, Ledger);
        Server.Configure(Configuration(old, fresh));
        var gateways = new GatewayRegistry();
        gateways.Add(Server);
        _moves = new MoveCoordinator(Epochs, gateways, TimeProvider.System);
    }

    public SqliteEpochStore Epochs { get; }

    public LedgerStore Ledger { get; }

    public GatewayServer Server { get; }

    /// <summary>What the gateway saw of each request; null entries are never kept.</summary>
    public ConcurrentQueue<Exchange> Exchanges { get; } = new();

    /// <summary>Moves that were given up within their hold, and made again.</summary>
    public int GivenUp { get; private set; }

    public Uri Target => new(Server.Addresses[0], Path);

    public static async Task<GatewayStage> StartAsync(string directory, TimedModel old, TimedModel fresh)
    {
        var stage = new GatewayStage(directory, old, fresh);
        await stage.Epochs.EnsureAsync(Name, Routing.Only(Name, "old"), default);
        await stage.Server.StartAsync(default);
        while (stage.Server.Status(Name) is not { Epoch: > 0 })
        {
            await Task.Delay(5);
        }

        return stage;
    }

    public async Task<MoveCommitted> MoveAsync(Routing to, DrainMode drain = DrainMode.Atomic)
    {
        var settings = new MoveSettings
        {
            Hold = CutoverBench.Hold,
            Drain = drain,
            Tries = 1,
        };

        // A machine that is too busy to drain within the hold gives a move up, unharmed; it is counted and made again.
        for (int tries = 0; ; tries++)
        {
            Result<MoveCommitted> moved = await _moves.MoveAsync(Name, _ => to, settings, default);
            if (moved.Ok)
            {
                return moved.Value;
            }

            if (tries == MostTries)
            {
                throw new InvalidOperationException(moved.Problems[0].ToString());
            }

            GivenUp++;
            await Task.Delay(200);
        }
    }

    public Task<MoveCommitted> SwitchAsync(bool fresh, DrainMode drain = DrainMode.Atomic) =>
        MoveAsync(Routing.Only(Name, fresh ? "new" : "old", switched: true), drain);

    /// <summary>5 % of the entities to the new release; a salt of its own for each shift.</summary>
    public Task<MoveCommitted> ShiftAsync(int round) =>
        MoveAsync(
            Routing.Only(Name, "old") with
            {
                Candidate = "new",
                Share = Share.FromPercent(5),
                Salt = $"s{round}",
            }
        );

    public void Record(Exchange exchange) => Exchanges.Enqueue(exchange);

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        await Ledger.DisposeAsync();
        _database.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private static GatewayConfiguration Configuration(TimedModel old, TimedModel fresh)
    {
        var service = new Service
        {
            Name = Name,
            Protocol = WireProtocol.Json,
            Route = new ServiceRoute(Path),
            Stable = "old",
            Entity = new EntityKey(ValueSource.Header, "x-customer-id"),
            Errors = new ErrorPolicy { Timeout = TimeSpan.FromSeconds(10) },
            Journal = new JournalPolicy { Payloads = false },
            Idempotency = new IdempotencyPolicy { Mode = IdempotencyMode.Optional },
        };
        Dictionary<string, IReadOnlyList<MemberEndpoint>> Members(TimedModel model) =>
            new() { ["model"] = [new MemberEndpoint(model.Address)] };
        var releases = new Dictionary<string, IReadOnlyDictionary<string, IReadOnlyList<MemberEndpoint>>>
        {
            ["old"] = Members(old),
            ["new"] = Members(fresh),
        };
        return new GatewayConfiguration(
            new Dictionary<string, ServiceConfiguration> { [Name] = new(service, releases) },
            [new byte[32]]
        );
    }
}
