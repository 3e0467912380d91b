using Handover.Control.Engine;
using Handover.Core.Catalog;
using Handover.Core.Contracts;
using Handover.Core.Foundation;
using Handover.Core.Rollouts;
using Xunit;

namespace Handover.Tests.Engine;

/// <summary>Each segment grows in its own business hours, and nothing waits that need not.</summary>
public sealed class PaceCalendarTests
{
    private static readonly MaintenanceWindow Office = new("0 9 * * MON-FRI", TimeSpan.FromHours(8), "Europe/Berlin");
    private static readonly MaintenanceWindow Holidays = new("0 0 24 12 *", TimeSpan.FromDays(3), "UTC");

    [Theory]
    [InlineData(
        "2026-11-23T07:59Z",
        "beta moves only in its windows, and none is open; it goes on at 2026-11-23 08:00"
    )]
    [InlineData("2026-11-23T08:00Z", null)]
    [InlineData(
        "2026-11-20T16:00Z",
        "beta moves only in its windows, and none is open; it goes on at 2026-11-23 08:00"
    )]
    [InlineData("2026-12-24T10:00Z", "beta is frozen until 2026-12-27 00:00:00Z; it goes on at 2026-12-28 08:00")]
    public void A_segment_grows_in_its_windows_outside_of_its_freezes(string at, string? wait)
    {
        Disagreement? found = PaceCalendar.WhyWait(State("beta"), Time(at));
        Assert.Equal(wait is null, found is null);
        Assert.StartsWith(wait ?? "", found?.Text ?? "", StringComparison.Ordinal);
        Assert.Equal(wait is null ? null : DisagreementKind.Window, found?.Kind);
    }

    [Fact]
    public void Others_and_what_is_done_or_goes_back_do_not_wait()
    {
        DateTimeOffset night = Time("2026-11-23T02:00Z");
        Assert.Null(PaceCalendar.WhyWait(State(null), night));
        Assert.Null(PaceCalendar.WhyWait(State("beta") with { PhaseSettled = true }, night));
        Assert.Null(PaceCalendar.WhyWait(State("beta") with { RollbackReason = "sick" }, night));
        Assert.NotNull(PaceCalendar.WhyWait(State("beta"), night));
    }

    [Fact]
    public void Segments_that_move_independently_wait_each_for_its_own_window()
    {
        RolloutState s = State("beta");
        s = s with
        {
            Plan = s.Plan with { Phases = [.. s.Plan.Phases, new Phase.Shift(Share.All, "gold", TimeSpan.Zero, 0)] },
            Tracks =
            [
                new Track("gold", 1, default),
                new Track("beta", 0, default),
                new Track("held", 0, default) { Waits = "paused by bob", NeedsPerson = true },
            ],
        };
        Disagreement wait = Assert.Single(PaceCalendar.Waits(s, Time("2026-01-05T03:00:00Z")));
        Assert.Equal("beta", wait.Segment);
        Assert.Empty(PaceCalendar.Waits(s with { Tracks = [s.Tracks[0]] }, Time("2026-01-05T03:00:00Z")));
    }

    private static DateTimeOffset Time(string text) =>
        DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture);

    private static RolloutState State(string? segment) =>
        new()
        {
            Id = "p.1",
            From = "v1",
            StartedBy = "ann",
            StartedAt = default,
            Status = RolloutStatus.Running,
            Plan = new RolloutPlan
            {
                Name = "p",
                Service = "price",
                To = "v2",
                Salt = "p",
                Phases = [new Phase.Shift(Share.FromPercent(10), segment, TimeSpan.Zero, 0)],
                Paces = [new Pace("beta") { Windows = [Office], Freezes = [Holidays] }],
            },
        };
}
