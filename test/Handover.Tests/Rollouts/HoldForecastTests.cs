using Handover.Core.Foundation;
using Handover.Core.Moves;
using Handover.Core.Rollouts;
using Handover.Core.Traffic;
using Xunit;

namespace Handover.Tests.Rollouts;

public sealed class HoldForecastTests
{
    private static readonly TimeSpan Hold = TimeSpan.FromMilliseconds(400);
    private static readonly TimeSpan Protocol = TimeSpan.FromMilliseconds(10);

    [Theory]
    [InlineData(null, 199.0, DrainMode.Atomic)]
    [InlineData(null, 200.0, DrainMode.Dispatch)]
    [InlineData(null, null, DrainMode.Dispatch)]
    [InlineData(DrainMode.Atomic, 900.0, DrainMode.Atomic)]
    [InlineData(DrainMode.Dispatch, 1.0, DrainMode.Dispatch)]
    public void Auto_waits_for_requests_in_flight_only_where_they_end_well_within_the_hold(
        DrainMode? asked,
        double? p99,
        DrainMode chosen
    ) => Assert.Equal(chosen, DrainChoice.Of(asked, p99, Hold).Mode);

    [Fact]
    public void Held_requests_are_rate_times_slice_times_the_time_that_is_held()
    {
        var shift = HoldForecast.Of(1000, new Ratio(0.05), 20, null, Hold, Protocol);
        Assert.Equal(TimeSpan.FromMilliseconds(30), shift.Longest);
        Assert.Equal(1000 * 0.05 * 0.030, shift.Requests, 9);
        var dispatched = HoldForecast.Of(1000, Ratio.One, 20, DrainMode.Dispatch, Hold, Protocol);
        Assert.Equal((10.0, TimeSpan.FromMilliseconds(10)), (dispatched.Requests, dispatched.Longest));
        var slow = HoldForecast.Of(10, Ratio.One, 5000, DrainMode.Atomic, Hold, Protocol);
        Assert.Equal(Hold, slow.Longest);
    }

    [Fact]
    public void The_next_move_of_a_plan_is_the_active_phases_until_it_is_made()
    {
        RolloutWalk walk = new RolloutWalk(RolloutWalk.Parallel()).Prepared();
        Assert.Equal(Share.FromPercent(10), ((MoveTarget.Shares)Effects.NextMove(walk.State)!.Value.Target).Share);
        walk.Move();
        Assert.Equal(Share.All, ((MoveTarget.Shares)Effects.NextMove(walk.State)!.Value.Target).Share);
    }

    [Fact]
    public void The_moves_ahead_follow_each_other_and_what_moves_nobody_is_no_move()
    {
        RolloutWalk walk = new RolloutWalk(RolloutWalk.Parallel()).Prepared();
        RolloutState s = walk.State;
        var now = Routing.Only(s.Plan.Service, s.From);
        var ahead = Effects.MovesAhead(s, now).ToList();
        Assert.Equal(now, ahead[0].Before);
        Assert.All(ahead.Zip(ahead.Skip(1)), pair => Assert.Same(pair.First.After, pair.Second.Before));
        Assert.Equal([Share.FromPercent(10), Share.All], ahead.Take(2).Select(m => m.After.Share));
        Assert.Equal(s.Plan.To, ahead[^1].After.Stable);
        Assert.Empty(Effects.MovesAhead(s, ahead[^1].After).Where(m => m.After == m.Before));
    }
}
