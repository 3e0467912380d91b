using System.Collections.Concurrent;
using Grpc.Core;
using Grpc.Net.Client;
using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Core.Moves;
using Handover.Core.Rollouts;
using Handover.Core.Traffic;
using Handover.Gateway;
using Handover.Ports;
using Handover.Testkit;
using Handover.Testkit.Grpc;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Handover.Integration.Gateway;

/// <summary>One gateway between a stock gRPC client and two stock gRPC servers.</summary>
internal sealed class GrpcHarness : IExchangePort, IAsyncDisposable
{
    private static readonly byte[] Key = [.. Enumerable.Repeat((byte)7, 32)];
    private readonly string _directory = Directory.CreateTempSubdirectory("handover-grpc-").FullName;
    private readonly EpochStoreFake _store = new(TimeProvider.System);
    private readonly ConcurrentQueue<GatewayReply> _replies = new();

    public GrpcModelFake V1 { get; private set; } = null!;

    public GrpcModelFake V2 { get; private set; } = null!;

    public ConcurrentQueue<Exchange> Exchanges { get; } = new();

    public GatewayServer Server { get; private set; } = null!;

    public GrpcChannel Channel { get; private set; } = null!;

    public GRPCInferenceService.GRPCInferenceServiceClient Client { get; private set; } = null!;

    public Service Service { get; set; } =
        new()
        {
            Name = "price",
            Protocol = WireProtocol.OpenInferenceGrpc,
            Route = new ServiceRoute("/inference.GRPCInferenceService"),
            Stable = "v1",
            Entity = new EntityKey(ValueSource.Header, "x-customer-id"),
        };

    public MirrorConfiguration? Mirror { get; set; }

    public ILedgerPort? Ledger { get; set; }

    public static async Task<GrpcHarness> StartAsync(Action<GrpcHarness>? set = null)
    {
        var h = new GrpcHarness
        {
            V1 = await GrpcModelFake.StartAsync("v1"),
            V2 = await GrpcModelFake.StartAsync("v2"),
        };
        set?.Invoke(h);
        await h._store.EnsureAsync("price", Routing.Only("price", "v1"), default);
        var options = new GatewayServerOptions
        {
            DataUrls = [new Uri("http://127.0.0.1:0")],
            Http2Urls = [new Uri("http://127.0.0.1:0")],
            StateDirectory = h._directory,
            DrainTimeout = TimeSpan.FromSeconds(5),
        };
        h.Server = new GatewayServer(options, h._store, h, TimeProvider.System, NullLoggerFactory.Instance, h.Ledger);
        h.Server.Replied += h._replies.Enqueue;
        h.Configure();
        await h.Server.StartAsync(default);
        h.Channel = GrpcChannel.ForAddress(h.Server.Http2Addresses[0]);
        h.Client = new GRPCInferenceService.GRPCInferenceServiceClient(h.Channel);
        await h.UntilAsync(() => h.Server.Status("price")!.Epoch == 1);
        return h;
    }

    public void Configure(bool running = true) =>
        Server.Configure(
            new GatewayConfiguration(
                new Dictionary<string, ServiceConfiguration>
                {
                    ["price"] = new(
                        Service,
                        new Dictionary<string, IReadOnlyDictionary<string, IReadOnlyList<MemberEndpoint>>>
                        {
                            ["v1"] = running ? Members(V1) : new Dictionary<string, IReadOnlyList<MemberEndpoint>>(),
                            ["v2"] = Members(V2),
                        }
                    )
                    {
                        Mirror = Mirror,
                    },
                },
                [Key]
            )
        );

    public static ModelInferRequest Request(params float[] values)
    {
        var input = new InferTensor
        {
            Name = "x",
            Datatype = "FP32",
            Contents = new InferTensorContents(),
        };
        input.Shape.Add(values.Length);
        input.Contents.Fp32Contents.AddRange(values);
        var request = new ModelInferRequest { ModelName = "price", Id = "r-1" };
        request.Inputs.Add(input);
        return request;
    }

    public AsyncUnaryCall<ModelInferResponse> Infer(string entity, ModelInferRequest? request = null) =>
        Client.ModelInferAsync(
            request ?? Request(1, 2),
            new Metadata { { "x-customer-id", entity } },
            DateTime.MaxValue
        );

    public async Task MoveAsync(Routing target)
    {
        EpochRow row = (await _store.ReadAsync("price", default))!;
        TimeSpan hold = TimeSpan.FromSeconds(10);
        EpochReply begun = await _store.BeginAsync("price", row.Epoch, row.Attempt, target, hold, "test", default);
        long attempt = begun.Row.Attempt;
        const DrainMode Atomic = DrainMode.Atomic;
        Server.Deliver(new MoveMessage.Hold("price", attempt, row.Epoch, row.Routing, target, Atomic, hold));
        await UntilAsync(() => _replies.Any(r => r.Attempt == attempt));
        EpochReply done = await _store.CommitAsync("price", attempt, "test", default);
        Assert.True(done.Applied);
        Server.Deliver(new MoveMessage.Commit("price", attempt, done.Row.Epoch, done.Row.Routing));
        await UntilAsync(() => Server.Status("price")!.Epoch == done.Row.Epoch);
    }

    public async Task UntilAsync(Func<bool> condition)
    {
        for (int i = 0; i < 2000 && !condition(); i++)
        {
            await Task.Delay(5);
        }

        Assert.True(condition(), "a condition did not come true within 10 s");
    }

    public void Record(Exchange exchange) => Exchanges.Enqueue(exchange);

    public async ValueTask DisposeAsync()
    {
        Channel.Dispose();
        await V1.DisposeAsync();
        await V2.DisposeAsync();
        await Server.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    private static Dictionary<string, IReadOnlyList<MemberEndpoint>> Members(GrpcModelFake server) =>
        new() { ["model"] = [new MemberEndpoint(server.Address)] };
}
