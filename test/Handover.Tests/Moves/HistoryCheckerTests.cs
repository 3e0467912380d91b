using Handover.Core.Moves;
using Handover.Core.Traffic;
using Handover.Simulation;
using Xunit;

namespace Handover.Tests.Moves;

/// <summary>
/// A checker that is wrong proves the wrong thing: each verdict on a history that is known to be good or bad.
/// </summary>
public sealed class HistoryCheckerTests
{
    private static readonly Routing V1 = Routing.Only("price", "v1");
    private static readonly Routing V2 = Routing.Only("price", "v2");
    private readonly HistoryChecker _checker = new();
    private long _request;

    public HistoryCheckerTests() => _checker.Created(V1);

    [Fact]
    public void A_move_by_the_book_is_good()
    {
        long before = Dispatch("gw-0", 1, "v1");
        Begin(1);
        _checker.Completed(before);
        _checker.HeldSaid("gw-0", 1);
        _checker.HeldSaid("gw-1", 1);
        _checker.Committed(1, 2, V2);
        Dispatch("gw-0", 2, "v2");
        _checker.ReportedCommit(1, 2, V2);
        Assert.Null(_checker.Violation);
    }

    [Fact]
    public void An_attempt_that_is_given_up_lets_everybody_go_on() =>
        Good(() =>
        {
            Begin(1);
            _checker.HeldSaid("gw-0", 1);
            _checker.Ended(1);
            Dispatch("gw-0", 1, "v1");
            _checker.ReportedAbort(1);
        });

    [Fact]
    public void In_flight_requests_may_go_on_when_the_move_does_not_drain() =>
        Good(() =>
        {
            Dispatch("gw-0", 1, "v1");
            Move(DrainMode.Dispatch);
            Dispatch("gw-1", 2, "v2");
        });

    [Fact]
    public void A_killed_gateways_orphans_are_nobodys_fault() =>
        Good(() =>
        {
            Dispatch("gw-0", 1, "v1");
            _checker.Died("gw-0");
            Move(DrainMode.Atomic);
            Dispatch("gw-1", 2, "v2");
        });

    [Fact]
    public void A_commit_without_a_promise_is_I6() =>
        Bad(
            "A8/I6",
            () =>
            {
                Begin(1);
                _checker.HeldSaid("gw-0", 1);
                _checker.Committed(1, 2, V2);
            }
        );

    [Fact]
    public void A_gap_in_the_epochs_is_I1() =>
        Bad(
            "A6/I1",
            () =>
            {
                Begin(1);
                _checker.Committed(1, 3, V2);
            }
        );

    [Fact]
    public void A_commit_after_the_end_is_I1() =>
        Bad(
            "A6/I1",
            () =>
            {
                Begin(1);
                _checker.Ended(1);
                _checker.Committed(1, 2, V2);
            }
        );

    [Fact]
    public void Dispatch_under_the_old_epoch_after_the_commit_is_I2() =>
        Bad(
            "A2/I2",
            () =>
            {
                Move(DrainMode.Atomic);
                Dispatch("gw-0", 1, "v1");
            }
        );

    [Fact]
    public void Two_releases_at_work_on_one_customer_is_I3() =>
        Bad(
            "A2/I3",
            () =>
            {
                Dispatch("gw-0", 1, "v1");
                Move(DrainMode.Atomic);
                Dispatch("gw-1", 2, "v2");
            }
        );

    [Fact]
    public void Dispatch_between_the_promise_and_the_outcome_is_I7() =>
        Bad(
            "A7/I7",
            () =>
            {
                Begin(1);
                _checker.HeldSaid("gw-0", 1);
                Dispatch("gw-0", 1, "v1");
            }
        );

    [Fact]
    public void A_release_that_the_document_does_not_name_is_A6() => Bad("A6", () => Dispatch("gw-0", 1, "v2"));

    [Fact]
    public void An_epoch_that_does_not_exist_is_I1() => Bad("A6/I1", () => Dispatch("gw-0", 2, "v2"));

    [Fact]
    public void A_request_from_nowhere_is_A5() => Bad("A5", () => _checker.Dispatched("gw-0", 77, 3, 1, "v1"));

    [Fact]
    public void A_request_that_overtakes_another_is_FIFO() =>
        Bad(
            "FIFO",
            () =>
            {
                _checker.Arrived("gw-0", 1);
                _checker.Arrived("gw-0", 2);
                _checker.Dispatched("gw-0", 2, 3, 1, "v1");
                _checker.Dispatched("gw-0", 1, 3, 1, "v1");
            }
        );

    [Fact]
    public void A_hold_of_somebody_who_does_not_move_is_SLICE() => Bad("SLICE", () => _checker.Buffered("gw-0", 3));

    [Fact]
    public void A_commit_that_never_was_and_is_reported_is_A11() =>
        Bad(
            "A11",
            () =>
            {
                Begin(1);
                _checker.Ended(1);
                _checker.ReportedCommit(1, 2, V2);
            }
        );

    [Fact]
    public void A_commit_that_is_reported_as_given_up_is_A11() =>
        Bad(
            "A11",
            () =>
            {
                Move(DrainMode.Atomic);
                _checker.ReportedAbort(1);
            }
        );

    [Fact]
    public void A_gateway_that_never_comes_back_is_LIVE() =>
        Bad("LIVE", () => _checker.Settled("gw-0", serving: false, epoch: 1, storeOpen: false));

    [Fact]
    public void The_masks_of_the_world_say_what_the_shipped_slice_says()
    {
        var gold = new SegmentShare(SimWorld.Gold, new Core.Foundation.Share(60_000));
        Routing before = V1 with { Candidate = "v2", Salt = "s", Share = new Core.Foundation.Share(20_000) };
        Routing after = before with { Share = new Core.Foundation.Share(45_000), Segments = [gold] };
        for (int entity = 0; entity < SimEntities.Count; entity++)
        {
            Assert.True(SimEntities.Agrees(new Slice(before, after), entity));
            Assert.True(SimEntities.Agrees(new Slice(before, before with { Closed = true }), entity));
        }
    }

    private void Good(Action history)
    {
        history();
        Assert.Null(_checker.Violation);
    }

    private void Bad(string invariant, Action history)
    {
        history();
        Assert.StartsWith(invariant + " ", _checker.Violation, StringComparison.Ordinal);
    }

    private void Begin(long attempt) =>
        _checker.Began(attempt, [new EpochMember("gw-0", "a"), new EpochMember("gw-1", "b")], V2);

    private void Move(DrainMode drain)
    {
        Begin(1);
        _checker.HoldSent(1, drain);
        _checker.HeldSaid("gw-0", 1);
        _checker.HeldSaid("gw-1", 1);
        _checker.Committed(1, 2, V2);
    }

    private long Dispatch(string gateway, long epoch, string release)
    {
        _checker.Arrived(gateway, ++_request);
        _checker.Dispatched(gateway, _request, 3, epoch, release);
        return _request;
    }
}
