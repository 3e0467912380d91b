using System.Diagnostics;
using Handover.Core.Foundation;
using Handover.Core.Traffic;
using Handover.Gateway.Feed;
using Handover.Ports;
using Xunit;
using static Handover.Integration.Gateway.ForwardingTests;

namespace Handover.Integration.Gateway;

/// <summary>The kill switch at a gateway, obeyed without the store; never undone by accident.</summary>
public sealed class KillSwitchTests
{
    private static readonly Routing Half = new("price", "v1")
    {
        Candidate = "v2",
        Salt = "s",
        Share = Share.FromPercent(50),
    };

    private static readonly string OnCandidate = Enumerable
        .Range(0, 1000)
        .Select(i => $"c-{i}")
        .First(e => Assignment.Bucket("s", e) < 50_000);

    [Fact]
    public async Task Off_sends_everybody_to_stable_at_once_though_the_store_is_away()
    {
        await using GatewayHarness h = await StartAsync();
        Assert.Equal("v2", await ReleaseAsync(h));
        h.Store.Away = true;
        Assert.Null(h.Server.Switch("price", Off));
        Assert.Equal("v1", await ReleaseAsync(h));
        Assert.Equal(Off, h.Server.Status("price")!.Off);
        Exchange last = h.Exchanges.Last();
        Assert.Equal(("v1", AssignReason.Stable, Share.None), (last.Release, last.Reason, last.CandidateShare));
    }

    [Fact]
    public async Task On_again_waits_for_a_routing_without_the_candidate()
    {
        await using GatewayHarness h = await StartAsync();
        h.Server.Switch("price", Off);
        h.Server.Switch("price", null);
        Assert.True(h.Server.Status("price")!.Off!.Lifted);
        Assert.Equal("v1", await ReleaseAsync(h));
        await h.MoveAsync(Routing.Only("price", "v1"));
        Assert.Null(h.Server.Status("price")!.Off);
        await h.MoveAsync(Half);
        Assert.Equal("v2", await ReleaseAsync(h));
    }

    [Fact]
    public async Task A_bare_file_switches_off_within_a_second_and_outlives_a_restart()
    {
        await using GatewayHarness h = await StartAsync();
        long began = Stopwatch.GetTimestamp();
        Directory.CreateDirectory(h.Flags);
        await File.WriteAllTextAsync(Path.Combine(h.Flags, "price.off"), "");
        await h.UntilAsync(() => h.Server.Status("price")!.Off is not null);
        Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(1));
        Assert.Equal(KillSwitch.AFile, h.Server.Status("price")!.Off!.By);
        Assert.Equal("v1", await ReleaseAsync(h));
        await h.Server.DisposeAsync();
        await h.BootAsync();
        Assert.Equal("v1", await ReleaseAsync(h));
        File.Delete(Path.Combine(h.Flags, "price.off"));
        await h.UntilAsync(() => h.Server.Status("price")!.Off is { Lifted: true });
        Assert.Equal("v1", await ReleaseAsync(h));
    }

    [Fact]
    public async Task A_damaged_file_is_as_good_as_any_and_one_for_another_service_is_nothing()
    {
        await using GatewayHarness h = await StartAsync();
        Directory.CreateDirectory(h.Flags);
        await File.WriteAllTextAsync(Path.Combine(h.Flags, "other.off"), "");
        await File.WriteAllTextAsync(Path.Combine(h.Flags, "price.off"), """{"by":7,""");
        await h.UntilAsync(() => h.Server.Status("price")!.Off is not null);
        Assert.Equal("v1", await ReleaseAsync(h));
        Assert.Equal("unknown-service", h.Server.Switch("other", Off)!.Code);
    }

    [Fact]
    public async Task A_disk_that_cannot_be_read_switches_nothing_on()
    {
        await using GatewayHarness h = await StartAsync();
        h.Server.Switch("price", Off);
        Directory.Delete(h.Flags, recursive: true);
        Directory.CreateSymbolicLink(h.Flags, h.Flags);
        await h.Server.DisposeAsync();
        await h.BootAsync();
        Assert.Equal("v1", await ReleaseAsync(h));
        Assert.ThrowsAny<IOException>(() => new KillSwitchFiles(h.Flags, TimeProvider.System).Names());
        File.Delete(h.Flags);
        await h.UntilAsync(() => h.Server.Status("price")!.Off is { Lifted: true });
    }

    [Fact]
    public async Task Off_stops_copies_and_outranks_a_caller_who_names_the_candidate()
    {
        await using GatewayHarness h = await StartAsync(set: harness =>
        {
            harness.Mirror = new MirrorConfiguration("v2", Share.All, 8, TimeSpan.FromSeconds(5));
            harness.Service = harness.Service with { AllowOverride = true };
            harness.OverrideTokens = [TrustTests.Hash("mine")];
        });
        h.Server.Switch("price", Off);
        using HttpResponseMessage answer = await h.InferAsync(
            OnCandidate,
            set: r =>
            {
                r.Headers.Add("Handover-Release", "v2");
                r.Headers.Add("Authorization", "Bearer mine");
            }
        );
        Assert.Equal("v1", Header(answer, "Handover-Release"));
        await answer.Content.ReadAsByteArrayAsync();
        await h.UntilAsync(() => !h.Exchanges.IsEmpty);
        await h.Server.StopAsync(default);
        Assert.Empty(h.V2.Log);
    }

    [Fact]
    public async Task A_switch_that_the_disk_does_not_take_is_in_force_and_says_so()
    {
        await using GatewayHarness h = await StartAsync();
        await File.WriteAllTextAsync(h.Flags, "a file where the directory should be");
        Problem told = h.Server.Switch("price", Off)!;
        Assert.Contains("restart forgets", told.Message, StringComparison.Ordinal);
        await Task.Delay(300, TestContext.Current.CancellationToken);
        Assert.Equal("v1", await ReleaseAsync(h));
        File.Delete(h.Flags);
    }

    private static KillSwitch Off { get; } = new("alice", "sick", DateTimeOffset.UnixEpoch);

    private static async Task<GatewayHarness> StartAsync(Action<GatewayHarness>? set = null)
    {
        GatewayHarness h = await GatewayHarness.StartAsync(set);
        await h.MoveAsync(Half);
        return h;
    }

    private static async Task<string> ReleaseAsync(GatewayHarness h)
    {
        using HttpResponseMessage answer = await h.InferAsync(OnCandidate);
        await answer.Content.ReadAsByteArrayAsync();
        return Header(answer, "Handover-Release")!;
    }
}
