using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;
using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Core.Moves;
using Handover.Core.Rollouts;
using Handover.Core.Traffic;
using Handover.Gateway;
using Handover.Ports;
using Handover.Testkit;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Handover.Integration.Gateway;

/// <summary>One gateway on real sockets before two fake model servers, with a store in memory.</summary>
internal sealed class GatewayHarness : IExchangePort, IAsyncDisposable
{
    public const string Path = "/v2/models/price";
    public static readonly byte[] Key = [.. Enumerable.Repeat((byte)7, 32)];

    private readonly string _directory = Directory.CreateTempSubdirectory("handover-gw-").FullName;

    private GatewayHarness(FakeModelServer stable, FakeModelServer candidate)
    {
        V1 = stable;
        V2 = candidate;
    }

    public FakeModelServer V1 { get; }

    public FakeModelServer V2 { get; }

    public EpochStoreFake Store { get; } = new(TimeProvider.System);

    public ConcurrentQueue<Exchange> Exchanges { get; } = new();

    public ConcurrentQueue<GatewayReply> Replies { get; } = new();

    public string Flags => System.IO.Path.Combine(_directory, "flags");

    public GatewayServer Server { get; private set; } = null!;

    public HttpClient Client { get; private set; } = null!;

    public Service Service { get; set; } =
        new()
        {
            Name = "price",
            Route = new ServiceRoute(Path),
            Stable = "v1",
            Entity = new EntityKey(ValueSource.Header, "x-customer-id"),
        };

    public MirrorConfiguration? Mirror { get; set; }

    public IReadOnlyDictionary<string, OutputAdapter> Adapters { get; set; } = new Dictionary<string, OutputAdapter>();

    public ILedgerPort? Ledger { get; set; }

    public ILoggerFactory Logs { get; set; } = NullLoggerFactory.Instance;

    /// <summary>Whether plain requests go over the gateway's own connections.</summary>
    public bool Direct { get; set; } = true;

    /// <summary>A member instead of <see cref="V1"/>.</summary>
    public Uri? Stable { get; set; }

    /// <summary>A member instead of <see cref="V2"/>.</summary>
    public Uri? Candidate { get; set; }

    public string StateDirectory => _directory;

    public OutsideFlag? Flag { get; set; }

    public IReadOnlyList<string> OverrideTokens { get; set; } = [];

    public static async Task<GatewayHarness> StartAsync(Action<GatewayHarness>? set = null, bool sabotage = false)
    {
        var harness = new GatewayHarness(
            await FakeModelServer.StartAsync("v1"),
            await FakeModelServer.StartAsync("v2")
        );
        set?.Invoke(harness);
        await harness.Store.EnsureAsync("price", Routing.Only("price", "v1"), default);
        await harness.BootAsync(sabotage);
        await harness.UntilAsync(() => harness.Server.Status("price")!.Epoch == 1);
        return harness;
    }

    public async Task BootAsync(bool sabotage = false)
    {
        var options = new GatewayServerOptions
        {
            DataUrls = [new Uri("http://127.0.0.1:0")],
            StateDirectory = _directory,
            DrainTimeout = TimeSpan.FromSeconds(5),
            IgnoreStickiness = sabotage,
            DirectUpstream = Direct,
        };
        Server = new GatewayServer(options, Store, this, TimeProvider.System, Logs, Ledger);
        Server.Replied += Replies.Enqueue;
        Configure();
        await Server.StartAsync(default);
        Client = new HttpClient(new SocketsHttpHandler { ActivityHeadersPropagator = null, UseProxy = false })
        {
            BaseAddress = Server.Addresses[0],
            Timeout = TimeSpan.FromSeconds(20),
        };
    }

    public void Configure() =>
        Server.Configure(
            new GatewayConfiguration(
                new Dictionary<string, ServiceConfiguration>
                {
                    ["price"] = new(
                        Service,
                        new Dictionary<string, IReadOnlyDictionary<string, IReadOnlyList<MemberEndpoint>>>
                        {
                            ["v1"] = Members(Stable ?? V1.Address),
                            ["v2"] = Members(Candidate ?? V2.Address),
                        }
                    )
                    {
                        Mirror = Mirror,
                        Adapters = Adapters,
                        Flag = Flag,
                        OverrideTokenHashes = OverrideTokens,
                    },
                },
                [Key]
            )
        );

    public Task<HttpResponseMessage> InferAsync(
        string entity,
        string body = "{}",
        Action<HttpRequestMessage>? set = null
    )
    {
        var request = new HttpRequestMessage(HttpMethod.Post, $"{Path}/infer")
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
        };
        request.Headers.Add("x-customer-id", entity);
        set?.Invoke(request);
        return Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    /// <summary>Opens an attempt and tells the gateway, as the coordinator would.</summary>
    public async Task<long> HoldAsync(Routing target, DrainMode drain = DrainMode.Atomic, int holdMs = 10_000)
    {
        EpochRow row = (await Store.ReadAsync("price", default))!;
        TimeSpan hold = TimeSpan.FromMilliseconds(holdMs);
        EpochReply begun = await Store.BeginAsync("price", row.Epoch, row.Attempt, target, hold, "test", default);
        Server.Deliver(new MoveMessage.Hold("price", begun.Row.Attempt, row.Epoch, row.Routing, target, drain, hold));
        await UntilAsync(() => Server.Status("price")!.Holding);
        return begun.Row.Attempt;
    }

    public Task UntilHeldAsync(long attempt) => UntilAsync(() => Replies.Any(r => r.Attempt == attempt));

    public async Task CommitAsync(long attempt)
    {
        EpochReply done = await Store.CommitAsync("price", attempt, "test", default);
        Assert.True(done.Applied);
        Server.Deliver(new MoveMessage.Commit("price", attempt, done.Row.Epoch, done.Row.Routing));
        await UntilAsync(() => Server.Status("price")!.Epoch == done.Row.Epoch);
    }

    public async Task MoveAsync(Routing target, DrainMode drain = DrainMode.Atomic)
    {
        long attempt = await HoldAsync(target, drain);
        await UntilHeldAsync(attempt);
        await CommitAsync(attempt);
    }

    /// <summary>
    /// Sends bytes as they are and reads the whole answer until the gateway closes or the answer is complete.
    /// </summary>
    public async Task<string> RawAsync(string text)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync("127.0.0.1", Server.Addresses[0].Port);
        NetworkStream stream = socket.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(text));
        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        byte[] buffer = new byte[64 * 1024];
        var answer = new StringBuilder();
        while (!answer.ToString().Contains('}', StringComparison.Ordinal))
        {
            int read = await stream.ReadAsync(buffer, bound.Token);
            if (read == 0)
            {
                break;
            }

            answer.Append(Encoding.Latin1.GetString(buffer, 0, read));
        }

        return answer.ToString();
    }

    public Task UntilAsync(Func<bool> condition) => UntilAsync(() => Task.FromResult(condition()));

    public async Task UntilAsync(Func<Task<bool>> condition)
    {
        for (int i = 0; i < 2000 && !await condition(); i++)
        {
            await Task.Delay(5);
        }

        Assert.True(await condition(), "a condition did not come true within 10 s");
    }

    public void Record(Exchange exchange) => Exchanges.Enqueue(exchange);

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        Store.Away = false;
        await V1.DisposeAsync();
        await V2.DisposeAsync();
        await Server.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    private static Dictionary<string, IReadOnlyList<MemberEndpoint>> Members(Uri address) =>
        new() { ["model"] = [new MemberEndpoint(address)], ["encoder"] = [new MemberEndpoint(address)] };
}
