using Cronos;
using Handover.Core.Catalog;
using Handover.Core.Foundation;

namespace Handover.Control.Engine;

/// <summary>
/// When a service may be interrupted, and when nothing of it may move. Cron and time zones live here, outside Core:
/// what is decided gets the answer as a fact.
/// </summary>
public static class DowntimeCalendar
{
    // Enough to step over every freeze and window of a year of daily ones; beyond it the answer is "not known".
    private const int MostSteps = 1000;

    private static readonly TimeSpan Horizon = TimeSpan.FromDays(2 * 366);

    /// <summary>Why a window's text cannot be used; null when it can.</summary>
    public static Problem? Fault(MaintenanceWindow window)
    {
        if (!CronExpression.TryParse(window.Cron, CronFormat.Standard, out _))
        {
            return new Problem("bad-cron", $"'{window.Cron}' is not a cron expression of five fields.")
            {
                Field = "cron",
                Fix = "Write minute, hour, day of month, month and day of week: \"0 3 * * SUN\".",
            };
        }

        if (!TimeZoneInfo.TryFindSystemTimeZoneById(window.TimeZone, out _))
        {
            return new Problem("unknown-time-zone", $"this machine knows no time zone '{window.TimeZone}'.")
            {
                Field = "timeZone",
                Fix = "Use an IANA name such as Europe/Berlin or UTC; the machine needs the tzdata package.",
            };
        }

        return null;
    }

    /// <summary>Whether the service may be interrupted at a time, until when, and else from when on.</summary>
    public static DowntimeReading Read(Service service, DateTimeOffset at) =>
        Read(service.Windows, service.Freezes, at);

    /// <summary>The same for any windows and freezes; no window at all is a window at any time.</summary>
    public static DowntimeReading Read(
        IReadOnlyList<MaintenanceWindow> windows,
        IReadOnlyList<MaintenanceWindow> freezes,
        DateTimeOffset at
    )
    {
        DateTimeOffset? frozen = EndOf(freezes, at);
        bool anyTime = windows.Count == 0;
        DateTimeOffset? window = EndOf(windows, at);
        if (frozen is null && (anyTime || window is not null))
        {
            DateTimeOffset? freeze = NextOf(freezes, at);
            DateTimeOffset? until = anyTime || freeze < window ? freeze : window;
            return new DowntimeReading(Open: true, until, NextOpens: null, Frozen: null);
        }

        return new DowntimeReading(Open: false, Until: null, NextOpen(windows, freezes, at), frozen);
    }

    /// <summary>Why the service may not be closed now; empty when it may.</summary>
    public static IReadOnlyList<string> WhyNotClose(Service service, DateTimeOffset now)
    {
        if (service.DowntimeAllowed <= TimeSpan.Zero)
        {
            return
            [
                $"a switch with one stack interrupts {service.Name}, and it allows no interruption: "
                    + "set downtime.allowed, or use switch: {stack: double}",
            ];
        }

        DowntimeReading reading = Read(service, now);
        if (reading is { Open: true, Until: { } until } && now + service.DowntimeAllowed > until)
        {
            return
            [
                FormattableString.Invariant(
                    $"the maintenance window of {service.Name} ends at {until.UtcDateTime:u}, too soon for an interruption of up to {service.DowntimeAllowed.TotalSeconds:0.###} s"
                ),
            ];
        }

        return reading.Open ? [] : [Words(service.Name, reading)];
    }

    /// <summary>Why nothing of the service may move forward now; null when it may.</summary>
    public static string? WhyFrozen(Service service, DateTimeOffset now) =>
        EndOf(service.Freezes, now) is { } end ? Frozen(service.Name, end) : null;

    private static string Words(string service, DowntimeReading reading)
    {
        string why = reading.Frozen is { } end ? Frozen(service, end) : $"no maintenance window of {service} is open";
        return reading.NextOpens is { } next
            ? FormattableString.Invariant($"{why}; the next one opens at {next.UtcDateTime:u}")
            : why;
    }

    private static string Frozen(string service, DateTimeOffset end) =>
        FormattableString.Invariant($"{service} is frozen until {end.UtcDateTime:u}");

    private static DateTimeOffset? NextOpen(
        IReadOnlyList<MaintenanceWindow> windows,
        IReadOnlyList<MaintenanceWindow> freezes,
        DateTimeOffset at
    )
    {
        DateTimeOffset time = at;
        for (int step = 0; step < MostSteps && time - at < Horizon; step++)
        {
            if (windows.Count > 0 && EndOf(windows, time) is null)
            {
                if (NextOf(windows, time) is not { } next)
                {
                    return null;
                }

                time = next;
            }

            if (EndOf(freezes, time) is not { } end)
            {
                return time;
            }

            time = end;
        }

        return null;
    }

    // The latest end of those that are open at a time; null when none is. One that begins at the time is open.
    private static DateTimeOffset? EndOf(IReadOnlyList<MaintenanceWindow> windows, DateTimeOffset at)
    {
        DateTimeOffset? latest = null;
        foreach (MaintenanceWindow window in windows)
        {
            IEnumerable<DateTimeOffset> begun = Cron(window)
                .GetOccurrences(at - window.Duration, at, Zone(window), fromInclusive: false, toInclusive: true);
            foreach (DateTimeOffset begin in begun)
            {
                DateTimeOffset end = begin + window.Duration;
                latest = latest is { } known && known > end ? known : end;
            }
        }

        return latest;
    }

    private static DateTimeOffset? NextOf(IReadOnlyList<MaintenanceWindow> windows, DateTimeOffset after) =>
        windows.Select(w => Cron(w).GetNextOccurrence(after, Zone(w))).Where(t => t is not null).Min();

    private static CronExpression Cron(MaintenanceWindow window) =>
        CronExpression.Parse(window.Cron, CronFormat.Standard);

    private static TimeZoneInfo Zone(MaintenanceWindow window) => TimeZoneInfo.FindSystemTimeZoneById(window.TimeZone);
}

/// <summary>What the calendar says about one instant.</summary>
/// <param name="Open">Whether the service may be interrupted.</param>
/// <param name="Until">When that ends; null when it does not, or when it is not open.</param>
/// <param name="NextOpens">When it may be interrupted next; null when it may now, or when that is not known.</param>
/// <param name="Frozen">Until when it is frozen; null when it is not.</param>
public sealed record DowntimeReading(
    bool Open,
    DateTimeOffset? Until,
    DateTimeOffset? NextOpens,
    DateTimeOffset? Frozen
);
