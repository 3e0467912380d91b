using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Handover.Core.Foundation;

namespace Handover.Core.Contracts.Schemas;

/// <summary>
/// Translates the regular expressions of JSON Schema (ECMA-262 with the u flag) into .NET's engine without
/// backtracking, whose time is linear in the text: a pattern of a stranger cannot stall a gateway. What that engine
/// cannot do (look-around, back-references) is refused when the schema is read, never guessed at.
/// </summary>
internal sealed class EcmaPattern
{
    private const string Space = @"\t\n\v\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff";
    private const string Word = "A-Za-z0-9_";
    private const string Pair = @"[\ud800-\udbff][\udc00-\udfff]";

    private static readonly Dictionary<string, string> Categories = new(StringComparer.Ordinal)
    {
        ["Letter"] = "L",
        ["Alphabetic"] = "L",
        ["Lowercase_Letter"] = "Ll",
        ["Uppercase_Letter"] = "Lu",
        ["Mark"] = "M",
        ["Number"] = "N",
        ["digit"] = "Nd",
        ["Decimal_Number"] = "Nd",
        ["Punctuation"] = "P",
        ["punct"] = "P",
        ["Symbol"] = "S",
        ["Separator"] = "Z",
        ["Other"] = "C",
        ["Control"] = "Cc",
    };

    private readonly string _source;
    private readonly StringBuilder _output = new();
    private int _at;

    private EcmaPattern(string source) => _source = source;

    /// <summary>Compiles a pattern, or says why it cannot be.</summary>
    public static Result<Regex> Compile(string pattern)
    {
        if (pattern.Length > 4_000)
        {
            return Refused(pattern[..40] + "…", "it has more than 4,000 characters");
        }

        try
        {
            var translation = new EcmaPattern(pattern);
            if (translation.Translate() is { } trouble)
            {
                return Refused(pattern, trouble);
            }

            const RegexOptions Options = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant;
            return new Regex(translation._output.ToString(), Options);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException or FormatException)
        {
            return Refused(pattern, e.Message);
        }
    }

    private static Problem Refused(string pattern, string why) =>
        new("pattern-not-supported", $"the pattern '{pattern}' cannot be used: {why}")
        {
            Fix = "Write it without look-around and back-references; split it into allOf if need be.",
        };

    private string? Translate()
    {
        while (_at < _source.Length)
        {
            char c = _source[_at];
            string? trouble = c switch
            {
                '\\' => Escape(),
                '[' => Class(),
                '(' => Group(),
                _ => Plain(c),
            };
            if (trouble is not null)
            {
                return trouble;
            }
        }

        return null;
    }

    private string? Plain(char c)
    {
        if (char.IsHighSurrogate(c) && _at + 1 < _source.Length)
        {
            _output.Append("(?:").Append(c).Append(_source[_at + 1]).Append(')');
            _at += 2;
            return null;
        }

        // In ECMA the end is the end of the text, in .NET also the place before a last line feed.
        _output.Append(
            c switch
            {
                '$' => @"\z",
                '.' => $@"(?:{Pair}|[^\n\r\u2028\u2029])",
                '#' or ' ' => "\\" + c,
                _ => c.ToString(),
            }
        );
        _at++;
        return null;
    }

    private string? Group()
    {
        if (Follows("(?=") || Follows("(?!") || Follows("(?<=") || Follows("(?<!"))
        {
            return "look-around needs backtracking";
        }

        string opening = Follows("(?:") ? "(?:" : "(";
        if (Follows("(?<"))
        {
            int end = _source.IndexOf('>', _at);
            opening = end > 0 ? _source[_at..(end + 1)] : "(?<";
        }

        // Groups are never read, so none needs to be captured.
        _output.Append("(?:");
        _at += opening.Length;
        return null;
    }

    private string? Escape()
    {
        if (_at + 1 >= _source.Length)
        {
            return "it ends in a backslash";
        }

        char c = _source[_at + 1];
        switch (c)
        {
            case 'd' or 'D' or 'w' or 'W' or 's' or 'S':
                bool negated = char.IsAsciiLetterUpper(c);
                _output.Append(negated ? $"(?:{Pair}|[^{Set(c)}])" : $"[{Set(c)}]");
                _at += 2;
                return null;
            case 'b' or 'B':
                // .NET's word boundary knows all letters; only for ASCII text do both agree.
                _output.Append('\\').Append(c);
                _at += 2;
                return null;
            case >= '1' and <= '9' or 'k':
                return "back-references need backtracking";
            case 'Z' or 'A' or 'z' or 'G':
                return $"\\{c} is no ECMA escape";
            default:
                return Character(out string text) ?? Append(text);
        }
    }

    private string? Append(string text)
    {
        _output.Append(text.Length == 2 && char.IsHighSurrogate(text[0]) ? $"(?:{text})" : text);
        return null;
    }

    private string? Class()
    {
        int start = _output.Length;
        bool negated = Follows("[^");
        _at += negated ? 2 : 1;
        _output.Append(negated ? $"(?:{Pair}|[^" : "[");
        int inside = _output.Length;
        while (_at < _source.Length && _source[_at] != ']')
        {
            if (char.IsSurrogate(_source[_at]))
            {
                return "characters beyond U+FFFF cannot stand in brackets";
            }

            if (_source[_at] != '\\')
            {
                char c = _source[_at++];
                _output.Append(c is '[' ? @"\[" : c.ToString());
                continue;
            }

            if (ClassEscape() is { } trouble)
            {
                return trouble;
            }
        }

        if (_at >= _source.Length)
        {
            return "a bracket is not closed";
        }

        _at++;
        if (_output.Length == inside)
        {
            // [] matches nothing, [^] everything.
            _output.Length = start;
            _output.Append(negated ? $@"(?:{Pair}|[\s\S])" : @"[^\s\S]");
            return null;
        }

        _output.Append(negated ? "])" : "]");
        return null;
    }

    private string? ClassEscape()
    {
        char next = _at + 1 < _source.Length ? _source[_at + 1] : '\0';
        switch (next)
        {
            case 'd' or 'w' or 's':
                _output.Append(Set(next));
                _at += 2;
                return null;
            case 'D' or 'W' or 'S':
                _output.Append(Complement(next));
                _at += 2;
                return null;
            case 'b':
                _output.Append(@"\b");
                _at += 2;
                return null;
            default:
                if (Character(out string text) is { } trouble)
                {
                    return trouble;
                }

                if (text.Length == 2 && char.IsHighSurrogate(text[0]))
                {
                    return "characters beyond U+FFFF cannot stand in brackets";
                }

                _output.Append(text);
                return null;
        }
    }

    private string? Character(out string text)
    {
        char c = _source[_at + 1];
        text = "";
        if (c is 'p' or 'P')
        {
            return Category(c, out text);
        }

        if (c == 'u' && _at + 2 < _source.Length && _source[_at + 2] == '{')
        {
            int end = _source.IndexOf('}', _at);
            string hex = end > 0 ? _source[(_at + 3)..end] : "";
            if (!int.TryParse(hex, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int rune))
            {
                return $"\\u{{{hex}}} is no character";
            }

            _at = end + 1;
            text = rune > 0xFFFF ? char.ConvertFromUtf32(rune) : $"\\u{rune:x4}";
            return null;
        }

        int length = c switch
        {
            'u' => 6,
            'x' => 4,
            'c' => 3,
            _ => 2,
        };
        if (_at + length > _source.Length)
        {
            return "an escape is cut off";
        }

        if (char.IsLetterOrDigit(c) && !"fnrtv0uxc".Contains(c, StringComparison.Ordinal))
        {
            return $"\\{c} is no ECMA escape";
        }

        text = c switch
        {
            'c' => $"\\c{char.ToUpperInvariant(_source[_at + 2])}",
            '0' => @"\u0000",
            '/' => "/",
            _ => _source.Substring(_at, length),
        };
        _at += length;
        return null;
    }

    private string? Category(char c, out string text)
    {
        text = "";
        int end = _source.IndexOf('}', _at);
        if (_at + 2 >= _source.Length || _source[_at + 2] != '{' || end < 0)
        {
            return $"\\{c} needs a category in braces";
        }

        string name = _source[(_at + 3)..end];
        name = name.StartsWith("gc=", StringComparison.Ordinal) ? name[3..] : name;
        name = Categories.GetValueOrDefault(name, name);
        if (name.Length > 2)
        {
            return $"the category {name} is not known";
        }

        text = $"\\{c}{{{name}}}";
        _at = end + 1;
        return null;
    }

    private static string Set(char c) =>
        char.ToLowerInvariant(c) switch
        {
            'd' => "0-9",
            'w' => Word,
            _ => Space,
        };

    private static string Complement(char c) =>
        c switch
        {
            'D' => @"\u0000-/:-\uffff",
            'W' => @"\u0000-/:-@\[-\^`{-\uffff",
            _ => @"\u0000-\u0008\u000e-\u001f!-\u009f\u00a1-\u167f\u1681-\u1fff\u200b-\u2027\u202a-\u202e"
                + @"\u2030-\u205e\u2060-\u2fff\u3001-\ufefe\uff00-\uffff",
        };

    private bool Follows(string text) => string.CompareOrdinal(_source, _at, text, 0, text.Length) == 0;
}
