using Handover.Core.Catalog;
using Handover.Core.Contracts.Adapters;
using Handover.Core.Foundation;
using Handover.Core.Moves;
using Handover.Core.Traffic;
using Handover.Gateway.Draining;
using Handover.Gateway.Holding;
using Handover.Gateway.Routing;
using Xunit;

namespace Handover.Tests.Gateway;

/// <summary>The line of held requests, the table of those in flight, and the race between them and a hold.</summary>
public sealed class HoldLineTests : IDisposable
{
    private static readonly Dictionary<string, string> None = [];
    private static readonly Routing V1 = Routing.Only("s", "v1");
    private static readonly Routing V2 = Routing.Only("s", "v2");
    private readonly string _directory = Directory.CreateTempSubdirectory("handover-line-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task The_line_is_left_in_order_of_arrival_and_a_few_at_a_time()
    {
        ServiceUnit unit = NewUnit();
        unit.Route(1, V1, new Slice(V1, V2));
        Task<HoldResult>[] waits = [.. Enumerable.Range(0, 200).Select(i => WaitAsync(unit, $"c-{i}").AsTask())];
        Assert.Equal(200, unit.Line.Count);
        unit.Route(2, V2, null);
        for (int done = 0; done < 200; done++)
        {
            HoldResult result = await waits[done].WaitAsync(TimeSpan.FromSeconds(10));
            Assert.Equal(Math.Max(0, 200 - HoldLine.ReleaseConcurrency - done), unit.Line.Count);
            result.Slot!.Dispose();
            result.Slot.Dispose();
        }
    }

    [Fact]
    public async Task A_new_hold_keeps_those_that_it_holds_and_lets_the_others_go()
    {
        Routing half = V1 with { Candidate = "v2", Salt = "x", Share = Share.FromPercent(50) };
        ServiceUnit unit = NewUnit();
        unit.Route(1, V1, new Slice(V1, V2));
        Task<HoldResult>[] waits = [.. Enumerable.Range(0, 40).Select(i => WaitAsync(unit, $"c-{i}").AsTask())];
        var slice = new Slice(V1, half);
        unit.Route(1, V1, slice);
        for (int i = 0; i < 40; i++)
        {
            if (!slice.Contains($"c-{i}"))
            {
                await waits[i].WaitAsync(TimeSpan.FromSeconds(10));
            }
        }

        Assert.Equal(Enumerable.Range(0, 40).Count(i => slice.Contains($"c-{i}")), unit.Line.Count);
    }

    [Fact]
    public async Task Bytes_and_number_are_bounded_and_the_newest_is_refused()
    {
        ServiceUnit unit = NewUnit(new ServiceLimits { HoldRequests = 2, HoldBytes = 100 });
        unit.Route(1, V1, new Slice(V1, V2));
        _ = WaitAsync(unit, "a", 60).AsTask();
        Assert.Equal(HoldEnd.Overflowed, (await WaitAsync(unit, "b", 41)).End);
        _ = WaitAsync(unit, "c", 40).AsTask();
        Assert.Equal(HoldEnd.Overflowed, (await WaitAsync(unit, "d", 0)).End);
        Assert.Equal(2, unit.Line.Overflowed);
    }

    [Fact]
    public async Task A_request_that_read_an_old_snapshot_looks_again_instead_of_waiting_for_ever()
    {
        ServiceUnit unit = NewUnit();
        unit.Route(1, V1, new Slice(V1, V2));
        ServiceSnapshot old = unit.Snapshot;
        unit.Route(2, V2, null);
        HoldResult result = await unit.Line.WaitAsync(old, "a", None, 0, TimeSpan.FromHours(1), default);
        Assert.Equal(HoldEnd.Released, result.End);
    }

    [Fact]
    public void A_slice_is_drained_when_its_last_caller_has_left_and_hops_do_not_count()
    {
        var table = new InFlightTable();
        InFlightTicket caller = table.Enter("v1", "a", None, InFlightKind.Caller);
        InFlightTicket copy = table.Enter("v1", "a", None, InFlightKind.Copy);
        InFlightTicket hop = table.Enter("v1", null, None, InFlightKind.Hop);
        int drained = 0;
        table.WatchSlice(new Slice(V1, V2), DrainMode.Atomic, () => drained++);
        table.Dispatched(caller);
        table.Exit(hop);
        Assert.Equal(0, drained);
        Assert.Equal(2, table.LivePins["v1"]);
        table.Exit(caller);
        table.Exit(caller);
        Assert.Equal(1, drained);
        table.Exit(copy);
        Assert.Empty(table.ByRelease);
        Assert.True(table.WhenIdle().IsCompleted);
    }

    [Fact]
    public void A_dispatch_drain_waits_only_for_those_that_are_not_on_the_wire()
    {
        var table = new InFlightTable();
        InFlightTicket sent = table.Enter("v1", "a", None, InFlightKind.Caller);
        table.Dispatched(sent);
        InFlightTicket about = table.Enter("v1", "b", None, InFlightKind.Caller);
        int drained = 0;
        table.WatchSlice(new Slice(V1, V2), DrainMode.Dispatch, () => drained++);
        Assert.Equal(0, drained);
        table.Dispatched(about);
        Assert.Equal(1, drained);
    }

    [Fact]
    public void The_file_keeps_the_promise_and_a_damaged_one_counts_as_none()
    {
        var file = new GoodFile(_directory, "s");
        Assert.Null(file.Read());
        var good = new LastKnownGood(7, 3, V1, 3);
        file.Write(good);
        Assert.Equal(RoutingCodec.Encode(good.Routing), RoutingCodec.Encode(file.Read()!.Routing));
        Assert.Equal((7L, 3L, 3L), (file.Read()!.Epoch, file.Read()!.Attempt, file.Read()!.Held!.Value));
        string path = Path.Combine(_directory, "s.good");
        string text = File.ReadAllText(path);
        File.WriteAllText(path, text.Replace("\"held\":3", "\"held\":null", StringComparison.Ordinal));
        Assert.Null(file.Read());
        File.WriteAllText(path, text[..(text.Length / 2)]);
        Assert.Null(file.Read());
        file.Delete();
        Assert.False(File.Exists(path));
    }

    private static ValueTask<HoldResult> WaitAsync(ServiceUnit unit, string entity, long bytes = 0) =>
        unit.Line.WaitAsync(unit.Snapshot, entity, None, bytes, TimeSpan.FromMinutes(1), CancellationToken.None);

    private static ServiceUnit NewUnit(ServiceLimits? limits = null)
    {
        Service service = RoutingTests.NewService("s", new ServiceRoute("/s")) with
        {
            Limits = limits ?? new ServiceLimits(),
        };
        var releases = new Dictionary<string, IReadOnlyDictionary<string, Handover.Gateway.Forwarding.MemberPool>>();
        return new ServiceUnit(
            new ServiceSettings(service, releases, null, null, [], new Dictionary<string, AnswerAdapter>(), []),
            TimeProvider.System
        );
    }
}
