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
        int constant = cursor.Find("const"u8);
        node.Const = constant < 0 ? null : new JsonValue(place.Text, constant);
        int values = cursor.Find("enum"u8, JsonKind.Array, "a list of values");
        node.Enum = values < 0 ? null : [.. cursor.Children(values).Select(v => new JsonValue(place.Text, v))];
        node.ReadsUnknownLabels = cursor.Text("x-onUnknown"u8) is not null;
        node.Minimum = cursor.Number("minimum"u8);
        node.Maximum = cursor.Number("maximum"u8);
        node.ExclusiveMinimum = cursor.Number("exclusiveMinimum"u8);
        node.ExclusiveMaximum = cursor.Number("exclusiveMaximum"u8);
        node.MultipleOf = cursor.Number("multipleOf"u8);
        if (node.MultipleOf is { Sign: <= 0 })
        {
            Bad(place.Location, "multipleOf must be above 0");
        }

        node.MinLength = cursor.Count("minLength"u8) ?? 0;
        node.MaxLength = cursor.Count("maxLength"u8) ?? long.MaxValue;
        node.MinItems = cursor.Count("minItems"u8) ?? 0;
        node.MaxItems = cursor.Count("maxItems"u8) ?? long.MaxValue;
        node.MinContains = cursor.Count("minContains"u8) ?? 1;
        node.MaxContains = cursor.Count("maxContains"u8) ?? long.MaxValue;
        node.MinProperties = cursor.Count("minProperties"u8) ?? 0;
        node.MaxProperties = cursor.Count("maxProperties"u8) ?? long.MaxValue;
        node.UniqueItems = cursor.Flag("uniqueItems"u8);
        if (cursor.Text("pattern"u8) is { } pattern)
        {
            node.PatternText = pattern;
            node.Pattern = PatternOf(place, pattern);
        }

        int dependent = cursor.Find("dependentRequired"u8, JsonKind.Object, "an object of lists of names");
        node.DependentRequired =
            dependent < 0
                ? []
                : [.. cursor.Children(dependent).Select(c => (cursor.NameOf(c), cursor.Texts(c, "dependentRequired")))];
    }

    private JsonTypes Types(KeywordCursor cursor, SchemaPlace place)
    {
        int at = cursor.Find("type"u8);
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
        if (cursor.Text("format"u8) is { } format && StringFormats.Known.TryGetValue(format, out StringFormat known))
        {
            node.Format = known;
            node.FormatAsserts = rules.Formats;
        }
    }

    private void Arrays(KeywordCursor cursor, SchemaPlace place, SchemaNode node)
    {
        node.PrefixItems = Several(cursor, place, "prefixItems"u8);
        int items = cursor.Find("items"u8);
        if (items >= 0 && place.Text.View.Tokens[items].Kind == JsonKind.Array)
        {
            Bad(place.Location, "a list of items belongs to an older draft", "Use prefixItems.");
            return;
        }

        node.Items = items < 0 ? null : NodeOf(place, items);
        node.Contains = Single(cursor, place, "contains"u8);
        node.UnevaluatedItems = Single(cursor, place, "unevaluatedItems"u8);
    }

    private void Objects(KeywordCursor cursor, DialectRules rules, SchemaPlace place, SchemaNode node)
    {
        int required = rules.Validation ? cursor.Find("required"u8) : -1;
        var needed = new HashSet<string>(
            required < 0 ? [] : cursor.Texts(required, "required"),
            StringComparer.Ordinal
        );
        var entries = new List<PropertyTable.Entry>();
        int properties = cursor.Find("properties"u8, JsonKind.Object, "an object of schemas");
        foreach (int child in properties < 0 ? [] : cursor.Children(properties))
        {
            string name = cursor.NameOf(child);
            entries.Add(new PropertyTable.Entry(name, NodeOf(place, child), needed.Remove(name)));
        }

        entries.AddRange(needed.Select(name => new PropertyTable.Entry(name, null, true)));
        node.Properties = entries.Count == 0 ? PropertyTable.Empty : new PropertyTable(entries);
        int patterns = cursor.Find("patternProperties"u8, JsonKind.Object, "an object of schemas");
        var found = new List<(Regex, string, SchemaNode)>();
        foreach (int child in patterns < 0 ? [] : cursor.Children(patterns))
        {
            if (PatternOf(place, cursor.NameOf(child)) is { } pattern)
            {
                found.Add((pattern, cursor.NameOf(child), NodeOf(place, child)));
            }
        }

        node.PatternProperties = [.. found];
        node.AdditionalProperties = Single(cursor, place, "additionalProperties"u8);
        node.PropertyNames = Single(cursor, place, "propertyNames"u8);
        node.UnevaluatedProperties = Single(cursor, place, "unevaluatedProperties"u8);
        int dependent = cursor.Find("dependentSchemas"u8, JsonKind.Object, "an object of schemas");
        node.DependentSchemas =
            dependent < 0 ? [] : [.. cursor.Children(dependent).Select(c => (cursor.NameOf(c), NodeOf(place, c)))];
    }

    private void Composition(KeywordCursor cursor, SchemaPlace place, SchemaNode node)
    {
        node.AllOf = Several(cursor, place, "allOf"u8);
        node.AnyOf = Several(cursor, place, "anyOf"u8);
        node.OneOf = Several(cursor, place, "oneOf"u8);
        node.Not = Single(cursor, place, "not"u8);
        node.If = Single(cursor, place, "if"u8);
        node.Then = node.If is null ? null : Single(cursor, place, "then"u8);
        node.Else = node.If is null ? null : Single(cursor, place, "else"u8);
    }

    private SchemaNode? Single(KeywordCursor cursor, SchemaPlace place, ReadOnlySpan<byte> keyword)
    {
        int at = cursor.Find(keyword);
        return at < 0 ? null : NodeOf(place, at);
    }

    private SchemaNode[] Several(KeywordCursor cursor, SchemaPlace place, ReadOnlySpan<byte> keyword)
    {
        int at = cursor.Find(keyword, JsonKind.Array, "a list of schemas");
        return at < 0 ? [] : [.. cursor.Children(at).Select(c => NodeOf(place, c))];
    }
}
