using Handover.Core.Catalog;
using Handover.Core.Traffic;
using Xunit;
using static Handover.Integration.Gateway.ForwardingTests;

namespace Handover.Integration.Gateway;

/// <summary>Requests of one sequence stay on the release where it began, whatever moves meanwhile.</summary>
public sealed class SequenceTests
{
    private static readonly Routing Switched = Routing.Only("price", "v2", switched: true);

    [Fact]
    public async Task A_sequence_stays_where_it_began_through_a_hold_and_a_move_until_it_ends()
    {
        await using GatewayHarness h = await StartAsync(10);
        await ExpectAsync(h, "c-1", Body(7, "sequence_start"), "v1");
        long attempt = await h.HoldAsync(Switched);
        await h.UntilHeldAsync(attempt);
        await ExpectAsync(h, "c-1", Body(7), "v1");
        await h.CommitAsync(attempt);
        await ExpectAsync(h, "c-1", Body(7), "v1");
        // The caller may have its answer a moment before the request lets go of its own pin.
        await h.UntilAsync(() => h.Server.Status("price")!.LivePins["v1"] == 1);
        await ExpectAsync(h, "c-1", Body(8, "sequence_start"), "v2");
        await ExpectAsync(h, "c-2", Body(7), "v2");
        await ExpectAsync(h, "c-1", "{}", "v2");
        await ExpectAsync(h, "c-1", Body(7, "sequence_end"), "v1");
        await h.UntilAsync(() => !h.Server.Status("price")!.LivePins.ContainsKey("v1"));
        await ExpectAsync(h, "c-1", Body(7), "v2");
    }

    [Fact]
    public async Task A_silent_sequence_is_forgotten_and_pins_nothing()
    {
        await using GatewayHarness h = await StartAsync(10, TimeSpan.FromMilliseconds(200));
        await ExpectAsync(h, "c-1", Body(7), "v1");
        await h.UntilAsync(() => h.Server.Status("price")!.LivePins.Count == 0);
        await h.MoveAsync(Switched);
        await ExpectAsync(h, "c-1", Body(7), "v2");
    }

    [Fact]
    public async Task More_sequences_than_the_bound_are_refused_and_the_open_ones_go_on()
    {
        await using GatewayHarness h = await StartAsync(2);
        await ExpectAsync(h, "c-1", Body(1), "v1");
        await ExpectAsync(h, "c-1", Body(2), "v1");
        using HttpResponseMessage refused = await h.InferAsync("c-1", Body(3));
        await AssertProblemAsync(refused, 503, "sequences-full");
        await ExpectAsync(h, "c-1", Body(2), "v1");
        await ExpectAsync(h, "c-1", Body(1, "sequence_end"), "v1");
        await ExpectAsync(h, "c-1", Body(3), "v1");
    }

    [Fact]
    public async Task A_request_with_binary_tensors_belongs_to_its_sequence_too()
    {
        await using GatewayHarness h = await StartAsync(10);
        string json = Body(7);
        await BinaryAsync("v1");
        await h.MoveAsync(Switched);
        await BinaryAsync("v1");

        async Task BinaryAsync(string release)
        {
            using HttpResponseMessage answer = await h.InferAsync(
                "c-1",
                json + "\u0001\u0002{",
                r => r.Headers.Add("Inference-Header-Content-Length", $"{json.Length}")
            );
            Assert.Equal(release, Header(answer, "Handover-Release"));
        }
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("[]")]
    [InlineData("""{"parameters":3}""")]
    [InlineData("""{"parameters":{"sequence_id":0}}""")]
    [InlineData("""{"parameters":{"sequence_id":{}}}""")]
    public async Task What_names_no_sequence_pins_nothing(string body)
    {
        await using GatewayHarness h = await StartAsync(1);
        await ExpectAsync(h, "c-1", body, "v1");
        await h.UntilAsync(() => h.Server.Status("price")!.LivePins.Count == 0);
    }

    private static Task<GatewayHarness> StartAsync(int most, TimeSpan? idle = null) =>
        GatewayHarness.StartAsync(h =>
            h.Service = h.Service with { Sequences = new SequencePolicy(idle ?? TimeSpan.FromMinutes(1), most) }
        );

    private static string Body(int id, string? mark = null) =>
        mark is null
            ? $$$"""{"parameters":{"sequence_id":{{{id}}}},"inputs":[]}"""
            : $$$"""{"parameters":{"sequence_id":{{{id}}},"{{{mark}}}":true},"inputs":[]}""";

    private static async Task ExpectAsync(GatewayHarness h, string entity, string body, string release)
    {
        using HttpResponseMessage answer = await h.InferAsync(entity, body);
        Assert.Equal(release, Header(answer, "Handover-Release"));
    }
}
