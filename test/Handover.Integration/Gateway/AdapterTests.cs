using System.Net;
using System.Text;
using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Core.Traffic;
using Handover.Ports;
using Handover.Testkit;
using Microsoft.AspNetCore.Http;
using Xunit;
using static Handover.Integration.Gateway.ForwardingTests;

namespace Handover.Integration.Gateway;

/// <summary>
/// Answers that a release's adapter rewrites, over real sockets: callers, journal and shadow see the adapted answer;
/// one that cannot be rewritten is the release's error and never passes as it is.
/// </summary>
public sealed class AdapterTests
{
    private const string Cents =
        """{"outputs":[{"name":"cents","datatype":"FP32","shape":[1],"data":[35000]}],"model_name":"m"}""";

    private const string Dollars =
        """{"outputs":[{"name":"price","datatype":"FP64","shape":[1],"data":[350]}],"model_name":"m"}""";

    private static readonly OutputAdapter ToDollars = new OutputAdapter.Tensors([
        new TensorStep("cents")
        {
            Rename = "price",
            Cast = "FP64",
            Scale = 0.01,
            Unit = "USD",
        },
    ]);

    [Fact]
    public async Task The_caller_and_the_journal_get_the_adapted_answer_with_a_length_of_its_own()
    {
        await using GatewayHarness h = await StartAsync("v1");
        h.V1.Behaviour = Says(Cents);
        using HttpResponseMessage answer = await h.InferAsync(
            "c-1",
            "{}",
            r => r.Headers.AcceptEncoding.ParseAdd("gzip")
        );
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(Dollars, await answer.Content.ReadAsStringAsync());
        Assert.Equal(Dollars.Length, answer.Content.Headers.ContentLength);
        Assert.Equal("v1", Header(answer, "Handover-Release"));
        Assert.Null(answer.Headers.ETag);
        Assert.DoesNotContain("Accept-Encoding", Assert.Single(h.V1.Log).Headers.Keys);
        await h.UntilAsync(() => h.Exchanges.Count == 1);
        Exchange exchange = Assert.Single(h.Exchanges);
        Assert.Equal(Dollars, Text(exchange.Response));
        Assert.Equal((ExchangeOutcome.Ok, 200), (exchange.Outcome, exchange.Status));
    }

    [Fact]
    public async Task A_query_rewrites_what_another_protocol_answers()
    {
        var emits = new Signature([]) { Document = new ContractDocument(ContractDocumentKind.Schema, "s.json", "{}") };
        await using GatewayHarness h = await StartAsync(
            "v1",
            new OutputAdapter.Query("{price: outputs[0].data[0], by: model_name}", emits)
        );
        h.V1.Behaviour = Says(Cents);
        using HttpResponseMessage answer = await h.InferAsync("c-1");
        Assert.Equal("""{"price":35000,"by":"m"}""", await answer.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("""{"outputs":[{"name":"price","datatype":"FP32","shape":[1],"data":[350]}]}""", "has no tensor cents")]
    [InlineData("not json", "not the JSON")]
    [InlineData("", "not the JSON")]
    public async Task An_answer_that_cannot_be_adapted_is_the_releases_error_and_never_passes(string body, string why)
    {
        await using GatewayHarness h = await StartAsync("v1");
        h.V1.Behaviour = Says(body);
        using HttpResponseMessage answer = await h.InferAsync("c-1");
        string told = await answer.Content.ReadAsStringAsync();
        Assert.Equal(HttpStatusCode.BadGateway, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        Assert.Contains("adapter-failed", told, StringComparison.Ordinal);
        Assert.Contains(why, told, StringComparison.Ordinal);
        await h.UntilAsync(() => h.Exchanges.Count == 1);
        Exchange exchange = Assert.Single(h.Exchanges);
        Assert.Equal((ExchangeOutcome.ModelError, 502, "v1"), (exchange.Outcome, exchange.Status, exchange.Release));
        Assert.Equal(1, h.Server.Status("price")!.AdaptersFailed);
    }

    [Fact]
    public async Task A_stream_a_compressed_answer_and_one_that_never_ends_are_refused_at_once()
    {
        await using GatewayHarness h = await StartAsync("v1");
        h.V1.Behaviour = Says("data: {}\n\n", "text/event-stream");
        await RefusedAsync(h, "text/event-stream");
        h.V1.Behaviour = Says(Cents, set: r => r.Headers.ContentEncoding = "gzip");
        await RefusedAsync(h, "compressed");
        byte[] piece = new byte[64 << 10];
        h.V1.Behaviour = async (context, _) =>
        {
            context.Response.ContentType = "application/json";
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await context.Response.Body.WriteAsync(piece, context.RequestAborted);
            }
        };
        await RefusedAsync(h, "more than 4194304 bytes");
        Assert.Equal(3, h.Server.Status("price")!.AdaptersFailed);
    }

    [Fact]
    public async Task Errors_of_the_model_and_calls_that_are_no_inference_pass_as_they_are()
    {
        await using GatewayHarness h = await StartAsync("v1");
        h.V1.Behaviour = Says("""{"error":"overloaded"}""", set: r => r.StatusCode = 503);
        using HttpResponseMessage error = await h.InferAsync("c-1");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, error.StatusCode);
        Assert.Equal("""{"error":"overloaded"}""", await error.Content.ReadAsStringAsync());
        h.V1.Behaviour = Says(Cents);
        Assert.Equal(Cents, await h.Client.GetStringAsync(GatewayHarness.Path));
    }

    [Fact]
    public async Task A_shadow_answer_is_adapted_before_it_is_compared_and_counts_as_an_error_when_it_cannot_be()
    {
        await using GatewayHarness h = await StartAsync("v2", mirror: true);
        h.V1.Behaviour = Says(Dollars);
        h.V2.Behaviour = Says(Cents);
        using HttpResponseMessage answer = await h.InferAsync("c-1");
        Assert.Equal(Dollars, await answer.Content.ReadAsStringAsync());
        await h.UntilAsync(() => h.Exchanges.Count == 2);
        Exchange shadow = Assert.Single(h.Exchanges, e => e.Purpose == Purpose.Shadow);
        Assert.Equal((ExchangeOutcome.Ok, Dollars), (shadow.Outcome, Text(shadow.Response)));
        h.V2.Behaviour = Says("""{"outputs":[]}""");
        using HttpResponseMessage second = await h.InferAsync("c-1");
        Assert.Equal(HttpStatusCode.OK, second.StatusCode);
        await h.UntilAsync(() => h.Exchanges.Count == 4);
        Exchange failed = Assert.Single(h.Exchanges, e => e.Outcome == ExchangeOutcome.ModelError);
        Assert.Equal((Purpose.Shadow, "v2"), (failed.Purpose, failed.Release));
        Assert.Null(failed.Response);
        Assert.StartsWith("the adapter cannot rewrite the answer: /outputs: has no tensor", failed.Failure);
        h.Service = h.Service with { Journal = h.Service.Journal with { Redact = ["/secret"] } };
        h.Configure();
        using HttpResponseMessage third = await h.InferAsync("c-1");
        await h.UntilAsync(() => h.Exchanges.Count == 6);
        Assert.Contains(
            h.Exchanges,
            e => e.Failure == "the adapter cannot rewrite the answer: adapter-failed at /outputs"
        );
    }

    [Fact]
    public async Task Who_warms_a_release_gets_the_adapted_answer_and_its_own_hops_do_not()
    {
        await using GatewayHarness h = await StartAsync("v2");
        h.V2.Behaviour = Says(Cents);
        Assert.Equal(Dollars, await HopAsync(h, Purpose.Warm));
        Assert.Equal(Dollars, await HopAsync(h, Purpose.Reconcile));
        Assert.Equal(Cents, await HopAsync(h, Purpose.Live));
    }

    private static async Task<string> HopAsync(GatewayHarness h, Purpose purpose)
    {
        var pin = new Pin("price", "v2", 1, purpose, TimeProvider.System.GetUtcNow() + TimeSpan.FromMinutes(1));
        using var request = new HttpRequestMessage(
            HttpMethod.Post,
            $"/-/services/price/members/model/v2/models/price/infer"
        )
        {
            Content = new StringContent("{}", Encoding.UTF8, "application/json"),
        };
        request.Headers.Add("baggage", $"{Pin.BaggageKey}={pin.Sign(GatewayHarness.Key)}");
        using HttpResponseMessage answer = await h.Client.SendAsync(request);
        return await answer.Content.ReadAsStringAsync();
    }

    private static async Task RefusedAsync(GatewayHarness h, string why)
    {
        using HttpResponseMessage answer = await h.InferAsync("c-1");
        Assert.Equal(HttpStatusCode.BadGateway, answer.StatusCode);
        Assert.Contains(why, await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private static Task<GatewayHarness> StartAsync(
        string release,
        OutputAdapter? adapter = null,
        bool mirror = false
    ) =>
        GatewayHarness.StartAsync(h =>
        {
            h.Adapters = new Dictionary<string, OutputAdapter> { [release] = adapter ?? ToDollars };
            h.Mirror = mirror ? new MirrorConfiguration("v2", Share.All, 4, TimeSpan.FromSeconds(5)) : null;
        });

    private static Func<HttpContext, FakeModelRequest, Task> Says(
        string body,
        string type = "application/json",
        Action<HttpResponse>? set = null
    ) =>
        async (context, _) =>
        {
            byte[] bytes = Encoding.UTF8.GetBytes(body);
            context.Response.ContentType = type;
            context.Response.ContentLength = bytes.Length;
            context.Response.Headers.ETag = "\"raw\"";
            set?.Invoke(context.Response);
            await context.Response.Body.WriteAsync(bytes);
        };

    private static string Text(ReadOnlyMemory<byte>? body) => Encoding.UTF8.GetString(body!.Value.Span);
}
