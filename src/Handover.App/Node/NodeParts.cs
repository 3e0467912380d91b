using Handover.Control.Api;
using Handover.Control.Audit;
using Handover.Control.Engine;
using Handover.Control.Evidence;
using Handover.Control.Journal;
using Handover.Control.Resources;
using Handover.Control.Security;
using Handover.Control.Stores;
using Handover.Control.Warming;
using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Core.Traffic;
using Handover.Gateway;
using Handover.Ports;
using Handover.Runtimes;

namespace Handover.App.Node;

/// <summary>
/// The rooms of one node, put together. The order of starting is the order of trust: state first, then members, then
/// the gateway, then the engine, then the door for people. Stopping goes the other way round.
/// </summary>
public sealed class NodeParts : IAsyncDisposable
{
    private readonly List<Func<ValueTask>> _stops = [];
    private readonly TimeProvider _time;
    private readonly ILoggerFactory _logs;
    private GatewayServer _gateway = null!;
    private RolloutEngine _engine = null!;
    private CatalogStore _catalog = null!;
    private AroundModel _around = null!;
    private LabelParts _labels = null!;
    private LedgerParts _ledger = null!;
    private WebApplication _admin = null!;
    private Uri? _dataUrl;

    private NodeParts(TimeProvider time, ILoggerFactory logs) => (_time, _logs) = (time, logs);

    /// <summary>Where callers are served.</summary>
    public Uri DataUrl => _gateway.Addresses.Count > 0 ? _gateway.Addresses[0] : _dataUrl!;

    /// <summary>Where gRPC is served; null when it is not, or before the start.</summary>
    public Uri? Http2Url => _gateway.Http2Addresses.Count > 0 ? _gateway.Http2Addresses[0] : null;

    /// <summary>Where people and programs steer.</summary>
    public Uri AdminUrl => new(_admin.Urls.First());

    /// <summary>
    /// Puts the rooms together; nothing listens yet. All problems of the configuration are told at once.
    /// </summary>
    public static async Task<Result<NodeParts>> CreateAsync(RunOptions options, TimeProvider time)
    {
        ILoggerFactory logs = LoggerFactory.Create(log =>
            log.AddSimpleConsole(console =>
                {
                    console.SingleLine = true;
                    console.TimestampFormat = "HH:mm:ss.fff ";
                })
                .AddFilter("Microsoft", LogLevel.Warning)
                .AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None) // a port in use is told better
                .AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None) // else an activity per request
                .AddFilter("Yarp", LogLevel.Error)
                .AddFilter("System", LogLevel.Warning)
        );
        var node = new NodeParts(time, logs);
        try
        {
            IReadOnlyList<Problem> problems = await node.BuildAsync(options);
            if (problems.Count == 0)
            {
                return node;
            }

            await node.DisposeAsync();
            return Result<NodeParts>.Failed(problems);
        }
        catch (Exception e) when (e is StoreException or IOException or UnauthorizedAccessException)
        {
            await node.DisposeAsync();
            return e is StoreException store
                ? store.Problem
                : new Problem("cannot-start", e.Message) { Fix = "Check the state directory and who may write it." };
        }
    }

    /// <summary>Starts serving.</summary>
    public async Task StartAsync(CancellationToken cancel)
    {
        // The port opens when what routing names is running: a caller that comes earlier is better off with another
        // node than with an error of this one.
        await _engine.PrepareToServeAsync(cancel);
        await _gateway.StartAsync(cancel);
        _stops.Add(async () => await _gateway.StopAsync(CancellationToken.None));
        foreach (string service in _catalog.Current.Services.Keys)
        {
            _labels.Remember(service, _engine.RoutingOf(service)?.Stable);
        }

        _engine.Start();
        _around.Start();
        _labels.Start();
        _catalog.Changed += _engine.Refresh;
        Http2Notice.Watch(_catalog, Http2Url, _logs);
        foreach (string service in _catalog.Current.Services.Keys)
        {
            await _labels.Joiner.CatchUpAsync(service, cancel);
        }

        await _admin.StartAsync(cancel);
        _stops.Add(async () => await _admin.StopAsync());
    }

    private async Task<IReadOnlyList<Problem>> BuildAsync(RunOptions options)
    {
        Result<StateLock> mine = StateLock.Take(options.StateDirectory);
        if (!mine.Ok)
        {
            return mine.Problems;
        }

        Keep(mine.Value);
        Result<ResourceSet> declared = ConfigDirectory.Read(options.Directory);
        Result<UrlPolicy> urls = UrlPolicy.Parse(options.AllowUrls);
        Result<AdminAddress> address = AdminAddress.Parse(
            options.AdminUrl,
            options.AdminCert,
            options.AdminKey,
            options.AdminHosts
        );
        Result<TokenStore> tokens = TokenStore.Open(options.StateDirectory, _time);
        Result<AuditLog> audit = AuditLog.Open(options.StateDirectory, _time);
        List<Problem> problems =
        [
            .. declared.Problems,
            .. urls.Problems,
            .. address.Problems,
            .. tokens.Problems,
            .. audit.Problems,
        ];
        if (problems.Count > 0)
        {
            return problems;
        }

        _stops.Add(() =>
        {
            audit.Value.Dispose();
            return default;
        });
        SqliteDatabase database = Keep(SqliteDatabase.Open(Path.Combine(options.StateDirectory, "state.db")));
        Result<CatalogStore> catalog = CatalogStore.Open(database, _time);
        if (!catalog.Ok)
        {
            return catalog.Problems;
        }

        _catalog = catalog.Value;
        Result<CatalogChanges> applied = await _catalog.ApplyAsync(declared.Value, "directory");
        if (!applied.Ok)
        {
            return applied.Problems;
        }

        Join(options, database, urls.Value, address.Value, tokens.Value, audit.Value);
        return [];
    }

    private StoredCatalog Declared(RunOptions options, JournalWriter journal) =>
        new(_catalog, path => ConfigDirectory.TextOf(options.Directory, path), new RecordedContracts(journal));

    private void Join(
        RunOptions options,
        SqliteDatabase database,
        UrlPolicy urls,
        AdminAddress address,
        TokenStore tokens,
        AuditLog audit
    )
    {
        PinKeyRing pins = PinKeys(options);
        var epochs = SqliteEpochStore.Open(database, _time);
        var rollouts = new RolloutStore(database);
        var evidence = new EvidenceCollector(rollouts, _time, () => _catalog.Current);
        JournalWriter journal = Journal(options);
        _labels = new LabelParts(options, journal, evidence, () => _catalog.Current, _time, _logs);
        _stops.Add(_labels.DisposeAsync);
        MemberRuntime runtime = Runtime(options, urls);
        _ledger = new LedgerParts(options, journal, ServiceOf, UrlOf, pins.Sign, _time, _logs);
        _stops.Add(_ledger.DisposeAsync);
        _gateway = Gateway(options, urls, epochs, new ExchangeFanOut(evidence, journal, _labels.Contracts));
        evidence.Gateways = [_gateway];
        var warmTarget = new GatewayWarmTarget(UrlOf, pins.Sign, _time, Purpose.Warm);
        var warmer = new Warmer(journal, Keep(warmTarget), _time);
        _around = Around(options, urls, database, runtime, audit);
        _engine = Engine(
            new EngineParts
            {
                Catalog = () => _catalog.Current,
                Rollouts = rollouts,
                Epochs = epochs,
                Moves = Moves(epochs, _gateway),
                Runtime = runtime,
                Gateway = _gateway,
                Urls = urls,
                Publisher = new GatewayPublisher(_gateway, runtime, () => pins.Keys),
                Evidence = evidence,
                Warmer = warmer,
                Verifier = new Verifier(runtime, MachineMemory.FreeBytes),
                Agreement = _around.Agreement,
                Outbox = _around.Outbox,
                Journal = journal,
            }
        );
        pins.Start(_engine.Refresh);
        _catalog.InUse = key => key.Kind == ResourceKind.Release ? _engine.UseOf(key.Service!, key.Name) : null;
        _catalog.ServingRelease = service => _engine.RoutingOf(service)?.Stable;
        _admin = Admin(
            new ApiServices
            {
                Warm = Warming(runtime, journal, warmer).WarmAsync,
                Rollouts = _engine,
                Catalog = Declared(options, journal),
                Epochs = epochs,
                Journal = journal,
                Record = rollouts,
                Acknowledgements = _around.Acknowledgements,
                Outbox = _around.Outbox,
                Evidence = evidence,
                Gateways = [_gateway],
                Runtimes = runtime,
                Tokens = tokens,
                Audit = audit,
                Address = address,
                Clock = _time,
                ReadyChecks = ReadyChecks(),
                Version = typeof(NodeParts).Assembly.GetName().Version?.ToString(3) ?? "0.0.0",
            }
        );
        _stops.Add(_admin.DisposeAsync);
    }

    private PinKeyRing PinKeys(RunOptions options)
    {
        string file = Path.Combine(options.StateDirectory, "pin.key");
        return Keep(PinKeyRing.Open(file, _time, _logs.CreateLogger<PinKeyRing>()));
    }

    private RolloutEngine Engine(EngineParts parts)
    {
        var engine = new RolloutEngine(parts, _time, _logs.CreateLogger<RolloutEngine>());
        _stops.Add(engine.DisposeAsync);
        return engine;
    }

    private MoveCoordinator Moves(SqliteEpochStore epochs, GatewayServer gateway)
    {
        var gateways = new GatewayRegistry();
        gateways.Add(gateway);
        return new MoveCoordinator(epochs, gateways, _time);
    }

    private AroundModel Around(
        RunOptions options,
        UrlPolicy urls,
        SqliteDatabase db,
        MemberRuntime runtime,
        AuditLog audit
    )
    {
        var around = new AroundModel(options, urls, db, () => _catalog.Current, runtime, _time, _logs);
        around.Record(audit);
        _stops.Add(around.DisposeAsync);
        return around;
    }

    private JournalWriter Journal(RunOptions options)
    {
        var journal = new JournalWriter(
            new JournalOptions { File = Path.Combine(options.StateDirectory, "journal.db") },
            service => _catalog.Current.Services.GetValueOrDefault(service)?.Journal,
            _time,
            _logs.CreateLogger<JournalWriter>()
        );
        _stops.Add(journal.DisposeAsync);
        return journal;
    }

    private ReadyCheck[] ReadyChecks() =>
        [
            new ReadyCheck("gateway", _ => Task.FromResult(_gateway.Ready ? null : "the gateway is not ready")),
            new ReadyCheck("stable releases", _ => Task.FromResult(StillStarting())),
        ];

    private ReleaseWarming Warming(MemberRuntime runtime, JournalWriter journal, Warmer warmer) =>
        new(
            new ReleaseWarmingParts
            {
                Catalog = () => _catalog.Current,
                StableOf = service => _engine.RoutingOf(service)?.Stable,
                Borrow = _engine.Borrow,
                Runtime = runtime,
                Journal = journal,
                Warmer = warmer,
            }
        );

    private string? StillStarting()
    {
        IReadOnlyList<string> services = _engine.StillStarting();
        return services.Count == 0 ? null : $"the stable release is still starting: {string.Join(", ", services)}";
    }

    private Uri? UrlOf(Service service) => service.Protocol == WireProtocol.OpenInferenceGrpc ? Http2Url : DataUrl;

    private Service? ServiceOf(string name) => _catalog.Current.Services.GetValueOrDefault(name);

    private MemberRuntime Runtime(RunOptions options, UrlPolicy urls)
    {
        var runtime = new MemberRuntime(
            new RuntimeOptions
            {
                BaseDirectory = options.Directory,
                StateDirectory = options.StateDirectory,
                MembersUrl = service => $"{DataUrl.ToString().TrimEnd('/')}/-/services/{service}/members",
                ModelName = service =>
                    ServiceOf(service) is { } s ? (s.Route.Rewrite ?? s.Route.Path).Split('/')[^1] : service,
                Grpc = service => ServiceOf(service)?.Protocol == WireProtocol.OpenInferenceGrpc,
                UrlPolicy = urls,
            },
            _time,
            _logs
        );
        _stops.Add(runtime.DisposeAsync);
        return runtime;
    }

    private GatewayServer Gateway(RunOptions options, UrlPolicy urls, SqliteEpochStore epochs, ExchangeFanOut exchanges)
    {
        // Members are told the address before it is bound, so a port that the system shall choose is chosen here.
        var url = new UriBuilder(options.DataUrl);
        url.Port = url.Port == 0 ? LocalPort.Take() : url.Port;
        _dataUrl = url.Uri;
        var gateway = new GatewayServer(
            new GatewayServerOptions
            {
                DataUrls = [_dataUrl],
                Http2Urls = options.Http2Url is { } grpc ? [new Uri(grpc)] : [],
                StateDirectory = Path.Combine(options.StateDirectory, "gateway"),
                FlagDirectory = Path.Combine(options.StateDirectory, "flags"),
                UrlPolicy = urls,
                DirectUpstream = options.DirectUpstream,
                IgnoreStickiness = options.IgnoreStickiness,
            },
            epochs,
            exchanges,
            _time,
            _logs,
            _ledger.Store
        );
        _stops.Add(gateway.DisposeAsync);
        return gateway;
    }

    private WebApplication Admin(ApiServices services)
    {
        // Empty, as the data port's: no settings file of the working directory may say what listens here, and none is
        // watched for changes, which would watch every file below that directory.
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(_logs);
        builder.Services.AddRouting();
        builder.Services.AddAdminApi();
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => AdminApi.Listen(kestrel, services.Address));
        WebApplication app = builder.Build();
        AdminApi.Map(app, _ledger.Serve(_labels.Serve(services)));
        return app;
    }

    private T Keep<T>(T part)
        where T : IDisposable
    {
        _stops.Add(() =>
        {
            part.Dispose();
            return default;
        });
        return part;
    }

    /// <summary>Stops everything in the reverse order of its making.</summary>
    public async ValueTask DisposeAsync()
    {
        for (int i = _stops.Count - 1; i >= 0; i--)
        {
            await _stops[i]();
        }

        _logs.Dispose();
    }
}
