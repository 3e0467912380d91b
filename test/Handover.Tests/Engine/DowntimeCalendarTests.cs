using System.Globalization;
using Handover.Control.Engine;
using Handover.Core.Catalog;
using Xunit;

namespace Handover.Tests.Engine;

/// <summary>Windows and freezes, and what clocks that change do to them.</summary>
public sealed class DowntimeCalendarTests
{
    private const string Berlin = "Europe/Berlin";
    private const string NewYork = "America/New_York";

    // Daily at half past two for an hour. In Berlin 02:30 does not exist on 2026-03-29 and comes twice on 2026-10-25;
    // in New York the days are 2026-03-08 and 2026-11-01.
    [Theory]
    [InlineData(Berlin, "2026-03-28T01:29Z", false)]
    [InlineData(Berlin, "2026-03-28T01:30Z", true)]
    [InlineData(Berlin, "2026-03-28T02:29Z", true)]
    [InlineData(Berlin, "2026-03-28T02:30Z", false)]
    [InlineData(Berlin, "2026-03-29T00:59Z", false)]
    [InlineData(Berlin, "2026-03-29T01:00Z", true)]
    [InlineData(Berlin, "2026-03-29T01:59Z", true)]
    [InlineData(Berlin, "2026-03-29T02:00Z", false)]
    [InlineData(Berlin, "2026-03-30T00:29Z", false)]
    [InlineData(Berlin, "2026-03-30T00:30Z", true)]
    [InlineData(Berlin, "2026-10-25T00:29Z", false)]
    [InlineData(Berlin, "2026-10-25T00:30Z", true)]
    [InlineData(Berlin, "2026-10-25T01:29Z", true)]
    [InlineData(Berlin, "2026-10-25T01:30Z", false)]
    [InlineData(Berlin, "2026-10-25T02:00Z", false)]
    [InlineData(NewYork, "2026-03-08T06:59Z", false)]
    [InlineData(NewYork, "2026-03-08T07:00Z", true)]
    [InlineData(NewYork, "2026-03-08T08:00Z", false)]
    [InlineData(NewYork, "2026-11-01T06:29Z", false)]
    [InlineData(NewYork, "2026-11-01T07:30Z", true)]
    [InlineData(NewYork, "2026-11-01T08:30Z", false)]
    public void A_window_opens_at_its_local_time_once_a_day_and_lasts_its_time(string zone, string at, bool open)
    {
        Service service = Open(new MaintenanceWindow("30 2 * * *", TimeSpan.FromHours(1), zone));
        Assert.Equal(open, DowntimeCalendar.Read(service, Time(at)).Open);
    }

    [Fact]
    public void An_hour_that_comes_twice_opens_a_daily_window_only_the_first_time()
    {
        // 01:30 comes twice in New York on the 1st of November: at 05:30Z and at 06:30Z.
        Service service = Open(new MaintenanceWindow("30 1 * * *", TimeSpan.FromMinutes(30), NewYork));
        Assert.True(DowntimeCalendar.Read(service, Time("2026-11-01T05:45Z")).Open);
        Assert.False(DowntimeCalendar.Read(service, Time("2026-11-01T06:45Z")).Open);
        Assert.Equal(Time("2026-11-02T06:30Z"), DowntimeCalendar.Read(service, Time("2026-11-01T06:45Z")).NextOpens);
    }

    [Fact]
    public void A_window_over_the_change_lasts_the_time_that_passes()
    {
        // From Saturday 22:00, four hours: the clock shows 03:00 at the end in spring and 01:00 in autumn.
        Service service = Open(new MaintenanceWindow("0 22 * * SAT", TimeSpan.FromHours(4), Berlin));
        Assert.Equal(Time("2026-03-29T01:00Z"), DowntimeCalendar.Read(service, Time("2026-03-28T23:00Z")).Until);
        Assert.Equal(Time("2026-10-25T00:00Z"), DowntimeCalendar.Read(service, Time("2026-10-24T21:00Z")).Until);
    }

    [Fact]
    public void A_freeze_closes_a_window_and_the_next_one_after_it_is_told()
    {
        Service service = Open(new MaintenanceWindow("0 3 * * *", TimeSpan.FromHours(2), "UTC")) with
        {
            Freezes = [new MaintenanceWindow("0 4 20 12 *", TimeSpan.FromDays(14), "UTC")],
        };
        DowntimeReading before = DowntimeCalendar.Read(service, Time("2026-12-20T03:30Z"));
        Assert.Equal((true, Time("2026-12-20T04:00Z")), (before.Open, before.Until));
        DowntimeReading frozen = DowntimeCalendar.Read(service, Time("2026-12-24T03:30Z"));
        Assert.False(frozen.Open);
        Assert.Equal(Time("2027-01-03T04:00Z"), frozen.Frozen);

        // The freeze ends in the middle of that day's window.
        Assert.Equal(Time("2027-01-03T04:00Z"), frozen.NextOpens);
        Assert.Equal(
            "price is frozen until 2027-01-03 04:00:00Z",
            DowntimeCalendar.WhyFrozen(service, Time("2026-12-24T03:30Z"))
        );
    }

    [Fact]
    public void A_window_that_is_about_to_close_is_too_short_for_the_interruption()
    {
        Service service = Open(new MaintenanceWindow("0 3 * * *", TimeSpan.FromHours(2), "UTC"));
        Assert.Empty(DowntimeCalendar.WhyNotClose(service, Time("2026-05-01T04:54Z")));
        Assert.Contains(
            "ends at 2026-05-01 05:00:00Z, too soon for an interruption of up to 300 s",
            Assert.Single(DowntimeCalendar.WhyNotClose(service, Time("2026-05-01T04:56Z"))),
            StringComparison.Ordinal
        );
        Assert.Equal(
            "no maintenance window of price is open; the next one opens at 2026-05-02 03:00:00Z",
            Assert.Single(DowntimeCalendar.WhyNotClose(service, Time("2026-05-01T05:00Z")))
        );
        Assert.Empty(DowntimeCalendar.WhyNotClose(service with { Windows = [] }, Time("2026-05-01T05:00Z")));
        Assert.Single(
            DowntimeCalendar.WhyNotClose(service with { DowntimeAllowed = TimeSpan.Zero }, Time("2026-05-01T04:00Z"))
        );
    }

    [Fact]
    public void A_window_that_never_comes_is_known_to_have_no_next_one()
    {
        Service service = Open(new MaintenanceWindow("0 3 30 2 *", TimeSpan.FromHours(2), "UTC"));
        DowntimeReading never = DowntimeCalendar.Read(service, Time("2026-05-01T05:00Z"));
        Assert.Equal((false, null), (never.Open, never.NextOpens));
    }

    [Theory]
    [InlineData("61 * * * *", "UTC", "bad-cron")]
    [InlineData("0 3 * *", "UTC", "bad-cron")]
    [InlineData("0 0 3 * * *", "UTC", "bad-cron")]
    [InlineData("0 3 * * *", "Europe/Atlantis", "unknown-time-zone")]
    [InlineData("0 3 * * SUN", Berlin, null)]
    public void What_cannot_be_read_is_a_fault(string cron, string zone, string? code) =>
        Assert.Equal(code, DowntimeCalendar.Fault(new MaintenanceWindow(cron, TimeSpan.FromHours(1), zone))?.Code);

    private static Service Open(params MaintenanceWindow[] windows) =>
        new()
        {
            Name = "price",
            Route = new ServiceRoute("/price"),
            Stable = "v1",
            Entity = new EntityKey(ValueSource.Header, "x-customer-id"),
            DowntimeAllowed = TimeSpan.FromMinutes(5),
            Windows = windows,
        };

    private static DateTimeOffset Time(string text) =>
        DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
}
