using System.Globalization;

namespace Handover.App.Cli;

/// <summary>Times as people write them: <c>500ms</c>, <c>30s</c>, <c>5m</c>, <c>2h</c>, <c>1d</c>.</summary>
public static class Durations
{
    private static readonly (string Unit, double Seconds)[] Units =
    [
        ("ms", 0.001),
        ("s", 1),
        ("m", 60),
        ("h", 3600),
        ("d", 86400),
    ];

    /// <summary>Reads a time; null when it is none, or is negative or longer than a year.</summary>
    public static TimeSpan? Parse(string text)
    {
        foreach ((string unit, double seconds) in Units)
        {
            if (
                text.EndsWith(unit, StringComparison.Ordinal)
                && double.TryParse(
                    text[..^unit.Length],
                    NumberStyles.AllowDecimalPoint,
                    CultureInfo.InvariantCulture,
                    out double n
                )
                && n * seconds <= 366 * 86400.0
            )
            {
                return TimeSpan.FromSeconds(n * seconds);
            }
        }

        return null;
    }

    /// <summary>Short text for a time.</summary>
    public static string Text(TimeSpan time) =>
        time < TimeSpan.Zero ? "now"
        : time.TotalSeconds < 90 ? $"{time.TotalSeconds:0}s"
        : time.TotalMinutes < 90 ? $"{time.TotalMinutes:0}m"
        : time.TotalHours < 48 ? $"{time.TotalHours:0.#}h"
        : $"{time.TotalDays:0.#}d";
}
