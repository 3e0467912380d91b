using System.Diagnostics;
using System.Net;
using Handover.Core.Foundation;
using Handover.Core.Rollouts;
using Handover.Core.Traffic;
using Handover.Ports;
using Handover.Testkit;
using Xunit;
using static Handover.Integration.Gateway.ForwardingTests;

namespace Handover.Integration.Gateway;

/// <summary>The organisation's flag: it only takes away, it is obeyed in time, and its troubles hurt nobody.</summary>
public sealed class OutsideFlagTests
{
    private static readonly Routing Half = new("price", "v1")
    {
        Candidate = "v2",
        Salt = "s",
        Share = Share.FromPercent(50),
    };

    private static readonly string In = Entity(inside: true);
    private static readonly string Out = Entity(inside: false);

    [Fact]
    public async Task The_flag_takes_away_what_the_share_gives_and_never_adds_to_it()
    {
        await using FlagServerFake flags = await FlagServerFake.StartAsync();
        await using GatewayHarness h = await StartAsync(flags);
        Assert.Equal(("v2", "v1"), (await ReleaseAsync(h, In), await ReleaseAsync(h, Out)));
        Assert.Contains("/ofrep/v1/evaluate/flags/price-v2 ", flags.Asked.First(), StringComparison.Ordinal);
        flags.Answer = _ => """{"key":"f","value":false}""";
        await h.UntilAsync(async () => await ReleaseAsync(h, In) == "v1");
        Exchange last = h.Exchanges.Last();
        Assert.Equal((AssignReason.Stable, Share.None), (last.Reason, last.CandidateShare));
    }

    [Fact]
    public async Task A_flipped_flag_wins_within_its_lifetime_though_the_store_is_away()
    {
        await using FlagServerFake flags = await FlagServerFake.StartAsync();
        await using GatewayHarness h = await StartAsync(flags, ttl: TimeSpan.FromSeconds(1));
        Assert.Equal("v2", await ReleaseAsync(h, In));
        h.Store.Away = true;
        flags.Answer = _ => """{"key":"f","value":"v1","variant":"v1"}""";
        long flipped = Stopwatch.GetTimestamp();
        await h.UntilAsync(async () => await ReleaseAsync(h, In) == "v1");
        TimeSpan took = Stopwatch.GetElapsedTime(flipped);
        TestContext.Current.SendDiagnosticMessage($"outside flag: obeyed {took.TotalMilliseconds:0} ms after the flip");
        Assert.True(took < TimeSpan.FromSeconds(1.5), $"{took}");
    }

    [Theory]
    [InlineData("""{"key":"f","value":true}""", "v2")]
    [InlineData("""{"key":"f","value":"v2"}""", "v2")]
    [InlineData("""{"key":"f","value":"some text","variant":"v2"}""", "v2")]
    [InlineData("""{"key":"f","value":false,"variant":"v2"}""", "v1")]
    [InlineData("""{"key":"f","reason":"STATIC"}""", "v1")]
    public async Task Answers_mean_what_the_page_says(string answer, string release)
    {
        await using FlagServerFake flags = await FlagServerFake.StartAsync();
        flags.Answer = _ => answer;
        await using GatewayHarness h = await StartAsync(flags);
        Assert.Equal(release, await ReleaseAsync(h, In));
        FlagCounts counts = h.Server.Status("price")!.Flag;
        Assert.Equal((0, 0), (counts.Unknown, counts.Failed));
    }

    [Fact]
    public async Task An_unknown_variant_is_stable_and_counted()
    {
        await using FlagServerFake flags = await FlagServerFake.StartAsync();
        flags.Answer = _ => """{"key":"f","value":"v3","variant":"v3"}""";
        await using GatewayHarness h = await StartAsync(flags);
        Assert.Equal("v1", await ReleaseAsync(h, In));
        Assert.Equal(1, h.Server.Status("price")!.Flag.Unknown);
    }

    [Theory]
    [InlineData(500, 0, "{}")]
    [InlineData(404, 0, """{"key":"f","errorCode":"FLAG_NOT_FOUND"}""")]
    [InlineData(200, 2000, """{"key":"f","value":true}""")]
    [InlineData(200, 0, "no json")]
    public async Task A_flag_server_in_trouble_means_stable_within_its_time(int status, int delay, string answer)
    {
        await using FlagServerFake flags = await FlagServerFake.StartAsync();
        (flags.Status, flags.Delay, flags.Answer) = (status, TimeSpan.FromMilliseconds(delay), _ => answer);
        await using GatewayHarness h = await StartAsync(flags);
        long began = Stopwatch.GetTimestamp();
        Assert.Equal("v1", await ReleaseAsync(h, In));
        Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(1.5));
        Assert.Equal(1, h.Server.Status("price")!.Flag.Failed);
    }

    [Fact]
    public async Task Requests_of_one_entity_at_once_are_one_question_and_answers_are_remembered()
    {
        await using FlagServerFake flags = await FlagServerFake.StartAsync();
        flags.Delay = TimeSpan.FromMilliseconds(100);
        await using GatewayHarness h = await StartAsync(flags, ttl: TimeSpan.FromSeconds(30));
        string[] releases = await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => ReleaseAsync(h, In)));
        Assert.All(releases, r => Assert.Equal("v2", r));
        Assert.Equal("v2", await ReleaseAsync(h, In));
        Assert.Single(flags.Asked);
    }

    [Fact]
    public async Task The_gateway_tells_what_it_would_do_as_it_does_it()
    {
        await using FlagServerFake flags = await FlagServerFake.StartAsync();
        flags.Answer = entity => $$"""{"key":"f","value":{{(entity.EndsWith('7') ? "false" : "true")}}}""";
        await using GatewayHarness h = await StartAsync(flags, ttl: TimeSpan.FromSeconds(30));
        var none = new Dictionary<string, string>();
        for (int i = 0; i < 60; i++)
        {
            string entity = $"e-{i}";
            GatewayAnswer answer = (await h.Server.AskAsync("price", entity, none))!;
            Assert.Equal(answer.Assigned.Release, await ReleaseAsync(h, entity));
            Assert.Equal(entity.EndsWith('7'), answer.Excluded);
        }
    }

    private static async Task<GatewayHarness> StartAsync(FlagServerFake flags, TimeSpan? ttl = null)
    {
        GatewayHarness h = await GatewayHarness.StartAsync(set =>
            set.Flag = new OutsideFlag(
                flags.Address,
                "price-v2",
                TimeSpan.FromMilliseconds(500),
                ttl ?? TimeSpan.FromMilliseconds(300)
            )
        );
        await h.MoveAsync(Half);
        return h;
    }

    private static string Entity(bool inside) =>
        Enumerable.Range(0, 1000).Select(i => $"c-{i}").First(e => Assignment.Bucket("s", e) < 50_000 == inside);

    private static async Task<string> ReleaseAsync(GatewayHarness h, string entity)
    {
        using HttpResponseMessage answer = await h.InferAsync(entity);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        await answer.Content.ReadAsByteArrayAsync();
        return Header(answer, "Handover-Release");
    }
}
