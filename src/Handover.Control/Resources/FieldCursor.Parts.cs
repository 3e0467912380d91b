namespace Handover.Control.Resources;

/// <summary>Fields that hold further fields: maps, lists and maps whose names the user chooses.</summary>
internal sealed partial class FieldCursor
{
    /// <summary>The map under a field; null when it is absent or not a map.</summary>
    public FieldCursor? Map(string name)
    {
        YamlNode? node = Value(name, FieldType.Map);
        if (node is YamlNode.Map map)
        {
            return new FieldCursor(_log, _kind, Below(_schemaPath, name), PathOf(name), map);
        }

        if (node is not null)
        {
            WrongType(node, name, "a map of fields");
        }

        return null;
    }

    /// <summary>The maps of a list.</summary>
    public IReadOnlyList<FieldCursor> Maps(string name)
    {
        var maps = new List<FieldCursor>();
        foreach ((YamlNode item, int index) in Items(name, FieldType.Maps).Select((n, i) => (n, i)))
        {
            if (item is YamlNode.Map map)
            {
                string schema = Below(_schemaPath, name) + "[]";
                maps.Add(new FieldCursor(_log, _kind, schema, $"{PathOf(name)}[{index}]", map));
            }
            else
            {
                WrongType(item, $"{name}[{index}]", "a map of fields");
            }
        }

        return maps;
    }

    /// <summary>Text items of a list with their places.</summary>
    public IReadOnlyList<(string Text, YamlNode Node)> Texts(string name) =>
        [
            .. Items(name, FieldType.Texts)
                .Select((node, i) => (Text: AsText(node, $"{PathOf(name)}[{i}]"), node))
                .Where(x => x.Text is not null)
                .Select(x => (x.Text!, x.node)),
        ];

    /// <summary>Number items of a list as they are written.</summary>
    public IReadOnlyList<(string Text, YamlNode Node)> Numbers(string name)
    {
        var numbers = new List<(string, YamlNode)>();
        foreach (YamlNode item in Items(name, FieldType.Numbers))
        {
            if (item is YamlNode.Scalar { Kind: ScalarKind.Number } scalar)
            {
                numbers.Add((scalar.Text, item));
            }
            else
            {
                WrongType(item, name, "a number");
            }
        }

        return numbers;
    }

    /// <summary>The scalars of a list of statuses.</summary>
    public IReadOnlyList<YamlNode> Statuses(string name) => Items(name, FieldType.Statuses);

    /// <summary>The fields of a map whose names the user chooses.</summary>
    public IReadOnlyList<YamlField> Names(string name)
    {
        YamlNode? node = Value(name, FieldType.Names);
        if (node is YamlNode.Map map)
        {
            return map.Fields;
        }

        if (node is not null)
        {
            WrongType(node, name, "a map of names");
        }

        return [];
    }

    /// <summary>The map of one chosen name, read by the table's <c>*</c> rows.</summary>
    public FieldCursor? Named(string name, YamlField field)
    {
        if (field.Value is YamlNode.Map map)
        {
            return new FieldCursor(_log, _kind, Below(_schemaPath, name) + ".*", $"{PathOf(name)}.{field.Name}", map);
        }

        WrongType(field.Value, $"{name}.{field.Name}", "a map of fields");
        return null;
    }

    private IReadOnlyList<YamlNode> Items(string name, FieldType type)
    {
        YamlNode? node = Value(name, type);
        if (node is YamlNode.List list)
        {
            return list.Items;
        }

        if (node is not null)
        {
            WrongType(node, name, "a list");
        }

        return [];
    }
}
