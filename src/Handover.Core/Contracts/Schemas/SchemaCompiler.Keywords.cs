using System.Text.RegularExpressions;
using Handover.Core.Foundation;

namespace Handover.Core.Contracts.Schemas;

/// <summary>The keywords, vocabulary by vocabulary.</summary>
internal sealed partial class SchemaCompiler
{
    private static readonly Dictionary<string, JsonTypes> TypeNames = new(StringComparer.Ordinal)
    {
        ["null"] = JsonTypes.Null,
        ["boolean"] = JsonTypes.Boolean,
        ["object"] = JsonTypes.Object,
        ["array"] = JsonTypes.Array,
        ["string"] = JsonTypes.String,
        ["integer"] = JsonTypes.Integer,
        ["number"] = JsonTypes.Number,
    };

    private void Assertions(KeywordCursor cursor, SchemaPlace place, SchemaNode node)
    {
        node.Types = Types(cursor, place);
        int constant = cursor.Find(SchemaKeyword.Const);
        node.Const = constant < 0 ? null : new JsonValue(place.Text, constant);
        int values = cursor.Find(SchemaKeyword.Enum, JsonKind.Array, "a list of values");
        node.Enum = values < 0 ? null : [.. cursor.Children(values).Select(v => new JsonValue(place.Text, v))];
        node.ReadsUnknownLabels = cursor.Text(SchemaKeyword.OnUnknown) is not null;
        node.Minimum = cursor.Number(SchemaKeyword.Minimum);
        node.Maximum = cursor.Number(SchemaKeyword.Maximum);
        node.ExclusiveMinimum = cursor.Number(SchemaKeyword.ExclusiveMinimum);
        node.ExclusiveMaximum = cursor.Number(SchemaKeyword.ExclusiveMaximum);
        node.MultipleOf = cursor.Number(SchemaKeyword.MultipleOf);
        if (node.MultipleOf is { Sign: <= 0 })
        {
            Bad(place.Location, "multipleOf must be above 0");
        }

        node.MinLength = cursor.Count(SchemaKeyword.MinLength) ?? 0;
        node.MaxLength = cursor.Count(SchemaKeyword.MaxLength) ?? long.MaxValue;
        node.MinItems = cursor.Count(SchemaKeyword.MinItems) ?? 0;
        node.MaxItems = cursor.Count(SchemaKeyword.MaxItems) ?? long.MaxValue;
        node.MinContains = cursor.Count(SchemaKeyword.MinContains) ?? 1;
        node.MaxContains = cursor.Count(SchemaKeyword.MaxContains) ?? long.MaxValue;
        node.MinProperties = cursor.Count(SchemaKeyword.MinProperties) ?? 0;
        node.MaxProperties = cursor.Count(SchemaKeyword.MaxProperties) ?? long.MaxValue;
        node.UniqueItems = cursor.Flag(SchemaKeyword.UniqueItems);
        if (cursor.Text(SchemaKeyword.Pattern) is { } pattern)
        {
            node.PatternText = pattern;
            node.Pattern = PatternOf(place, pattern);
        }

        int dependent = cursor.Find(SchemaKeyword.DependentRequired, JsonKind.Object, "an object of lists of names");
        node.DependentRequired =
            dependent < 0
                ? []
                : [.. cursor.Children(dependent).Select(c => (cursor.NameOf(c), cursor.Texts(c, "dependentRequired")))];
    }

    private JsonTypes Types(KeywordCursor cursor, SchemaPlace place)
    {
        int at = cursor.Find(SchemaKeyword.Type);
        if (at < 0)
        {
            return JsonTypes.All;
        }

        string[] names = cursor.IsText(at) ? [cursor.String(at)] : cursor.Texts(at, "type");
        JsonTypes types = JsonTypes.None;
        foreach (string name in names)
        {
            if (TypeNames.TryGetValue(name, out JsonTypes type))
            {
                types |= type;
            }
            else
            {
                Bad(place.Location, $"'{name}' is no type", $"Types are {string.Join(", ", TypeNames.Keys)}.");
            }
        }

        return types;
    }

    private Regex? PatternOf(SchemaPlace place, string pattern)
    {
        Result<Regex> compiled = EcmaPattern.Compile(pattern);
        if (compiled.Ok)
        {
            return compiled.Value;
        }

        _problems.AddRange(
            compiled.Problems.Select(p => p with { Field = place.Location, Message = $"{place.Location}: {p.Message}" })
        );
        return null;
    }

    private static void Strings(KeywordCursor cursor, DialectRules rules, SchemaNode node)
    {
        if (
            cursor.Text(SchemaKeyword.Format) is { } format
            && StringFormats.Known.TryGetValue(format, out StringFormat known)
        )
        {
            node.Format = known;
            node.FormatAsserts = rules.Formats;
        }
    }

    private void Arrays(KeywordCursor cursor, SchemaPlace place, SchemaNode node)
    {
        node.PrefixItems = Several(cursor, place, SchemaKeyword.PrefixItems);
        int items = cursor.Find(SchemaKeyword.Items);
        if (items >= 0 && place.Text.View.Tokens[items].Kind == JsonKind.Array)
        {
            Bad(place.Location, "a list of items belongs to an older draft", "Use prefixItems.");
            return;
        }

        node.Items = items < 0 ? null : NodeOf(place, items);
        node.Contains = Single(cursor, place, SchemaKeyword.Contains);
        node.UnevaluatedItems = Single(cursor, place, SchemaKeyword.UnevaluatedItems);
    }

    private void Objects(KeywordCursor cursor, DialectRules rules, SchemaPlace place, SchemaNode node)
    {
        node.Properties = Properties(cursor, rules, place);
        int patterns = cursor.Find(SchemaKeyword.PatternProperties, JsonKind.Object, "an object of schemas");
        if (patterns >= 0)
        {
            node.PatternProperties = Patterns(cursor, place, patterns);
        }

        node.AdditionalProperties = Single(cursor, place, SchemaKeyword.AdditionalProperties);
        node.PropertyNames = Single(cursor, place, SchemaKeyword.PropertyNames);
        node.UnevaluatedProperties = Single(cursor, place, SchemaKeyword.UnevaluatedProperties);
        int dependent = cursor.Find(SchemaKeyword.DependentSchemas, JsonKind.Object, "an object of schemas");
        node.DependentSchemas =
            dependent < 0 ? [] : [.. cursor.Children(dependent).Select(c => (cursor.NameOf(c), NodeOf(place, c)))];
    }

    private (Regex Pattern, string Text, SchemaNode Schema)[] Patterns(KeywordCursor cursor, SchemaPlace place, int at)
    {
        var found = new List<(Regex, string, SchemaNode)>();
        foreach (int child in cursor.Children(at))
        {
            if (PatternOf(place, cursor.NameOf(child)) is { } pattern)
            {
                found.Add((pattern, cursor.NameOf(child), NodeOf(place, child)));
            }
        }

        return [.. found];
    }

    private PropertyTable Properties(KeywordCursor cursor, DialectRules rules, SchemaPlace place)
    {
        int required = rules.Validation ? cursor.Find(SchemaKeyword.Required) : -1;
        int properties = cursor.Find(SchemaKeyword.Properties, JsonKind.Object, "an object of schemas");
        if (required < 0 && properties < 0)
        {
            return PropertyTable.Empty;
        }

        var needed = new HashSet<string>(
            required < 0 ? [] : cursor.Texts(required, "required"),
            StringComparer.Ordinal
        );
        int[] declared = properties < 0 ? [] : cursor.Children(properties);
        var entries = new List<PropertyTable.Entry>(declared.Length + needed.Count);
        foreach (int child in declared)
        {
            string name = cursor.NameOf(child);
            entries.Add(new PropertyTable.Entry(name, NodeOf(place, child), needed.Remove(name)));
        }

        entries.AddRange(needed.Select(name => new PropertyTable.Entry(name, null, true)));
        return new PropertyTable(entries);
    }

    private void Composition(KeywordCursor cursor, SchemaPlace place, SchemaNode node)
    {
        node.AllOf = Several(cursor, place, SchemaKeyword.AllOf);
        node.AnyOf = Several(cursor, place, SchemaKeyword.AnyOf);
        node.OneOf = Several(cursor, place, SchemaKeyword.OneOf);
        node.Not = Single(cursor, place, SchemaKeyword.Not);
        node.If = Single(cursor, place, SchemaKeyword.If);
        node.Then = node.If is null ? null : Single(cursor, place, SchemaKeyword.Then);
        node.Else = node.If is null ? null : Single(cursor, place, SchemaKeyword.Else);
    }

    private SchemaNode? Single(KeywordCursor cursor, SchemaPlace place, SchemaKeyword keyword)
    {
        int at = cursor.Find(keyword);
        return at < 0 ? null : NodeOf(place, at);
    }

    private SchemaNode[] Several(KeywordCursor cursor, SchemaPlace place, SchemaKeyword keyword)
    {
        int at = cursor.Find(keyword, JsonKind.Array, "a list of schemas");
        return at < 0 ? [] : [.. cursor.Children(at).Select(c => NodeOf(place, c))];
    }
}
