using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Grpc.Core;
using Handover.Core.Catalog;
using Handover.Core.Divergence;
using Handover.Core.Foundation;
using Handover.Core.Payloads;
using Handover.Core.Traffic;
using Handover.Ports;
using Handover.Testkit.Grpc;
using Xunit;

namespace Handover.Integration.Gateway;

/// <summary>Open Inference over gRPC through the gateway, with stock clients and servers on both sides.</summary>
public sealed class GrpcTests
{
    [Fact]
    public async Task A_stock_client_gets_the_members_answer_with_its_trailers_and_the_release_that_gave_it()
    {
        await using GrpcHarness h = await GrpcHarness.StartAsync();
        using AsyncUnaryCall<ModelInferResponse> call = h.Infer("c-1");
        ModelInferResponse answer = await call;
        Assert.Equal(3, answer.Outputs[0].Contents.Fp32Contents[0]);
        Metadata headers = await call.ResponseHeadersAsync;
        Assert.Equal("v1", headers.GetValue("handover-release"));
        Assert.Equal("v1", call.GetTrailers().GetValue("x-model"));
        GrpcModelCall seen = Assert.Single(h.V1.Log);
        Assert.Equal(("live", headers.GetValue("handover-request-id")), (seen.Purpose, seen.RequestId));
        await h.UntilAsync(() => h.Exchanges.Count == 1);
        Exchange exchange = Assert.Single(h.Exchanges);
        Assert.Equal((200, ExchangeOutcome.Ok, true), (exchange.Status, exchange.Outcome, exchange.Inference));
        TypedAnswer read = AnswerReader.Read(WireProtocol.OpenInferenceGrpc, exchange.Response!.Value.Span).Value;
        Assert.Equal(3, OutputReader.Number(read, "price"));
        Assert.Equal([1, 2], RequestNumbers.Of(WireProtocol.OpenInferenceGrpc, exchange.Request!.Value.Span)!["x"]);
    }

    [Theory]
    [InlineData(StatusCode.InvalidArgument, 400, ExchangeOutcome.Ok)]
    [InlineData(StatusCode.NotFound, 404, ExchangeOutcome.Ok)]
    [InlineData(StatusCode.Internal, 500, ExchangeOutcome.ModelError)]
    [InlineData(StatusCode.Unavailable, 503, ExchangeOutcome.ModelError)]
    public async Task A_members_status_reaches_the_caller_and_counts_as_what_it_means(
        StatusCode code,
        int means,
        ExchangeOutcome outcome
    )
    {
        await using GrpcHarness h = await GrpcHarness.StartAsync();
        h.V1.Behaviour = (_, _) => throw new RpcException(new Status(code, "because"));
        RpcException e = await Assert.ThrowsAsync<RpcException>(async () => await h.Infer("c-1"));
        Assert.Equal((code, "because"), (e.StatusCode, e.Status.Detail));
        await h.UntilAsync(() => h.Exchanges.Count == 1);
        Exchange exchange = Assert.Single(h.Exchanges);
        Assert.Equal((means, outcome), (exchange.Status, exchange.Outcome));
    }

    [Fact]
    public async Task What_the_gateway_refuses_is_a_grpc_status_with_the_problems_code()
    {
        await using GrpcHarness h = await GrpcHarness.StartAsync(h =>
            h.Service = h.Service with
            {
                Entity = new EntityKey(ValueSource.Header, "x-customer-id", AbsentEntity.Refuse),
                Limits = new ServiceLimits { RequestBytes = 2000 },
                Errors = new ErrorPolicy { Timeout = TimeSpan.FromMilliseconds(300) },
            }
        );
        await RefusedAsync(StatusCode.InvalidArgument, "entity-missing", () => h.Infer(""));
        await RefusedAsync(StatusCode.ResourceExhausted, "body-too-large", () => h.Infer("c-1", Large()));
        await RefusedAsync(
            StatusCode.InvalidArgument,
            "entity-missing",
            () => h.Client.ModelReadyAsync(new ModelReadyRequest())
        );
        using (AsyncDuplexStreamingCall<ModelInferRequest, ModelInferResponse> stream = h.Client.ModelStreamInfer())
        {
            RpcException e = await Assert.ThrowsAsync<RpcException>(() => stream.ResponseStream.MoveNext(default));
            Assert.Equal(StatusCode.Unimplemented, e.StatusCode);
        }

        h.V1.Behaviour = async (_, context) =>
        {
            await context.WriteResponseHeadersAsync([]);
            await Task.Delay(Timeout.Infinite, context.CancellationToken);
            return new ModelInferResponse();
        };
        RpcException late = await Assert.ThrowsAsync<RpcException>(async () => await h.Infer("c-1"));
        Assert.NotEqual(StatusCode.OK, late.StatusCode);
        h.V1.Behaviour = async (_, context) =>
        {
            await Task.Delay(Timeout.Infinite, context.CancellationToken);
            return new ModelInferResponse();
        };
        await RefusedAsync(StatusCode.DeadlineExceeded, "model-timeout", () => h.Infer("c-1"));
        await h.UntilAsync(() => h.Exchanges.Count(x => x.Outcome == ExchangeOutcome.Timeout) == 2);
        h.Configure(running: false);
        RpcException gone = await RefusedAsync(StatusCode.Unavailable, "release-not-running", () => h.Infer("c-1"));
        Assert.Equal("1000", gone.Trailers.GetValue("grpc-retry-pushback-ms"));
    }

    [Fact]
    public async Task A_member_that_cannot_be_reached_is_unavailable()
    {
        await using GrpcHarness h = await GrpcHarness.StartAsync();
        await h.V1.DisposeAsync();
        await RefusedAsync(StatusCode.Unavailable, "model-unreachable", () => h.Infer("c-1"));
        await h.UntilAsync(() => h.Exchanges.Any(x => x.Outcome == ExchangeOutcome.Unreachable));
    }

    [Fact]
    public async Task A_copy_goes_to_the_watched_release_and_its_answer_is_compared()
    {
        await using GrpcHarness h = await GrpcHarness.StartAsync(h =>
            h.Mirror = new MirrorConfiguration("v2", Share.All, 8, TimeSpan.FromSeconds(5))
        );
        h.V2.Behaviour = (r, _) =>
            r.Inputs[0].Contents.Fp32Contents[0] > 2
                ? throw new RpcException(new Status(StatusCode.Internal, "broken"))
                : Task.FromResult(h.V2.Answer(r, r.Inputs[0].Contents.Fp32Contents[0] > 1 ? 100 : 1));
        foreach (float x in new[] { 1f, 2f, 3f })
        {
            Assert.Equal(x, (await h.Infer("c-1", GrpcHarness.Request(x))).Outputs[0].Contents.Fp32Contents[0]);
        }

        await h.UntilAsync(() => h.Exchanges.Count == 6);
        Assert.All(h.V2.Log, c => Assert.Equal("shadow", c.Purpose));
        var pairs = h
            .Exchanges.GroupBy(e => e.RequestId)
            .ToDictionary(
                g => RequestNumbers.Of(WireProtocol.OpenInferenceGrpc, g.First().Request!.Value.Span)!["x"][0],
                g => (Live: g.Single(e => e.Purpose == Purpose.Live), Copy: g.Single(e => e.Purpose == Purpose.Shadow))
            );
        Assert.False(Differ(pairs[1]));
        Assert.True(Differ(pairs[2]));
        Assert.Equal((500, ExchangeOutcome.ModelError), (pairs[3].Copy.Status, pairs[3].Copy.Outcome));

        static bool Differ((Exchange Live, Exchange Copy) pair) =>
            AnswerComparison
                .Compare(WireProtocol.OpenInferenceGrpc, pair.Live.Response!.Value.Span, pair.Copy.Response!.Value.Span)
                .Differs;
    }

    [Fact]
    public async Task The_entity_may_stand_in_the_message()
    {
        await using GrpcHarness h = await GrpcHarness.StartAsync(h =>
            h.Service = h.Service with { Entity = new EntityKey(ValueSource.Json, "/parameters/customer") }
        );
        ModelInferRequest request = GrpcHarness.Request(1);
        request.Parameters["customer"] = new InferParameter { StringParam = "c-7" };
        await h.Infer("", request);
        await h.UntilAsync(() => h.Exchanges.Count == 1);
        Assert.Equal("c-7", Assert.Single(h.Exchanges).Entity);
    }

    [Fact]
    public async Task Health_is_told_for_the_gateway_and_for_each_service()
    {
        await using GrpcHarness h = await GrpcHarness.StartAsync();
        var health = new Health.HealthClient(h.Channel);
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, (await Ask("")).Status);
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, (await Ask("price")).Status);
        h.Configure(running: false);
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.NotServing, (await Ask("price")).Status);
        RpcException e = await Assert.ThrowsAsync<RpcException>(async () => await Ask("nobody"));
        Assert.Equal(StatusCode.NotFound, e.StatusCode);

        AsyncUnaryCall<HealthCheckResponse> Ask(string service) =>
            health.CheckAsync(new HealthCheckRequest { Service = service });
    }

    [Fact]
    public async Task Under_load_the_traffic_moves_there_and_back_without_a_failure_or_a_mixed_answer()
    {
        await using GrpcHarness h = await GrpcHarness.StartAsync();
        using var stop = new CancellationTokenSource();
        var said = new ConcurrentBag<(string Id, string Release, string Model)>();
        var callers = Enumerable
            .Range(0, 4)
            .Select(c =>
                Task.Run(async () =>
                {
                    for (int i = 0; !stop.IsCancellationRequested; i++)
                    {
                        using AsyncUnaryCall<ModelInferResponse> call = h.Infer($"c-{(c * 100) + (i % 50)}");
                        ModelInferResponse answer = await call;
                        Metadata headers = await call.ResponseHeadersAsync;
                        string release = headers.GetValue("handover-release")!;
                        said.Add((headers.GetValue("handover-request-id")!, release, answer.ModelVersion));
                    }
                })
            )
            .ToList();
        foreach (string to in new[] { "v2", "v1", "v2" })
        {
            int before = said.Count;
            await h.UntilAsync(() => said.Count > before + 50);
            await h.MoveAsync(Routing.Only("price", to, switched: true));
        }

        int last = said.Count;
        await h.UntilAsync(() => said.Count > last + 50);
        await stop.CancelAsync();
        await Task.WhenAll(callers);
        Assert.All(said, s => Assert.Equal(s.Release, s.Model));
        Assert.Contains(said, s => s.Release == "v1");
        Assert.Contains(said, s => s.Release == "v2");
        var log = h.V1.Log.Select(c => (c.RequestId, "v1")).Concat(h.V2.Log.Select(c => (c.RequestId, "v2")));
        Assert.Equal(log.Order().ToList(), said.Select(s => (s.Id, s.Release)).Order().ToList());
    }

    [Fact]
    public async Task The_same_port_serves_plain_http_2_and_a_grpc_service_says_so_to_others()
    {
        await using GrpcHarness h = await GrpcHarness.StartAsync();
        using var http = new HttpClient { BaseAddress = h.Server.Http2Addresses[0] };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/inference.GRPCInferenceService/ModelInfer")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new StringContent("{}", Encoding.UTF8, "application/json"),
        };
        using HttpResponseMessage answer = await http.SendAsync(request);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, answer.StatusCode);
        Assert.Contains("grpc-only", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Empty(h.V1.Log);
    }

    private static ModelInferRequest Large() => GrpcHarness.Request([.. Enumerable.Repeat(1f, 1000)]);

    private static async Task<RpcException> RefusedAsync<T>(
        StatusCode expected,
        string code,
        Func<AsyncUnaryCall<T>> call
    )
    {
        RpcException e = await Assert.ThrowsAsync<RpcException>(async () => await call());
        Assert.Equal((expected, code), (e.StatusCode, e.Trailers.GetValue("handover-problem")));
        return e;
    }
}
