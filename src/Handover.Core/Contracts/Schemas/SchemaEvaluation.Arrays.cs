using System.Buffers;

namespace Handover.Core.Contracts.Schemas;

/// <summary>Arrays: items by place, what must be among them, and whether two are the same.</summary>
internal ref partial struct SchemaEvaluation
{
    private bool Array(SchemaNode node, int at)
    {
        int count = _view.Tokens[at].Count;
        if (count < node.MinItems || count > node.MaxItems)
        {
            return Fail(node, at, count < node.MinItems ? SchemaRule.MinItems : SchemaRule.MaxItems);
        }

        if (node.PrefixItems.Length > 0 || node.Items is not null)
        {
            int item = at + 1;
            for (int i = 0; i < count; i++)
            {
                SchemaNode? schema = i < node.PrefixItems.Length ? node.PrefixItems[i] : node.Items;
                if (schema is null)
                {
                    break;
                }

                if (!Check(schema, item))
                {
                    return false;
                }

                item = _view.Tokens[item].Next;
            }
        }

        return (node.Contains is not { } contains || Contained(node, contains, at, count))
            && (!node.UniqueItems || count < 2 || Unique(at, count) || Fail(node, at, SchemaRule.UniqueItems));
    }

    private bool Contained(SchemaNode node, SchemaNode contains, int at, int count)
    {
        long found = 0;
        int item = at + 1;
        for (int i = 0; i < count; i++)
        {
            found += Check(contains, item) ? 1 : 0;
            item = _view.Tokens[item].Next;
        }

        return (found >= node.MinContains && found <= node.MaxContains && _steps >= 0)
            || Fail(node, at, found < node.MinContains ? SchemaRule.Contains : SchemaRule.MaxContains);
    }

    /// <summary>Equal values have equal hashes, so only runs of equal hashes are compared value by value.</summary>
    private readonly bool Unique(int at, int count)
    {
        ulong[] hashes = ArrayPool<ulong>.Shared.Rent(count);
        int[] items = ArrayPool<int>.Shared.Rent(count);
        int item = at + 1;
        for (int i = 0; i < count; i++)
        {
            hashes[i] = _view.ValueHash(item);
            items[i] = item;
            item = _view.Tokens[item].Next;
        }

        System.Array.Sort(hashes, items, 0, count);
        bool unique = true;
        for (int i = 1; i < count && unique; i++)
        {
            for (int j = i - 1; j >= 0 && hashes[j] == hashes[i] && unique; j--)
            {
                unique = !JsonView.Same(_view, items[i], _view, items[j]);
            }
        }

        ArrayPool<ulong>.Shared.Return(hashes);
        ArrayPool<int>.Shared.Return(items);
        return unique;
    }
}
