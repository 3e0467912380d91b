using System.Collections.Concurrent;
using System.Net;
using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Core.Moves;
using Handover.Core.Traffic;
using Handover.Ports;
using Handover.Testkit;
using Xunit;
using static Handover.Integration.Gateway.ForwardingTests;

namespace Handover.Integration.Gateway;

/// <summary>Moves through a real gateway under real requests: held, released in order, bounded, never lost.</summary>
public sealed class HoldingTests
{
    private static readonly Routing Switched = Routing.Only("price", "v2", switched: true);

    [Fact]
    public async Task A_switch_under_load_fails_nobody_and_no_entity_meets_the_old_release_again()
    {
        await using GatewayHarness h = await GatewayHarness.StartAsync();
        using var stop = new CancellationTokenSource();
        ConcurrentBag<HttpStatusCode>[] statuses =
        [
            .. Enumerable.Range(0, 16).Select(_ => new ConcurrentBag<HttpStatusCode>()),
        ];
        Task[] callers = [.. statuses.Select((own, i) => CallAsync(h, $"c-{i}", own, stop.Token))];
        await h.UntilAsync(() => statuses.All(own => own.Count > 3));
        foreach (Routing next in new[] { HalfShare(), Switched, Routing.Only("price", "v1"), Switched })
        {
            await h.MoveAsync(next);

            // Each caller, or a starved one would change less often: its second answer began after the move.
            int[] seen = [.. statuses.Select(own => own.Count)];
            await h.UntilAsync(() => statuses.Zip(seen).All(c => c.First.Count > c.Second + 1));
        }

        await stop.CancelAsync();
        await Task.WhenAll(callers);
        Assert.All(statuses.SelectMany(own => own), s => Assert.Equal(HttpStatusCode.OK, s));
        AssertNoFlips(h);
    }

    [Fact]
    public async Task Held_requests_wait_and_go_on_under_the_new_document()
    {
        await using GatewayHarness h = await GatewayHarness.StartAsync();
        long attempt = await h.HoldAsync(Switched);
        Task<HttpResponseMessage>[] calls = [.. Enumerable.Range(0, 100).Select(i => h.InferAsync($"c-{i}"))];
        await h.UntilAsync(() => h.Server.Status("price")!.Held == 100);
        Assert.Empty(h.V1.Log);
        await h.UntilHeldAsync(attempt);
        await h.CommitAsync(attempt);
        foreach (HttpResponseMessage answer in await Task.WhenAll(calls))
        {
            Assert.Equal("v2", Header(answer, "Handover-Release"));
            Assert.Equal("switched", Header(answer, "Handover-Reason"));
        }

        Assert.Equal(100, h.V2.Log.Count);
        Assert.All(h.Exchanges, e => Assert.True(e.Held > TimeSpan.Zero));
    }

    [Fact]
    public async Task Only_the_slice_is_held()
    {
        await using GatewayHarness h = await GatewayHarness.StartAsync();
        long attempt = await h.HoldAsync(HalfShare());
        string stays = Enumerable
            .Range(0, 99)
            .Select(i => $"c-{i}")
            .First(e => Assignment.Assign(HalfShare(), e).Release == "v1");
        using HttpResponseMessage answer = await h.InferAsync(stays);
        Assert.Equal("v1", Header(answer, "Handover-Release"));
        await h.Store.AbortAsync("price", attempt, "test", "", default);
        h.Server.Deliver(new MoveMessage.Abort("price", attempt));
        await h.UntilAsync(() => !h.Server.Status("price")!.Holding);
    }

    [Fact]
    public async Task An_atomic_drain_promises_only_once_the_slice_has_left_the_old_release()
    {
        await using GatewayHarness h = await GatewayHarness.StartAsync(h =>
            h.Service = h.Service with { Errors = new ErrorPolicy { Timeout = TimeSpan.FromSeconds(10) } }
        );
        using var go = new SemaphoreSlim(0);
        h.V1.Behaviour = FakeModelServer.Trickle(["{}"], go);
        Task<HttpResponseMessage> call = h.InferAsync("c-1");
        await h.UntilAsync(() => !h.V1.Log.IsEmpty);
        long attempt = await h.HoldAsync(Switched);
        await Task.Delay(100);
        Assert.Empty(h.Replies);
        go.Release();
        using HttpResponseMessage answer = await call;
        await answer.Content.ReadAsStringAsync();
        await h.UntilHeldAsync(attempt);
        Assert.Equal("v1", Header(answer, "Handover-Release"));
    }

    [Fact]
    public async Task A_dispatch_drain_promises_at_once_and_the_old_stream_ends_where_it_began()
    {
        await using GatewayHarness h = await GatewayHarness.StartAsync();
        using var go = new SemaphoreSlim(0);
        h.V1.Behaviour = FakeModelServer.Trickle(["a", "b"], go);
        Task<HttpResponseMessage> call = h.InferAsync("c-1");
        go.Release();
        using HttpResponseMessage stream = await call;
        await h.MoveAsync(Switched, DrainMode.Dispatch);
        using HttpResponseMessage fresh = await h.InferAsync("c-1");
        Assert.Equal("v2", Header(fresh, "Handover-Release"));
        Assert.Equal(1, h.Server.Status("price")!.InFlight["v1"]);
        Assert.Equal(1, h.Server.Status("price")!.LivePins["v1"]);
        go.Release();
        Assert.Equal("ab", await stream.Content.ReadAsStringAsync());
        await h.UntilAsync(() => h.Server.Status("price")!.InFlight.Count == 0);
    }

    [Fact]
    public async Task A_lost_outcome_is_fetched_from_the_store()
    {
        await using GatewayHarness h = await GatewayHarness.StartAsync();
        long attempt = await h.HoldAsync(Switched, holdMs: 300);
        await h.UntilHeldAsync(attempt);
        Task<HttpResponseMessage> call = h.InferAsync("c-1");
        await h.Store.CommitAsync("price", attempt, "test", default);
        using HttpResponseMessage answer = await call;
        Assert.Equal("v2", Header(answer, "Handover-Release"));
    }

    [Fact]
    public async Task A_hold_without_a_store_never_ends_by_time_and_the_slice_gets_503()
    {
        await using GatewayHarness h = await GatewayHarness.StartAsync(h =>
            h.Service = h.Service with { Limits = new ServiceLimits { HoldFor = TimeSpan.FromMilliseconds(300) } }
        );
        long attempt = await h.HoldAsync(HalfShare(), holdMs: 50);
        h.Store.Away = true;
        string moves = Enumerable
            .Range(0, 99)
            .Select(i => $"c-{i}")
            .First(e => Assignment.Assign(HalfShare(), e).Release == "v2");
        using HttpResponseMessage refused = await h.InferAsync(moves);
        await AssertProblemAsync(refused, 503, "hold-timeout");
        Assert.True(h.Server.Status("price")!.Holding);
        h.Store.Away = false;
        await h.UntilAsync(() => !h.Server.Status("price")!.Holding);
        using HttpResponseMessage answer = await h.InferAsync(moves);
        Assert.Equal("v1", Header(answer, "Handover-Release"));
        Assert.Equal(1, attempt);
    }

    [Fact]
    public async Task The_newest_is_refused_when_the_line_is_full_and_a_caller_that_leaves_frees_its_place()
    {
        await using GatewayHarness h = await GatewayHarness.StartAsync(h =>
            h.Service = h.Service with
            {
                Limits = new ServiceLimits { HoldRequests = 2, HoldFor = TimeSpan.FromSeconds(10) },
            }
        );
        long attempt = await h.HoldAsync(Switched);
        using var gone = new CancellationTokenSource();
        Task<HttpResponseMessage> first = h.InferAsync("c-1");
        Task<HttpResponseMessage> leaver = h.Client.GetAsync(GatewayHarness.Path, gone.Token);
        await h.UntilAsync(() => h.Server.Status("price")!.Held == 2);
        using HttpResponseMessage refused = await h.InferAsync("c-3");
        await AssertProblemAsync(refused, 503, "hold-overflow");
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaver);
        await h.UntilAsync(() => h.Server.Status("price")!.Held == 1);
        Task<HttpResponseMessage> next = h.InferAsync("c-4");
        await h.UntilAsync(() => h.Server.Status("price")!.Held == 2);
        await h.UntilHeldAsync(attempt);
        await h.CommitAsync(attempt);
        Assert.Equal(HttpStatusCode.OK, (await first).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await next).StatusCode);
    }

    [Fact]
    public async Task A_closed_service_holds_and_then_says_503()
    {
        await using GatewayHarness h = await GatewayHarness.StartAsync(h =>
            h.Service = h.Service with { Limits = new ServiceLimits { HoldFor = TimeSpan.FromMilliseconds(200) } }
        );
        await h.MoveAsync(Routing.Only("price", "v1") with { Closed = true });
        using HttpResponseMessage refused = await h.InferAsync("c-1");
        await AssertProblemAsync(refused, 503, "hold-timeout");
        await h.MoveAsync(Switched);
        using HttpResponseMessage answer = await h.InferAsync("c-1");
        Assert.Equal("v2", Header(answer, "Handover-Release"));
    }

    [Fact]
    public async Task A_gateway_serves_on_without_the_store_and_boots_from_its_file()
    {
        await using GatewayHarness h = await GatewayHarness.StartAsync();
        await h.MoveAsync(Switched);
        h.Store.Away = true;
        using HttpResponseMessage before = await h.InferAsync("c-1");
        Assert.Equal("v2", Header(before, "Handover-Release"));

        // The store is away, so leaving fails and the file must still be there for the next incarnation.
        await h.Server.DisposeAsync();
        await h.BootAsync();
        await h.UntilAsync(() => h.Server.Status("price")!.Epoch == 2);
        using HttpResponseMessage after = await h.InferAsync("c-1");
        Assert.Equal("v2", Header(after, "Handover-Release"));
    }

    [Fact]
    public async Task A_clean_stop_lets_requests_end_and_leaves_the_store()
    {
        await using GatewayHarness h = await GatewayHarness.StartAsync();
        using var go = new SemaphoreSlim(0);
        h.V1.Behaviour = FakeModelServer.Trickle(["done"], go);
        Task<HttpResponseMessage> call = h.InferAsync("c-1");
        await h.UntilAsync(() => !h.V1.Log.IsEmpty);
        Task stopping = h.Server.StopAsync(default);
        Assert.False(h.Server.Ready);
        go.Release();
        using HttpResponseMessage answer = await call;
        Assert.Equal("done", await answer.Content.ReadAsStringAsync());
        await stopping;
        Assert.Empty(h.Store.Members("price"));
    }

    [Fact]
    public async Task A_copy_that_stalls_does_not_keep_a_stopping_gateway_a_member()
    {
        await using GatewayHarness h = await GatewayHarness.StartAsync(h =>
            h.Mirror = new MirrorConfiguration("v2", Share.All, 8, TimeSpan.FromMinutes(5))
        );
        h.V2.Behaviour = FakeModelServer.Stall();
        using HttpResponseMessage answer = await h.InferAsync("c-1");
        await answer.Content.ReadAsByteArrayAsync();
        await h.UntilAsync(() => !h.V2.Log.IsEmpty);
        await h.Server.StopAsync(default);
        Assert.Empty(h.Store.Members("price"));
    }

    [Fact]
    public async Task One_directory_belongs_to_one_running_gateway()
    {
        await using GatewayHarness h = await GatewayHarness.StartAsync();
        await Assert.ThrowsAsync<IOException>(() => h.BootAsync());
    }

    private static async Task CallAsync(
        GatewayHarness h,
        string entity,
        ConcurrentBag<HttpStatusCode> statuses,
        CancellationToken stop
    )
    {
        while (!stop.IsCancellationRequested)
        {
            using HttpResponseMessage answer = await h.InferAsync(entity);
            await answer.Content.ReadAsByteArrayAsync(CancellationToken.None);
            statuses.Add(answer.StatusCode);
        }
    }

    // v1 -> half -> v2 -> v1 -> v2: by the servers' own logs each entity comes to v2 once, then goes and comes.
    private static void AssertNoFlips(GatewayHarness h)
    {
        foreach (var entity in h.V1.Log.Concat(h.V2.Log).GroupBy(r => r.Headers["x-customer-id"]))
        {
            string[] order = [.. entity.OrderBy(r => r.Arrival).Select(r => r.Release)];
            int changes = order.Zip(order.Skip(1)).Count(p => p.First != p.Second);
            Assert.Equal(3, changes);
        }
    }
}
