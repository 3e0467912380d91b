namespace Handover.Control.Resources;

/// <summary>
/// The form of every name that is ours: it goes into URLs, headers, baggage, file names and metrics, and must need
/// quoting in none.
/// </summary>
internal static class DnsLabel
{
    public const string Advice = "Use a-z, 0-9 and dashes, at most 63, not a dash at either end.";

    public static bool Is(string name) =>
        name.Length is > 0 and <= 63
        && name[0] != '-'
        && name[^1] != '-'
        && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');

    /// <summary>
    /// Whether a text may be the name of a feature view, which the feature store gave it: most are in snake case.
    /// </summary>
    public static bool IsView(string name) =>
        name.Length is > 0 and <= 63
        && char.IsAsciiLetterOrDigit(name[0])
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');

    /// <summary>Whether a text may be the name of an HTTP header (RFC 9110 token).</summary>
    public static bool IsToken(string name) =>
        name.Length is > 0 and <= 128 && name.All(c => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c));

    /// <summary>Whether a text is a JSON pointer (RFC 6901), the whole document excluded.</summary>
    public static bool IsPointer(string text)
    {
        if (text.Length is < 2 or > 512 || text[0] != '/')
        {
            return false;
        }

        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '~' && (i + 1 == text.Length || text[i + 1] is not ('0' or '1')))
            {
                return false;
            }
        }

        return true;
    }
}
