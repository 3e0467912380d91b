using System.Text;

namespace Handover.Core.Foundation;

/// <summary>
/// A header field that is one String of RFC 9651 (3.3.3; the same as in RFC 8941): visible ASCII and spaces in double
/// quotes, where a quote and a backslash are escaped by a backslash. Read strictly: what is not exactly that is
/// nothing, because two readers that guess differently make two keys of one.
/// </summary>
public static class StructuredString
{
    /// <summary>
    /// The string; null when the field is something else: a token, a list, an unterminated or a non-ASCII string.
    /// Parameters after it (RFC 9651, 3.1.2) must be well formed, and are ignored.
    /// </summary>
    /// <param name="field">The field's value; several lines of one field joined by a comma and a space.</param>
    public static string? Parse(string field)
    {
        ReadOnlySpan<char> rest = field.AsSpan().Trim(' ');
        if (rest.IsEmpty || rest[0] != '"')
        {
            return null;
        }

        return Quoted(ref rest) is { } text && Parameters(rest) ? text : null;
    }

    /// <summary>Writes it; throws when a character is not allowed.</summary>
    public static string Write(string text)
    {
        var quoted = new StringBuilder(text.Length + 2).Append('"');
        foreach (char c in text)
        {
            Invariant.Holds(c is >= ' ' and <= '~', "a structured string is visible ASCII");
            quoted.Append(c is '"' or '\\' ? "\\" : "").Append(c);
        }

        return quoted.Append('"').ToString();
    }

    private static string? Quoted(ref ReadOnlySpan<char> rest)
    {
        var text = new StringBuilder(rest.Length);
        for (int i = 1; i < rest.Length; i++)
        {
            char c = rest[i];
            if (c == '"')
            {
                rest = rest[(i + 1)..];
                return text.ToString();
            }

            if (c == '\\')
            {
                i++;
                if (i == rest.Length || rest[i] is not ('"' or '\\'))
                {
                    return null;
                }

                c = rest[i];
            }

            if (c is < ' ' or > '~')
            {
                return null;
            }

            text.Append(c);
        }

        return null;
    }

    // *( ";" *SP key [ "=" bare-item ] )
    private static bool Parameters(ReadOnlySpan<char> rest)
    {
        while (!rest.IsEmpty)
        {
            if (rest[0] != ';')
            {
                return false;
            }

            rest = rest[1..].TrimStart(' ');
            int name = Length(
                rest,
                c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '_' or '-' or '.' or '*'
            );
            if (name == 0 || !(char.IsAsciiLetterLower(rest[0]) || rest[0] == '*'))
            {
                return false;
            }

            rest = rest[name..];
            if (!rest.IsEmpty && rest[0] == '=')
            {
                rest = rest[1..];
                if (!Item(ref rest))
                {
                    return false;
                }
            }
        }

        return true;
    }

    private static bool Item(ref ReadOnlySpan<char> rest)
    {
        if (!rest.IsEmpty && rest[0] == '"')
        {
            return Quoted(ref rest) is not null;
        }

        // A token, number, boolean, date or byte sequence: nothing of it is used, so only its end must be certain.
        int length = Length(rest, c => c is > ' ' and <= '~' and not (';' or ',' or '"'));
        rest = rest[length..];
        return length > 0;
    }

    private static int Length(ReadOnlySpan<char> text, Func<char, bool> allowed)
    {
        int i = 0;
        while (i < text.Length && allowed(text[i]))
        {
            i++;
        }

        return i;
    }
}
