using System.Globalization;
using Handover.Core.Foundation;

namespace Handover.Core.Contracts.Queries;

/// <summary>
/// Reads tokens into an expression by binding power (V. Pratt, "Top down operator precedence", 1973). A projection
/// takes everything to its right that binds tighter than a comparison; a pipe ends it.
/// </summary>
internal sealed class JmesParser(IReadOnlyList<JmesToken> tokens)
{
    /// <summary>Deepest nesting of an expression.</summary>
    private const int MaxDepth = 100;

    /// <summary>Most tokens: it bounds how deep a chain of operators grows to the left.</summary>
    private const int MaxTokens = 1000;

    // Whatever binds less than this ends a projection.
    private const int ProjectionStop = 10;
    private const int PipePower = 1;
    private const int OrPower = 2;
    private const int AndPower = 3;
    private const int ComparePower = 5;
    private const int FlattenPower = 9;
    private const int StarPower = 20;
    private const int FilterPower = 21;
    private const int DotPower = 40;
    private const int NotPower = 45;

    private int _at;
    private int _depth;
    private Problem? _problem;

    private JmesToken Token => tokens[_at];

    public Result<JmesNode> Parse()
    {
        if (tokens.Count > MaxTokens)
        {
            return JmesQuery.Bad(0, $"the expression has more than {MaxTokens} parts");
        }

        JmesNode root = Expression(0);
        if (_problem is null && Token.Kind != JmesTokenKind.End)
        {
            Unexpected(Token);
        }

        return _problem is null ? root : _problem;
    }

    private static int Power(JmesTokenKind kind) =>
        kind switch
        {
            JmesTokenKind.Pipe => PipePower,
            JmesTokenKind.Or => OrPower,
            JmesTokenKind.And => AndPower,
            >= JmesTokenKind.Equal and <= JmesTokenKind.GreaterOrEqual => ComparePower,
            JmesTokenKind.Flatten => FlattenPower,
            JmesTokenKind.Star => StarPower,
            JmesTokenKind.Filter => FilterPower,
            JmesTokenKind.Dot => DotPower,
            JmesTokenKind.OpenBracket => 55,
            _ => 0,
        };

    private JmesNode Expression(int power)
    {
        if (++_depth > MaxDepth)
        {
            Fail(Token, "the expression is nested too deeply");
        }

        JmesNode left = _problem is null ? Prefix(Take()) : new JmesNode.Current();
        while (_problem is null && power < Power(Token.Kind))
        {
            left = Infix(left, Take());
        }

        _depth--;
        return left;
    }

    private JmesNode Prefix(JmesToken token)
    {
        switch (token.Kind)
        {
            case JmesTokenKind.Literal:
                return new JmesNode.Literal(token.Value);
            case JmesTokenKind.Name when Token.Kind == JmesTokenKind.OpenParen:
                return Call(token);
            case JmesTokenKind.Name:
            case JmesTokenKind.QuotedName:
                return new JmesNode.Field(token.Text);
            case JmesTokenKind.Current:
                return new JmesNode.Current();
            case JmesTokenKind.Star:
                return new JmesNode.Values(new JmesNode.Current(), ProjectionRight(StarPower));
            case JmesTokenKind.Flatten:
                return FlattenOf(new JmesNode.Current());
            case JmesTokenKind.Filter:
                return FilterOf(new JmesNode.Current());
            case JmesTokenKind.OpenBracket when Token.Kind is JmesTokenKind.Number or JmesTokenKind.Colon:
                return IndexOf(new JmesNode.Current());
            case JmesTokenKind.OpenBracket
                when Token.Kind == JmesTokenKind.Star && tokens[_at + 1].Kind == JmesTokenKind.CloseBracket:
                return StarOf(new JmesNode.Current());
            case JmesTokenKind.OpenBracket:
                return ListOf();
            case JmesTokenKind.OpenBrace:
                return MapOf();
            case JmesTokenKind.Not:
                return new JmesNode.Not(Expression(NotPower));
            case JmesTokenKind.OpenParen:
                JmesNode inside = Expression(0);
                Expect(JmesTokenKind.CloseParen);
                return inside;
            default:
                Unexpected(token);
                return new JmesNode.Current();
        }
    }

    private JmesNode Infix(JmesNode left, JmesToken token)
    {
        switch (token.Kind)
        {
            case JmesTokenKind.Dot when Token.Kind == JmesTokenKind.Star:
                Take();
                return new JmesNode.Values(left, ProjectionRight(DotPower));
            case JmesTokenKind.Dot:
                return new JmesNode.Then(left, AfterDot(DotPower));
            case JmesTokenKind.Pipe:
                return new JmesNode.Then(left, Expression(PipePower));
            case JmesTokenKind.Or:
                return new JmesNode.Or(left, Expression(OrPower));
            case JmesTokenKind.And:
                return new JmesNode.And(left, Expression(AndPower));
            case JmesTokenKind.Flatten:
                return FlattenOf(left);
            case JmesTokenKind.Filter:
                return FilterOf(left);
            case JmesTokenKind.OpenBracket when Token.Kind is JmesTokenKind.Number or JmesTokenKind.Colon:
                return IndexOf(left);
            case JmesTokenKind.OpenBracket:
                return StarOf(left);
            case >= JmesTokenKind.Equal and <= JmesTokenKind.GreaterOrEqual:
                var how = (JmesComparison)(token.Kind - JmesTokenKind.Equal);
                return new JmesNode.Compare(how, left, Expression(ComparePower));
            default:
                Unexpected(token);
                return left;
        }
    }

    private JmesNode ProjectionRight(int power)
    {
        switch (Token.Kind)
        {
            case var kind when Power(kind) < ProjectionStop:
                return new JmesNode.Current();
            case JmesTokenKind.OpenBracket or JmesTokenKind.Filter:
                return Expression(power);
            case JmesTokenKind.Dot:
                Take();
                return AfterDot(power);
            default:
                Unexpected(Token);
                return new JmesNode.Current();
        }
    }

    private JmesNode AfterDot(int power)
    {
        switch (Token.Kind)
        {
            case JmesTokenKind.Name or JmesTokenKind.QuotedName or JmesTokenKind.Star:
                return Expression(power);
            case JmesTokenKind.OpenBracket:
                Take();
                return ListOf();
            case JmesTokenKind.OpenBrace:
                Take();
                return MapOf();
            default:
                Unexpected(Token);
                return new JmesNode.Current();
        }
    }

    private JmesNode.Projection FlattenOf(JmesNode left) =>
        new(new JmesNode.Flatten(left), ProjectionRight(FlattenPower));

    private JmesNode.Filter FilterOf(JmesNode left)
    {
        JmesNode condition = Expression(0);
        Expect(JmesTokenKind.CloseBracket);
        JmesNode right = Token.Kind == JmesTokenKind.Flatten ? new JmesNode.Current() : ProjectionRight(FilterPower);
        return new JmesNode.Filter(left, condition, right);
    }

    private JmesNode.Projection StarOf(JmesNode left)
    {
        Expect(JmesTokenKind.Star);
        Expect(JmesTokenKind.CloseBracket);
        return new JmesNode.Projection(left, ProjectionRight(StarPower));
    }

    private JmesNode IndexOf(JmesNode left)
    {
        var parts = new int?[3];
        int colons = 0;
        JmesToken begin = Token;
        while (_problem is null && Token.Kind != JmesTokenKind.CloseBracket)
        {
            JmesToken token = Take();
            if (token.Kind == JmesTokenKind.Colon && colons < 2)
            {
                colons++;
            }
            else if (token.Kind == JmesTokenKind.Number && parts[colons] is null)
            {
                parts[colons] = int.Parse(token.Text, CultureInfo.InvariantCulture);
            }
            else
            {
                Unexpected(token);
            }
        }

        Expect(JmesTokenKind.CloseBracket);
        if (colons == 0)
        {
            return new JmesNode.Index(left, parts[0] ?? 0);
        }

        if (parts[2] == 0)
        {
            Fail(begin, "a slice cannot have a step of 0");
        }

        return new JmesNode.Projection(
            new JmesNode.Slice(left, parts[0], parts[1], parts[2]),
            ProjectionRight(StarPower)
        );
    }

    private JmesNode.ListOf ListOf()
    {
        var items = new List<JmesNode>();
        do
        {
            items.Add(Expression(0));
        } while (TakeIf(JmesTokenKind.Comma));

        Expect(JmesTokenKind.CloseBracket);
        return new JmesNode.ListOf(items);
    }

    private JmesNode.MapOf MapOf()
    {
        var members = new List<KeyValuePair<string, JmesNode>>();
        do
        {
            JmesToken name = Take();
            if (name.Kind is not (JmesTokenKind.Name or JmesTokenKind.QuotedName))
            {
                Unexpected(name);
            }

            Expect(JmesTokenKind.Colon);
            members.Add(KeyValuePair.Create(name.Text, Expression(0)));
        } while (TakeIf(JmesTokenKind.Comma));

        Expect(JmesTokenKind.CloseBrace);
        return new JmesNode.MapOf(members);
    }

    private JmesNode Call(JmesToken name)
    {
        Take();
        var arguments = new List<JmesNode>();
        if (!TakeIf(JmesTokenKind.CloseParen))
        {
            do
            {
                arguments.Add(TakeIf(JmesTokenKind.Reference) ? new JmesNode.Reference(Expression(0)) : Expression(0));
            } while (TakeIf(JmesTokenKind.Comma));

            Expect(JmesTokenKind.CloseParen);
        }

        if (JmesFunction.Find(name.Text) is not { } function)
        {
            Fail(name, $"there is no function '{name.Text}'");
            return new JmesNode.Current();
        }

        if (function.Refuses(arguments) is { } why)
        {
            Fail(name, why);
        }

        return new JmesNode.Call(function, arguments);
    }

    // The last token is the end, and nobody gets past it.
    private JmesToken Take() => Token.Kind == JmesTokenKind.End ? Token : tokens[_at++];

    private bool TakeIf(JmesTokenKind kind)
    {
        bool there = _problem is null && Token.Kind == kind;
        if (there)
        {
            Take();
        }

        return there;
    }

    private void Expect(JmesTokenKind kind)
    {
        JmesToken token = Take();
        if (token.Kind != kind)
        {
            Unexpected(token);
        }
    }

    private void Unexpected(JmesToken token) =>
        Fail(
            token,
            token.Kind == JmesTokenKind.End ? "the expression ends too early" : $"'{token.Text}' is out of place"
        );

    private void Fail(JmesToken token, string why) => _problem ??= JmesQuery.Bad(token.At, why);
}
