using System.Text;
using System.Text.Json;
using Handover.Core.Foundation;

namespace Handover.Core.Contracts.Queries;

/// <summary>Cuts a JMESPath expression into tokens, each with the column where it begins.</summary>
internal sealed class JmesLexer
{
    private readonly string _text;
    private readonly List<JmesToken> _tokens = [];
    private int _at;
    private Problem? _problem;

    private JmesLexer(string text) => _text = text;

    public static Result<IReadOnlyList<JmesToken>> Read(string text)
    {
        var lexer = new JmesLexer(text);
        while (lexer._problem is null && lexer._at < text.Length)
        {
            lexer.Next();
        }

        if (lexer._problem is { } problem)
        {
            return problem;
        }

        lexer._tokens.Add(new JmesToken(JmesTokenKind.End, text.Length, ""));
        return lexer._tokens;
    }

    private void Next()
    {
        char c = _text[_at];
        if (c is ' ' or '\t' or '\r' or '\n')
        {
            _at++;
        }
        else if (char.IsAsciiLetter(c) || c == '_')
        {
            Word();
        }
        else if (char.IsAsciiDigit(c) || c == '-')
        {
            Number();
        }
        else if (c is '"' or '\'' or '`')
        {
            Quoted(c);
        }
        else
        {
            Sign();
        }
    }

    private void Word()
    {
        int begin = _at;
        while (_at < _text.Length && (char.IsAsciiLetterOrDigit(_text[_at]) || _text[_at] == '_'))
        {
            _at++;
        }

        _tokens.Add(new JmesToken(JmesTokenKind.Name, begin, _text[begin.._at]));
    }

    private void Number()
    {
        int begin = _at++;
        while (_at < _text.Length && char.IsAsciiDigit(_text[_at]))
        {
            _at++;
        }

        string digits = _text[begin.._at];
        if (!int.TryParse(digits, out _))
        {
            Bad(begin, $"'{digits}' is not a whole number that an index can be");
            return;
        }

        _tokens.Add(new JmesToken(JmesTokenKind.Number, begin, digits));
    }

    private void Quoted(char quote)
    {
        int begin = _at++;
        while (_at < _text.Length && _text[_at] != quote)
        {
            _at += _text[_at] == '\\' ? 2 : 1;
        }

        if (_at >= _text.Length)
        {
            Bad(begin, $"the {quote} is never closed");
            return;
        }

        string inside = _text[(begin + 1).._at++];
        switch (quote)
        {
            case '\'':
                Literal(begin, JmesValue.Of(inside.Replace("\\'", "'", StringComparison.Ordinal)));
                break;
            case '"' when Json(begin, $"\"{inside}\"") is { Kind: JmesKind.Text } name:
                _tokens.Add(new JmesToken(JmesTokenKind.QuotedName, begin, name.Text));
                break;
            case '`' when Json(begin, inside.Replace("\\`", "`", StringComparison.Ordinal)) is { } value:
                Literal(begin, value);
                break;
            default:
                break;
        }
    }

    private JmesValue? Json(int begin, string json)
    {
        try
        {
            using var document = JsonDocument.Parse(
                Encoding.UTF8.GetBytes(json),
                new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = 64 }
            );
            return JmesValue.Of(document.RootElement);
        }
        catch (Exception e) when (BadJson.Is(e))
        {
            Bad(begin, $"this is not JSON: {e.Message}");
            return null;
        }
    }

    private void Literal(int begin, JmesValue value) =>
        _tokens.Add(new JmesToken(JmesTokenKind.Literal, begin, "") { Value = value });

    private void Sign()
    {
        foreach ((string sign, JmesTokenKind kind) in JmesToken.Signs)
        {
            if (string.CompareOrdinal(_text, _at, sign, 0, sign.Length) == 0)
            {
                _tokens.Add(new JmesToken(kind, _at, sign));
                _at += sign.Length;
                return;
            }
        }

        Bad(_at, $"'{_text[_at]}' means nothing here");
    }

    private void Bad(int at, string why) => _problem ??= JmesQuery.Bad(at, why);
}

/// <summary>One token.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="At">Index of its first character.</param>
/// <param name="Text">As written; the content for quoted names.</param>
internal sealed record JmesToken(JmesTokenKind Kind, int At, string Text)
{
    /// <summary>The signs, the longer before those that they begin with.</summary>
    public static readonly (string Sign, JmesTokenKind Kind)[] Signs =
    [
        ("[]", JmesTokenKind.Flatten),
        ("[?", JmesTokenKind.Filter),
        ("||", JmesTokenKind.Or),
        ("&&", JmesTokenKind.And),
        ("==", JmesTokenKind.Equal),
        ("!=", JmesTokenKind.NotEqual),
        ("<=", JmesTokenKind.LessOrEqual),
        (">=", JmesTokenKind.GreaterOrEqual),
        ("[", JmesTokenKind.OpenBracket),
        ("]", JmesTokenKind.CloseBracket),
        ("{", JmesTokenKind.OpenBrace),
        ("}", JmesTokenKind.CloseBrace),
        ("(", JmesTokenKind.OpenParen),
        (")", JmesTokenKind.CloseParen),
        ("|", JmesTokenKind.Pipe),
        ("&", JmesTokenKind.Reference),
        ("!", JmesTokenKind.Not),
        ("<", JmesTokenKind.Less),
        (">", JmesTokenKind.Greater),
        (".", JmesTokenKind.Dot),
        ("*", JmesTokenKind.Star),
        (",", JmesTokenKind.Comma),
        (":", JmesTokenKind.Colon),
        ("@", JmesTokenKind.Current),
    ];

    /// <summary>The value of a literal.</summary>
    public JmesValue Value { get; init; } = JmesValue.Null;
}

/// <summary>What a token is; the operators with their binding power in <see cref="JmesParser"/>.</summary>
internal enum JmesTokenKind
{
    End,
    Name,
    QuotedName,
    Number,
    Literal,
    Current,
    Reference,
    CloseBracket,
    CloseBrace,
    CloseParen,
    Comma,
    Colon,
    Pipe,
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Flatten,
    Star,
    Filter,
    Dot,
    Not,
    OpenBrace,
    OpenBracket,
    OpenParen,
}
