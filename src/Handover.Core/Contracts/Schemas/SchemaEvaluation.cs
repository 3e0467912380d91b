using System.Buffers;

namespace Handover.Core.Contracts.Schemas;

/// <summary>
/// One document against one schema. It answers yes or no and remembers only where it last said no; the words for that
/// are made afterwards, so that a valid document costs no memory.
/// </summary>
internal ref partial struct SchemaEvaluation
{
    private const int MaxDepth = 400;

    private readonly JsonView _view;
    private readonly SchemaScopes _scopes;
    private int _steps;
    private int _depth;
    private int[] _scope;
    private int _scopeCount;

    private int _failedAt;
    private SchemaRule _failedRule;
    private SchemaNode? _failedNode;
    private string? _failedName;

    public SchemaEvaluation(JsonView view, SchemaScopes scopes, int maxSteps)
    {
        _view = view;
        _scopes = scopes;
        _steps = maxSteps;
        _scope = scopes.Dynamic ? ArrayPool<int>.Shared.Rent(MaxDepth + 1) : [];
    }

    /// <summary>Gives the buffers back.</summary>
    public void Dispose()
    {
        if (_scope.Length > 0)
        {
            ArrayPool<int>.Shared.Return(_scope);
            _scope = [];
        }
    }

    /// <summary>Whether the value is valid under the schema.</summary>
    public bool Check(SchemaNode node, int at)
    {
        if (node.Always is { } always)
        {
            return always || Fail(node, at, SchemaRule.False);
        }

        if (--_steps < 0 || _depth >= MaxDepth)
        {
            // Out of budget: nothing later may turn this into a yes, so the budget stays spent.
            _steps = -1;
            return Fail(node, at, SchemaRule.Budget);
        }

        bool entered = Enter(node);
        _depth++;
        bool ok =
            OfItself(node, at)
            && (!node.AppliesInPlace || InPlace(node, at))
            && (!node.AsksUnevaluated || Unevaluated(node, at));
        _depth--;
        _scopeCount -= entered ? 1 : 0;
        return ok;
    }

    private bool Enter(SchemaNode node)
    {
        if (_scope.Length == 0 || (_scopeCount > 0 && _scope[_scopeCount - 1] == node.Resource))
        {
            return false;
        }

        _scope[_scopeCount++] = node.Resource;
        return true;
    }

    private bool OfItself(SchemaNode node, int at)
    {
        ref readonly JsonToken token = ref _view.Tokens[at];
        if (node.Types != JsonTypes.All && !IsOf(node.Types, at))
        {
            return Fail(node, at, SchemaRule.Type);
        }

        if (node.Const is { } constant && !JsonView.Same(_view, at, constant.Text.View, constant.At))
        {
            return Fail(node, at, SchemaRule.Const);
        }

        if (
            node.Enum is { } values
            && !IsOneOf(node, values, at)
            && (!node.ReadsUnknownLabels || token.Kind != JsonKind.String)
        )
        {
            return Fail(node, at, SchemaRule.Enum);
        }

        return token.Kind switch
        {
            JsonKind.Object => Object(node, at),
            JsonKind.Array => Array(node, at),
            JsonKind.Number => !node.AsksNumbers || Number(node, at),
            JsonKind.String or JsonKind.Name => !node.AsksStrings || Text(node, at),
            _ => true,
        };
    }

    private readonly bool IsOf(JsonTypes types, int at)
    {
        JsonTypes needed = _view.Tokens[at].Kind switch
        {
            JsonKind.Object => JsonTypes.Object,
            JsonKind.Array => JsonTypes.Array,
            JsonKind.String or JsonKind.Name => JsonTypes.String,
            JsonKind.True or JsonKind.False => JsonTypes.Boolean,
            JsonKind.Null => JsonTypes.Null,
            _ when (types & JsonTypes.Number) is JsonTypes.Number or JsonTypes.None => JsonTypes.Number,
            _ => JsonDecimal.Read(_view.Text(at)).IsInteger ? JsonTypes.Integer : JsonTypes.Fraction,
        };
        return (types & needed) != JsonTypes.None;
    }

    private readonly bool IsOneOf(SchemaNode node, IReadOnlyList<JsonValue> values, int at)
    {
        if (_view.Tokens[at].Kind is JsonKind.String or JsonKind.Name)
        {
            ReadOnlySpan<byte> text = _view.Text(at);
            return node.Labels.Find(JsonView.Hash(text), text) is not null;
        }

        for (int i = 0; i < values.Count; i++)
        {
            if (JsonView.Same(_view, at, values[i].Text.View, values[i].At))
            {
                return true;
            }
        }

        return false;
    }

    private bool Number(SchemaNode node, int at)
    {
        JsonDecimal value = JsonDecimal.Read(_view.Text(at));
        SchemaRule? broken =
            node.Minimum is { } least && value.CompareTo(least) < 0 ? SchemaRule.Minimum
            : node.Maximum is { } most && value.CompareTo(most) > 0 ? SchemaRule.Maximum
            : node.ExclusiveMinimum is { } above && value.CompareTo(above) <= 0 ? SchemaRule.ExclusiveMinimum
            : node.ExclusiveMaximum is { } below && value.CompareTo(below) >= 0 ? SchemaRule.ExclusiveMaximum
            : node.MultipleOf is { } step && !value.IsMultipleOf(step) ? SchemaRule.MultipleOf
            : null;
        return broken is not { } rule || Fail(node, at, rule);
    }

    private bool Text(SchemaNode node, int at)
    {
        ReadOnlySpan<byte> text = _view.Text(at);
        if (node.MinLength > 0 || node.MaxLength < long.MaxValue)
        {
            int length = CodePoints(text);
            if (length < node.MinLength || length > node.MaxLength)
            {
                return Fail(node, at, length < node.MinLength ? SchemaRule.MinLength : SchemaRule.MaxLength);
            }
        }

        if (node.Pattern is { } pattern && !Matches(pattern, text))
        {
            return Fail(node, at, SchemaRule.Pattern);
        }

        return !node.FormatAsserts
            || node.Format is not { } format
            || StringFormats.Is(format, _view.String(at))
            || Fail(node, at, SchemaRule.Format);
    }

    private static int CodePoints(ReadOnlySpan<byte> text)
    {
        int count = 0;
        foreach (byte b in text)
        {
            count += (b & 0xC0) != 0x80 ? 1 : 0;
        }

        return count;
    }

    private static bool Matches(System.Text.RegularExpressions.Regex pattern, ReadOnlySpan<byte> text)
    {
        char[]? rented = text.Length > 256 ? ArrayPool<char>.Shared.Rent(text.Length) : null;
        Span<char> buffer = rented is null ? stackalloc char[256] : rented;
        int length = System.Text.Encoding.UTF8.GetChars(text, buffer);
        bool matches = pattern.IsMatch(buffer[..length]);
        if (rented is not null)
        {
            ArrayPool<char>.Shared.Return(rented);
        }

        return matches;
    }

    private bool Object(SchemaNode node, int at)
    {
        int count = _view.Tokens[at].Count;
        if (count < node.MinProperties || count > node.MaxProperties)
        {
            return Fail(node, at, count < node.MinProperties ? SchemaRule.MinProperties : SchemaRule.MaxProperties);
        }

        PropertyTable table = node.Properties;
        int required = 0;
        int name = at + 1;
        for (int i = 0; i < count; i++)
        {
            PropertyTable.Entry? entry = table.Find(_view.Tokens[name].Hash, _view.Text(name));
            required += entry is { Required: true } ? 1 : 0;
            if (
                (entry?.Schema is { } schema && !Check(schema, name + 1))
                || (node.PropertyNames is { } names && !Check(names, name))
                || !Others(node, entry?.Schema is not null, name)
            )
            {
                return false;
            }

            name = _view.Tokens[name + 1].Next;
        }

        return (required == table.Required || Missing(node, at)) && Dependent(node, at);
    }

    private bool Others(SchemaNode node, bool known, int name)
    {
        foreach ((System.Text.RegularExpressions.Regex pattern, _, SchemaNode schema) in node.PatternProperties)
        {
            if (Matches(pattern, _view.Text(name)))
            {
                known = true;
                if (!Check(schema, name + 1))
                {
                    return false;
                }
            }
        }

        if (known || node.AdditionalProperties is not { } additional)
        {
            return true;
        }

        return additional.Always == false
            ? Fail(node, name + 1, SchemaRule.AdditionalProperties)
            : Check(additional, name + 1);
    }

    private bool Missing(SchemaNode node, int at)
    {
        foreach (PropertyTable.Entry entry in node.Properties.Entries)
        {
            if (entry.Required && _view.Find(at, entry.Utf8) < 0)
            {
                _failedName = entry.Name;
                break;
            }
        }

        return Fail(node, at, SchemaRule.Required);
    }

    private bool Dependent(SchemaNode node, int at)
    {
        foreach ((string name, string[] needs) in node.DependentRequired)
        {
            if (_view.Find(at, name) < 0)
            {
                continue;
            }

            foreach (string needed in needs)
            {
                if (_view.Find(at, needed) < 0)
                {
                    _failedName = needed;
                    return Fail(node, at, SchemaRule.DependentRequired);
                }
            }
        }

        return true;
    }
}
