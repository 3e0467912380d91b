using System.Globalization;
using System.Text.RegularExpressions;

namespace Handover.Core.Contracts.Schemas;

/// <summary>
/// The formats of JSON Schema that are checked where a schema asserts them. Others describe only, as the dialect
/// allows; each check follows the RFC that the specification names for it.
/// </summary>
internal static class StringFormats
{
    private const RegexOptions Options =
        RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture;

    private static readonly Regex Time = new(
        @"^([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9]|60)(\.[0-9]+)?([zZ]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])\z",
        Options
    );

    private static readonly Regex Duration = new(
        @"^P([0-9]+W|([0-9]+Y([0-9]+M([0-9]+D)?)?|[0-9]+M([0-9]+D)?|[0-9]+D)(T([0-9]+H([0-9]+M([0-9]+S)?)?"
            + @"|[0-9]+M([0-9]+S)?|[0-9]+S))?|T([0-9]+H([0-9]+M([0-9]+S)?)?|[0-9]+M([0-9]+S)?|[0-9]+S))\z",
        Options
    );

    private static readonly Regex Uuid = new(
        "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\\z",
        Options
    );

    private static readonly Regex Label = new("^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\\z", Options);

    private static readonly Regex IPv4 = new(@"^((25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(\.|\z)){4}\z", Options);

    private static readonly Regex Pointer = new("^(/([^~/]|~[01])*)*\\z", Options);

    private static readonly Regex RelativePointer = new("^(0|[1-9][0-9]*)(#|(/([^~/]|~[01])*)*)\\z", Options);

    private static readonly Regex Local = new(
        "^([A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*|\"([^\"\\\\\\r\\n]|\\\\.)*\")\\z",
        Options
    );

    private static readonly Regex UriReference = new(
        @"^([A-Za-z][A-Za-z0-9+.-]*:)?([A-Za-z0-9._~:/?@!$&'()*+,;=-]|\[|\]|%[0-9A-Fa-f]{2})*"
            + @"(#([A-Za-z0-9._~:/?@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)?\z",
        Options
    );

    /// <summary>The names that can be asserted.</summary>
    public static IReadOnlyDictionary<string, StringFormat> Known { get; } =
        new Dictionary<string, StringFormat>(StringComparer.Ordinal)
        {
            ["date"] = StringFormat.Date,
            ["time"] = StringFormat.Time,
            ["date-time"] = StringFormat.DateTime,
            ["duration"] = StringFormat.Duration,
            ["uuid"] = StringFormat.Uuid,
            ["hostname"] = StringFormat.Hostname,
            ["ipv4"] = StringFormat.IPv4,
            ["ipv6"] = StringFormat.IPv6,
            ["email"] = StringFormat.Email,
            ["uri"] = StringFormat.Uri,
            ["uri-reference"] = StringFormat.UriReference,
            ["json-pointer"] = StringFormat.JsonPointer,
            ["relative-json-pointer"] = StringFormat.RelativeJsonPointer,
            ["regex"] = StringFormat.Regex,
        };

    /// <summary>Whether a text has a format.</summary>
    public static bool Is(StringFormat format, string text) =>
        format switch
        {
            StringFormat.Date => IsDate(text),
            StringFormat.Time => IsTime(text),
            StringFormat.DateTime => text.Length > 11
                && text[10] is 'T' or 't'
                && IsDate(text[..10])
                && IsTime(text[11..]),
            StringFormat.Duration => Duration.IsMatch(text),
            StringFormat.Uuid => Uuid.IsMatch(text),
            StringFormat.Hostname => IsHostname(text),
            StringFormat.IPv4 => IPv4.IsMatch(text),
            StringFormat.IPv6 => IsIPv6(text),
            StringFormat.Email => IsEmail(text),
            StringFormat.Uri => UriReference.IsMatch(text)
                && text.IndexOfAny([':', '/', '?', '#']) is var end and > 0
                && text[end] == ':'
                && Uri.TryCreate(text, UriKind.Absolute, out _),
            StringFormat.UriReference => UriReference.IsMatch(text)
                && Uri.TryCreate(text, UriKind.RelativeOrAbsolute, out _),
            StringFormat.JsonPointer => Pointer.IsMatch(text),
            StringFormat.RelativeJsonPointer => RelativePointer.IsMatch(text),
            _ => EcmaPattern.Compile(text).Ok,
        };

    private static bool IsDate(string text) =>
        text.Length == 10
        && text.All(c => c == '-' || char.IsAsciiDigit(c))
        && DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _);

    private static bool IsTime(string text)
    {
        if (!Time.IsMatch(text))
        {
            return false;
        }

        if (text[6..8] != "60")
        {
            return true;
        }

        // A leap second exists only as the last second of a day in UTC.
        int minutes = Two(text, 0) * 60 + Two(text, 3);
        if (text[^1] is not ('z' or 'Z'))
        {
            int offset = Two(text, text.Length - 5) * 60 + Two(text, text.Length - 2);
            minutes -= text[^6] == '+' ? offset : -offset;
        }

        return ((minutes % 1_440) + 1_440) % 1_440 == 1_439;
    }

    private static int Two(string text, int at) => (text[at] - '0') * 10 + (text[at + 1] - '0');

    private static bool IsHostname(string text) =>
        text.Length is > 0 and <= 253
        && text.Split('.').All(l => Label.IsMatch(l) && (l.Length < 4 || l[2..4] != "--" || IsPunycode(l)));

    private static bool IsPunycode(string label) => label.StartsWith("xn--", StringComparison.OrdinalIgnoreCase);

    private static bool IsIPv6(string text)
    {
        int gap = text.IndexOf("::", StringComparison.Ordinal);
        if (gap >= 0 && text.IndexOf("::", gap + 1, StringComparison.Ordinal) >= 0)
        {
            return false;
        }

        string[] halves = gap < 0 ? [text] : [text[..gap], text[(gap + 2)..]];
        int groups = 0;
        for (int h = 0; h < halves.Length; h++)
        {
            string[] parts = halves[h].Length == 0 ? [] : halves[h].Split(':');
            for (int i = 0; i < parts.Length; i++)
            {
                bool last = i == parts.Length - 1 && h == halves.Length - 1;
                bool four = last && IPv4.IsMatch(parts[i]);
                if (!four && (parts[i].Length is 0 or > 4 || !parts[i].All(char.IsAsciiHexDigit)))
                {
                    return false;
                }

                groups += four ? 2 : 1;
            }
        }

        return gap < 0 ? groups == 8 : groups <= 7;
    }

    private static bool IsEmail(string text)
    {
        int at = text.LastIndexOf('@');
        if (at <= 0 || !Local.IsMatch(text[..at]))
        {
            return false;
        }

        string domain = text[(at + 1)..];
        return domain is ['[', .., ']']
            ? IPv4.IsMatch(domain[1..^1])
                || (domain.StartsWith("[IPv6:", StringComparison.OrdinalIgnoreCase) && IsIPv6(domain[6..^1]))
            : IsHostname(domain);
    }
}

/// <summary>The formats that can be asserted.</summary>
internal enum StringFormat : byte
{
    Date,
    Time,
    DateTime,
    Duration,
    Uuid,
    Hostname,
    IPv4,
    IPv6,
    Email,
    Uri,
    UriReference,
    JsonPointer,
    RelativeJsonPointer,
    Regex,
}
