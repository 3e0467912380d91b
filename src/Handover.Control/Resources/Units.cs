using System.Buffers;
using System.Globalization;
using Handover.Core.Foundation;

namespace Handover.Control.Resources;

/// <summary>
/// Durations, sizes and percentages as people write them. Reading and writing are inverse: what is written is read back
/// as the same value, so that a stored resource never drifts.
/// </summary>
public static class Units
{
    /// <summary>The longest duration that is taken: 10 years.</summary>
    public static readonly TimeSpan MaxDuration = TimeSpan.FromDays(3650);

    private const NumberStyles Plain = NumberStyles.AllowDecimalPoint;

    private static readonly (string Unit, decimal Factor)[] Durations =
    [
        ("d", 86_400_000m),
        ("h", 3_600_000m),
        ("m", 60_000m),
        ("s", 1000m),
        ("ms", 1m),
    ];

    private static readonly (string Unit, decimal Factor)[] Sizes =
    [
        ("TiB", 1L << 40),
        ("GiB", 1L << 30),
        ("MiB", 1L << 20),
        ("KiB", 1L << 10),
        ("TB", 1_000_000_000_000m),
        ("GB", 1_000_000_000m),
        ("MB", 1_000_000m),
        ("kB", 1000m),
        ("B", 1m),
    ];

    /// <summary>
    /// Reads <c>400ms</c>, <c>2s</c>, <c>5m</c>, <c>2h</c>, <c>14d</c>; a whole number of milliseconds.
    /// </summary>
    public static bool TryDuration(string text, out TimeSpan value)
    {
        value = TimeSpan.Zero;
        if (!TryScaled(text, Durations, out decimal ms) || ms > (decimal)MaxDuration.TotalMilliseconds)
        {
            return false;
        }

        value = TimeSpan.FromMilliseconds((long)ms);
        return ms == decimal.Truncate(ms);
    }

    /// <summary>Writes a duration in the largest unit that divides it.</summary>
    public static string Duration(TimeSpan value) => Scaled((decimal)value.TotalMilliseconds, Durations, "0s");

    /// <summary>
    /// Reads <c>4MiB</c>, <c>64KiB</c>, <c>1.5GiB</c>, <c>100B</c>, <c>10MB</c>; a whole number of bytes.
    /// </summary>
    public static bool TrySize(string text, out long value)
    {
        value = 0;
        if (!TryScaled(text, Sizes, out decimal bytes) || bytes > 1L << 50 || bytes != decimal.Truncate(bytes))
        {
            return false;
        }

        value = (long)bytes;
        return true;
    }

    /// <summary>Writes a size in the largest binary unit that divides it, else in bytes.</summary>
    public static string Size(long bytes) =>
        Scaled(bytes, [.. Sizes.Where(s => s.Unit.EndsWith("iB", StringComparison.Ordinal) || s.Unit == "B")], "0B");

    /// <summary>
    /// Reads <c>10%</c> or a number in [0, 1] with a decimal point (<c>0.1</c>). A bare <c>1</c> is refused: it could
    /// mean one percent or everything.
    /// </summary>
    public static bool TryRatio(string text, out Ratio value)
    {
        value = Core.Foundation.Ratio.Zero;
        bool percent = text.EndsWith('%');
        if (!decimal.TryParse(percent ? text[..^1] : text, Plain, CultureInfo.InvariantCulture, out decimal number))
        {
            return false;
        }

        if (number > (percent ? 100 : 1) || (!percent && number != 0 && !text.Contains('.', StringComparison.Ordinal)))
        {
            return false;
        }

        value = new Ratio((double)(percent ? number / 100 : number));
        return true;
    }

    /// <summary>Writes a ratio as a percentage where that reads back as the same number, else as the number.</summary>
    public static string Ratio(Ratio ratio)
    {
        string percent = Number((decimal)ratio.Value * 100) + "%";
        if (TryRatio(percent, out Ratio back) && back == ratio)
        {
            return percent;
        }

        return ratio.Value.ToString("0.0################", CultureInfo.InvariantCulture);
    }

    /// <summary>
    /// Reads <c>12.5%</c>; whole thousandths of a percent, for a share is counted in parts of 100,000.
    /// </summary>
    public static bool TryShare(string text, out Share value)
    {
        value = Core.Foundation.Share.None;
        if (
            !text.EndsWith('%')
            || !decimal.TryParse(text[..^1], Plain, CultureInfo.InvariantCulture, out decimal percent)
            || percent > 100
            || percent * 1000 != decimal.Truncate(percent * 1000)
        )
        {
            return false;
        }

        value = new Share((int)(percent * 1000));
        return true;
    }

    /// <summary>Writes a share.</summary>
    public static string Share(Share share) => Number(share.Parts / 1000m) + "%";

    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789.");

    private static bool TryScaled(string text, (string Unit, decimal Factor)[] units, out decimal value)
    {
        value = 0;
        int digits = text.AsSpan().IndexOfAnyExcept(Digits);
        // 16 digits are more than any bound needs, and times the largest factor they still fit a decimal.
        if (digits is <= 0 or > 16)
        {
            return false;
        }

        string unit = text[digits..];
        int index = Array.FindIndex(units, u => u.Unit == unit);
        if (index < 0 || !decimal.TryParse(text[..digits], Plain, CultureInfo.InvariantCulture, out decimal number))
        {
            return false;
        }

        value = number * units[index].Factor;
        return true;
    }

    private static string Scaled(decimal value, (string Unit, decimal Factor)[] units, string zero)
    {
        if (value == 0)
        {
            return zero;
        }

        (string unit, decimal factor) = units.First(u => u.Factor == 1 || value % u.Factor == 0);
        return Number(value / factor) + unit;
    }

    private static string Number(decimal value) => value.ToString("0.############", CultureInfo.InvariantCulture);
}
