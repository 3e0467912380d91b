using System.Buffers;

namespace Handover.Core.Contracts.Schemas;

/// <summary>Schemas that judge the same value, and what they have looked at.</summary>
internal ref partial struct SchemaEvaluation
{
    private bool InPlace(SchemaNode node, int at)
    {
        if (node.Ref is { } target && !Check(target, at))
        {
            return false;
        }

        if (node.DynamicRef is not null && !Check(Resolve(node), at))
        {
            return false;
        }

        foreach (SchemaNode branch in node.AllOf)
        {
            if (!Check(branch, at))
            {
                return false;
            }
        }

        return (node.AnyOf.Length == 0 || Any(node, at))
            && (node.OneOf.Length == 0 || One(node, at))
            && (node.Not is not { } not || Unlike(node, not, at))
            && (node.If is not { } condition || Conditional(node, condition, at))
            && (node.DependentSchemas.Length == 0 || DependentSchemas(node, at));
    }

    private readonly SchemaNode Resolve(SchemaNode node)
    {
        if (node.DynamicName is { } name)
        {
            for (int i = 0; i < _scopeCount; i++)
            {
                if (_scopes.Find(_scope[i], name) is { } found)
                {
                    return found;
                }
            }
        }

        return node.DynamicRef!;
    }

    private bool Any(SchemaNode node, int at)
    {
        (int At, SchemaRule Rule, SchemaNode? Node, string? Name) deepest = (at, SchemaRule.AnyOf, node, null);
        foreach (SchemaNode branch in node.AnyOf)
        {
            if (Check(branch, at))
            {
                return true;
            }

            // The branch that got furthest into the document is most likely the one that was meant.
            deepest = _failedAt > deepest.At ? (_failedAt, _failedRule, _failedNode, _failedName) : deepest;
        }

        (_failedAt, _failedRule, _failedNode, _failedName) = deepest;
        return false;
    }

    private bool One(SchemaNode node, int at)
    {
        (int At, SchemaRule Rule, SchemaNode? Node, string? Name) deepest = (at, SchemaRule.OneOf, node, null);
        int fits = 0;
        foreach (SchemaNode branch in node.OneOf)
        {
            if (Check(branch, at))
            {
                fits++;
            }
            else
            {
                deepest = _failedAt > deepest.At ? (_failedAt, _failedRule, _failedNode, _failedName) : deepest;
            }
        }

        if (fits == 1)
        {
            return _steps >= 0;
        }

        if (fits > 1)
        {
            return Fail(node, at, SchemaRule.OneOf);
        }

        (_failedAt, _failedRule, _failedNode, _failedName) = deepest;
        return false;
    }

    private bool Unlike(SchemaNode node, SchemaNode not, int at) =>
        (!Check(not, at) && _steps >= 0) || Fail(node, at, SchemaRule.Not);

    private bool Conditional(SchemaNode node, SchemaNode condition, int at)
    {
        SchemaNode? follows = Check(condition, at) ? node.Then : node.Else;
        return _steps >= 0 && (follows is null || Check(follows, at));
    }

    private bool DependentSchemas(SchemaNode node, int at)
    {
        foreach ((string name, SchemaNode schema) in node.DependentSchemas)
        {
            if (_view.Find(at, name) >= 0 && !Check(schema, at))
            {
                return false;
            }
        }

        return true;
    }

    private bool Unevaluated(SchemaNode node, int at) =>
        (node.UnevaluatedProperties is not { } members || Unevaluated(node, members, at, JsonKind.Object))
        && (node.UnevaluatedItems is not { } items || Unevaluated(node, items, at, JsonKind.Array));

    private bool Unevaluated(SchemaNode node, SchemaNode rest, int at, JsonKind kind)
    {
        JsonToken token = _view.Tokens[at];
        if (token.Kind != kind || token.Count == 0)
        {
            return true;
        }

        int words = (token.Count + 63) / 64;
        ulong[]? rented = words > 8 ? ArrayPool<ulong>.Shared.Rent(words) : null;
        Span<ulong> seen = rented is null ? stackalloc ulong[words] : rented.AsSpan(0, words);
        seen.Clear();
        Mark(node, at, kind, seen, own: true);
        bool ok = true;
        int value = kind == JsonKind.Object ? at + 2 : at + 1;
        for (int i = 0; i < token.Count && ok; i++)
        {
            if ((seen[i / 64] & (1UL << (i % 64))) == 0)
            {
                ok =
                    rest.Always == false
                        ? Fail(
                            node,
                            value,
                            kind == JsonKind.Object ? SchemaRule.UnevaluatedProperties : SchemaRule.UnevaluatedItems
                        )
                        : Check(rest, value);
            }

            value = _view.Tokens[value].Next + (kind == JsonKind.Object ? 1 : 0);
        }

        if (rented is not null)
        {
            ArrayPool<ulong>.Shared.Return(rented);
        }

        return ok && (_steps >= 0 || Fail(node, at, SchemaRule.Budget));
    }

    /// <summary>
    /// Marks the children that a schema which holds for the value has looked at. It asks the branches again instead
    /// of remembering them, so that schemas without unevaluated keywords pay nothing. With <c>own</c> it is the
    /// node's own unevaluated keyword that asks.
    /// </summary>
    private void Mark(SchemaNode node, int at, JsonKind kind, scoped Span<ulong> seen, bool own = false)
    {
        if (node.Always is not null || --_steps < 0 || _depth >= MaxDepth)
        {
            return;
        }

        bool entered = Enter(node);
        _depth++;
        SchemaNode? all = kind == JsonKind.Object ? node.UnevaluatedProperties : node.UnevaluatedItems;
        if (!own && all is not null)
        {
            seen.Fill(ulong.MaxValue);
        }

        if (kind == JsonKind.Object)
        {
            MarkMembers(node, at, seen);
        }
        else
        {
            MarkItems(node, at, seen);
        }

        MarkInPlace(node, at, kind, seen);
        _depth--;
        _scopeCount -= entered ? 1 : 0;
    }

    private void MarkInPlace(SchemaNode node, int at, JsonKind kind, scoped Span<ulong> seen)
    {
        if (node.Ref is { } target)
        {
            Mark(target, at, kind, seen);
        }

        if (node.DynamicRef is not null)
        {
            Mark(Resolve(node), at, kind, seen);
        }

        foreach (SchemaNode branch in node.AllOf)
        {
            Mark(branch, at, kind, seen);
        }

        foreach (SchemaNode branch in node.AnyOf)
        {
            MarkIfValid(branch, at, kind, seen);
        }

        foreach (SchemaNode branch in node.OneOf)
        {
            MarkIfValid(branch, at, kind, seen);
        }

        if (node.If is { } condition)
        {
            SchemaNode? follows = MarkIfValid(condition, at, kind, seen) ? node.Then : node.Else;
            if (follows is not null)
            {
                Mark(follows, at, kind, seen);
            }
        }

        foreach ((string name, SchemaNode schema) in node.DependentSchemas)
        {
            if (_view.Find(at, name) >= 0)
            {
                Mark(schema, at, kind, seen);
            }
        }
    }

    private bool MarkIfValid(SchemaNode node, int at, JsonKind kind, scoped Span<ulong> seen)
    {
        bool valid = Check(node, at);
        if (valid)
        {
            Mark(node, at, kind, seen);
        }

        return valid;
    }

    private readonly void MarkMembers(SchemaNode node, int at, scoped Span<ulong> seen)
    {
        if (node.AdditionalProperties is not null)
        {
            seen.Fill(ulong.MaxValue);
            return;
        }

        int name = at + 1;
        for (int i = 0; i < _view.Tokens[at].Count; i++)
        {
            ReadOnlySpan<byte> text = _view.Text(name);
            bool known = node.Properties.Find(_view.Tokens[name].Hash, text)?.Schema is not null;
            foreach ((System.Text.RegularExpressions.Regex pattern, _, _) in node.PatternProperties)
            {
                known = known || Matches(pattern, text);
            }

            seen[i / 64] |= known ? 1UL << (i % 64) : 0;
            name = _view.Tokens[name + 1].Next;
        }
    }

    private void MarkItems(SchemaNode node, int at, scoped Span<ulong> seen)
    {
        if (node.Items is not null)
        {
            seen.Fill(ulong.MaxValue);
            return;
        }

        int item = at + 1;
        for (int i = 0; i < _view.Tokens[at].Count; i++)
        {
            bool known = i < node.PrefixItems.Length || (node.Contains is { } contains && Check(contains, item));
            seen[i / 64] |= known ? 1UL << (i % 64) : 0;
            item = _view.Tokens[item].Next;
        }
    }
}
