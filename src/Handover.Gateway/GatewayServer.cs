using System.Net;
using System.Text;
using Handover.Core.Foundation;
using Handover.Core.Moves;
using Handover.Gateway.Feed;
using Handover.Gateway.Flags;
using Handover.Gateway.Forwarding;
using Handover.Gateway.Grpc;
using Handover.Gateway.Holding;
using Handover.Gateway.Ledger;
using Handover.Gateway.Mirroring;
using Handover.Gateway.Observing;
using Handover.Gateway.Routing;
using Handover.Ports;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy.Forwarder;

namespace Handover.Gateway;

/// <summary>
/// One gateway: Kestrel in front, the pipelines behind it, the move agents beside. It serves what it last knew whether
/// or not the store and the control plane are there. One directory belongs to one running gateway, guarded by a file
/// lock, so that a new incarnation proves the old one dead.
/// </summary>
public sealed class GatewayServer : IGatewayPort, IAsyncDisposable
{
    private static readonly TimeSpan CutOff = TimeSpan.FromSeconds(2);

    private readonly GatewayServerOptions _options;
    private readonly FileStream _lock;
    private readonly AgentLoop _loop;
    private readonly MemberClients _clients;
    private readonly GatewayFeed _feed;
    private readonly Mirror _mirror;
    private readonly FlagDesk _flags;
    private readonly KillSwitchLoop _switches;
    private readonly WebApplication _app;
    private bool _stopped;

    /// <summary>
    /// Makes a gateway; nothing listens yet. Throws <see cref="IOException"/> when its directory belongs to a gateway
    /// that runs, or cannot be written. Without a ledger, requests with a key of services that keep one are refused.
    /// </summary>
    public GatewayServer(
        GatewayServerOptions options,
        IEpochStorePort store,
        IExchangePort exchanges,
        TimeProvider time,
        ILoggerFactory logs,
        ILedgerPort? ledger = null
    )
    {
        _options = options;
        Directory.CreateDirectory(options.StateDirectory);
        string lockPath = Path.Combine(options.StateDirectory, $"{options.Id}.lock");
        _lock = new FileStream(lockPath, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        Incarnation = BootId.Next(_lock, time.GetUtcNow());
        var member = new EpochMember(options.Id, Incarnation);
        var loopOptions = new AgentLoopOptions(store, member, options.StateDirectory, options.StoreTimeout);
        _loop = new AgentLoop(loopOptions, time, logs.CreateLogger<AgentLoop>());
        _loop.Replied += reply => Replied?.Invoke(reply);
        _clients = new MemberClients(options.UrlPolicy, options.DirectUpstream, time);
        var files = new KillSwitchFiles(options.FlagDirectory ?? Path.Combine(options.StateDirectory, "flags"), time);
        _feed = new GatewayFeed(_clients, _loop, files, time);
        _switches = new KillSwitchLoop(files, () => _feed.Table, time, logs.CreateLogger<KillSwitchLoop>());
        var recorder = new ExchangeRecorder(exchanges);
        var pins = new PinDesk(time);
        _mirror = new Mirror(recorder, pins, time, logs.CreateLogger<Mirror>());
        _flags = new FlagDesk(options.UrlPolicy, time);
        _app = Build(options, logs);
        var forwarder = new MemberForwarder(_app.Services.GetRequiredService<IHttpForwarder>(), time);
        var tools = new PipelineTools(forwarder, recorder, _mirror, pins, _flags, time)
        {
            IgnoreStickiness = options.IgnoreStickiness,
            Ledger = ledger ?? new NoLedger(),
            Owner = Incarnation,
        };
        var entry = new RequestEntry(
            _feed,
            tools,
            new GrpcHealth(_feed, () => Ready),
            logs.CreateLogger<RequestEntry>()
        );
        _app.Run(entry.HandleAsync);
    }

    /// <inheritdoc/>
    public event Action<GatewayReply>? Replied;

    /// <inheritdoc/>
    public string Id => _options.Id;

    /// <inheritdoc/>
    public string Incarnation { get; }

    /// <summary>Whether it takes requests; off as soon as it is told to stop.</summary>
    public bool Ready { get; private set; }

    /// <summary>Where it is reached, with the ports that it really got. Empty before it is started.</summary>
    public IReadOnlyList<Uri> Addresses { get; private set; } = [];

    /// <summary>The same of <see cref="GatewayServerOptions.Http2Urls"/>.</summary>
    public IReadOnlyList<Uri> Http2Addresses { get; private set; } = [];

    /// <summary>Starts to serve. Throws <see cref="IOException"/> when an address is taken.</summary>
    public async Task StartAsync(CancellationToken cancel)
    {
        _loop.Start();
        _switches.Start();
        await _app.StartAsync(cancel);
        var bound = _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>();
        var all = bound!.Addresses.Select(a => new Uri(a)).ToList();
        Addresses = [.. all.Take(_options.DataUrls.Count)];
        Http2Addresses = [.. all.Skip(_options.DataUrls.Count)];
        Ready = true;
    }

    /// <summary>
    /// Stops: readiness off, no new connections, requests in flight end within the bound, then the store is told that
    /// this gateway has left. When a request had to be cut off or the store is away, it stays a member, which is safe:
    /// its next incarnation takes its place.
    /// </summary>
    public async Task StopAsync(CancellationToken cancel)
    {
        if (_stopped)
        {
            return;
        }

        _stopped = true;
        Ready = false;
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        bound.CancelAfter(_options.DrainTimeout);
        await _app.StopAsync(bound.Token);
        _mirror.Stop();
        bool idle = await IdleAsync();
        if (idle)
        {
            await _loop.LeaveAsync(cancel);
        }
    }

    /// <inheritdoc/>
    public void Configure(GatewayConfiguration configuration) => _feed.Configure(configuration);

    /// <inheritdoc/>
    public void Deliver(MoveMessage message) => _loop.Deliver(message);

    /// <inheritdoc/>
    public async ValueTask<GatewayAnswer?> AskAsync(
        string service,
        string? entity,
        IReadOnlyDictionary<string, string> attributes
    )
    {
        if (!_feed.Table.Units.TryGetValue(service, out ServiceUnit? unit) || unit.Snapshot.Routing is null)
        {
            return null;
        }

        ServiceSnapshot snapshot = unit.Snapshot;
        bool allowed = await _flags.AllowsAsync(snapshot, unit.Flags, entity, attributes);
        return new GatewayAnswer(
            snapshot.Assign(entity, attributes, allowed),
            snapshot.Epoch,
            snapshot.Routing!.Candidate,
            snapshot.Off is not null,
            !allowed
        );
    }

    /// <inheritdoc/>
    public Problem? Switch(string service, KillSwitch? off) => _switches.Switch(service, off);

    // A sequence between two of its requests holds no connection, and still must find its release running.
    private static Dictionary<string, int> Pinned(ServiceUnit unit)
    {
        var pinned = unit.InFlight.LivePins.ToDictionary(StringComparer.Ordinal);
        foreach ((string release, int count) in unit.Sequences.ByRelease(unit.Snapshot.Service.Sequences))
        {
            pinned[release] = pinned.GetValueOrDefault(release) + count;
        }

        return pinned;
    }

    /// <inheritdoc/>
    public GatewayStatus? Status(string service)
    {
        if (!_feed.Table.Units.TryGetValue(service, out ServiceUnit? unit))
        {
            return null;
        }

        ServiceSnapshot snapshot = unit.Snapshot;
        return new GatewayStatus(
            service,
            snapshot.Epoch,
            snapshot.Hold is not null,
            unit.Line.Count,
            unit.InFlight.ByRelease,
            Pinned(unit)
        )
        {
            Off = snapshot.Off,
            AdaptersFailed = Interlocked.Read(ref unit.Counters.AdaptersFailed),
            Closing = unit.Closing.Newest,
            Flag = unit.Flags.Now,
            Copies = unit.Counters.Copies.Tally,
            Redraws = unit.Counters.Redraws.Tally,
            Mirrored = snapshot.MirrorRun?.Counts,
            MirrorShare = snapshot is { Mirror: { } mirror, MirrorRun: { } run }
                ? new MirrorShare(mirror.Release, mirror.Share, run.CopyPressure.Of(mirror.Share))
                {
                    Why = run.CopyPressure.Why,
                }
                : null,
            PinsStripped = Interlocked.Read(ref unit.Counters.PinsStripped),
            TokensRefused = Interlocked.Read(ref unit.Counters.TokensRefused),
        };
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync(CancellationToken.None);
        await _switches.DisposeAsync();
        await _loop.DisposeAsync();
        _mirror.Dispose();
        _flags.Dispose();
        await _app.DisposeAsync();
        _clients.Dispose();
        await _lock.DisposeAsync();
    }

    // What is cut off or given up ends within moments; what does not keeps this gateway a member.
    private async Task<bool> IdleAsync()
    {
        try
        {
            await Task.WhenAll(_feed.Table.Units.Values.Select(u => u.InFlight.WhenIdle())).WaitAsync(CutOff);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private static WebApplication Build(GatewayServerOptions options, ILoggerFactory logs)
    {
        // Empty: nothing in the environment or in a settings file of the working directory may change what listens
        // here.
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseSockets(Transport).ConfigureKestrel(kestrel => Listen(kestrel, options));
        builder.Services.AddSingleton(logs);
        builder.Services.AddHttpForwarder();
        builder.Services.AddSingleton<IHostLifetime, EmbeddedLifetime>();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = options.DrainTimeout);
        return builder.Build();
    }

    // Where the runtime finishes a read on the thread that saw the bytes come, the request goes on there too: to wake
    // another thread for it costs more than all that is done for a small request. And a connection that waits keeps
    // its buffer, which spares a read of nothing before each request.
    private static void Transport(SocketTransportOptions sockets)
    {
        sockets.UnsafePreferInlineScheduling = InlineSockets.On;
        sockets.WaitForDataBeforeAllocatingBuffer = false;
    }

    private static void Listen(KestrelServerOptions kestrel, GatewayServerOptions options)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = null;
        kestrel.RequestHeaderEncodingSelector = name =>
            name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase) ? DigitsOnlyEncoding.Instance
            : name.Equals("Connection", StringComparison.OrdinalIgnoreCase) ? ConnectionEncoding.Instance
            : null;
        kestrel.ResponseHeaderEncodingSelector = _ => Encoding.Latin1;
        foreach (Uri url in options.DataUrls)
        {
            Listen(kestrel, url, HttpProtocols.Http1);
        }

        foreach (Uri url in options.Http2Urls)
        {
            Listen(kestrel, url, HttpProtocols.Http2);
        }
    }

    private static void Listen(KestrelServerOptions kestrel, Uri url, HttpProtocols protocols)
    {
        if (url.Scheme != Uri.UriSchemeHttp)
        {
            throw new NotSupportedException($"{url}: only http is supported yet for the data address.");
        }

        if (IPAddress.TryParse(url.Host.Trim('[', ']'), out IPAddress? address))
        {
            kestrel.Listen(address, url.Port, listen => listen.Protocols = protocols);
        }
        else if (url.IsLoopback)
        {
            kestrel.ListenLocalhost(url.Port, listen => listen.Protocols = protocols);
        }
        else
        {
            throw new NotSupportedException($"{url}: the data address must be an IP address or localhost.");
        }
    }

    // The program around this gateway decides when to stop, not a signal handler of a host inside it.
    private sealed class EmbeddedLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
