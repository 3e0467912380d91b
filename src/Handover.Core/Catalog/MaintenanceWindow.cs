namespace Handover.Core.Catalog;

/// <summary>
/// A time that comes again: a maintenance window, or a freeze. When it is open is worked out at the edge, where the
/// rules of time zones are; Core only carries it.
/// </summary>
/// <param name="Cron">
/// When it begins, as five fields of cron (minute, hour, day of month, month, day of week).
/// </param>
/// <param name="Duration">How long it lasts, in time that passes: an hour is an hour when clocks change.</param>
/// <param name="TimeZone">IANA name of the zone that <paramref name="Cron"/> is read in.</param>
public sealed record MaintenanceWindow(string Cron, TimeSpan Duration, string TimeZone);
