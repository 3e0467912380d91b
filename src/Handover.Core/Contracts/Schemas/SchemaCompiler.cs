using Handover.Core.Foundation;

namespace Handover.Core.Contracts.Schemas;

/// <summary>
/// Turns a schema document into nodes. Each place becomes one node, however often it is referred to, so a schema that
/// refers to itself is a cycle of nodes and not an endless tree.
/// </summary>
internal sealed partial class SchemaCompiler
{
    private const string Dialect = "https://json-schema.org/draft/2020-12/schema";
    private const string Vocabulary = "https://json-schema.org/draft/2020-12/vocab/";
    private const int MaxNodes = 100_000;

    private readonly SchemaOptions _options;
    private readonly SchemaRegistry _registry;
    private readonly KeywordCursor _cursor;
    private readonly Queue<(SchemaPlace Place, SchemaNode Node)> _work = [];
    private readonly Dictionary<string, DialectRules> _dialects = new(StringComparer.Ordinal);
    private readonly SchemaScopes _scopes = new();
    private readonly List<Problem> _problems;
    private int _nodes;
    private (JsonText Text, DialectRules Rules)? _dialect;

    public SchemaCompiler(SchemaOptions options)
    {
        _options = options;
        _registry = new SchemaRegistry(options);
        _problems = _registry.Problems;
        _cursor = new KeywordCursor(_problems);
    }

    /// <summary>Compiles the document.</summary>
    public Result<JsonSchema> Compile(ReadOnlyMemory<byte> document)
    {
        Result<JsonText> read = JsonText.Read(document.Span, _options.Address.ToString());
        if (!read.Ok)
        {
            return Result<JsonSchema>.Failed(read.Problems);
        }

        SchemaPlace place = _registry.Add(_options.Address, read.Value);
        SchemaNode root = NodeOf(place);
        Drain();
        // An anchor may be the target of a dynamic reference although nothing else leads to it.
        for (int i = 0; i < _registry.DynamicAnchors.Count && _scopes.Dynamic; i++)
        {
            (int resource, string name, SchemaPlace anchored) = _registry.DynamicAnchors[i];
            _scopes.Add(resource, name, NodeOf(anchored));
            Drain();
        }

        return _problems.Count > 0
            ? Result<JsonSchema>.Failed([.. _problems.Take(50)])
            : new JsonSchema(root, _scopes, _options);
    }

    private void Drain()
    {
        while (_work.TryDequeue(out (SchemaPlace Place, SchemaNode Node) next))
        {
            Fill(next.Place, next.Node);
        }
    }

    private SchemaNode NodeOf(SchemaPlace place)
    {
        if (place.Node is { } node)
        {
            return node;
        }

        JsonKind kind = place.Text.View.Tokens[place.At].Kind;
        place.Node = node = new SchemaNode
        {
            Address = place.Address,
            Resource = place.Resource,
            Source = new JsonValue(place.Text, place.At),
            Always = kind switch
            {
                JsonKind.True => true,
                JsonKind.False => false,
                _ => null,
            },
        };
        if (++_nodes > MaxNodes)
        {
            _problems.Add(new Problem("schema-too-large", $"there are more than {MaxNodes} schemas in the document"));
        }
        else if (kind == JsonKind.Object)
        {
            _work.Enqueue((place, node));
        }
        else if (node.Always is null)
        {
            Bad(place.Location, "a schema is an object, true or false");
        }

        return node;
    }

    private SchemaNode NodeOf(SchemaPlace parent, int token) => NodeOf(_registry.At(parent, token));

    private void Bad(string location, string message, string? fix = null) =>
        _problems.Add(new Problem("schema-malformed", $"{location}: {message}") { Field = location, Fix = fix });

    private void Fill(SchemaPlace place, SchemaNode node)
    {
        KeywordCursor cursor = _cursor;
        cursor.MoveTo(place);
        DialectRules rules = DialectOf(place);
        if (rules.Validation)
        {
            Assertions(cursor, place, node);
        }

        Strings(cursor, rules, node);
        Arrays(cursor, place, node);
        Objects(cursor, rules, place, node);
        Composition(cursor, place, node);
        References(cursor, place, node);
        node.HasMeaning = cursor.HasMeaning;
        node.Seal();
    }

    private void References(KeywordCursor cursor, SchemaPlace place, SchemaNode node)
    {
        if (cursor.Text(SchemaKeyword.Ref) is { } reference)
        {
            node.Ref = Target(place, reference);
        }

        if (cursor.Text(SchemaKeyword.DynamicRef) is { } dynamic)
        {
            SchemaPlace? target = _registry.Resolve(place, dynamic);
            node.DynamicRef = target is null ? Target(place, dynamic) : NodeOf(target);
            string name = dynamic[(dynamic.IndexOf('#', StringComparison.Ordinal) + 1)..];
            if (target is not null && target.Text.View.Member(target.At, "$dynamicAnchor"u8) == name)
            {
                node.DynamicName = name;
                _scopes.Dynamic = true;
            }
        }

        if (cursor.Text(SchemaKeyword.RecursiveRef) is not null)
        {
            Bad(place.Location, "$recursiveRef belongs to an older draft", "Use $dynamicRef.");
        }
    }

    private SchemaNode? Target(SchemaPlace place, string reference)
    {
        if (_registry.Resolve(place, reference) is { } target)
        {
            return NodeOf(target);
        }

        _problems.Add(
            new Problem("schema-unresolved", $"{place.Location}: '{reference}' refers to nothing that is known")
            {
                Field = place.Location,
                Fix = "Put the schema under $defs, or beside this file; nothing is fetched.",
            }
        );
        return null;
    }

    private DialectRules DialectOf(SchemaPlace place)
    {
        // $schema stands at the root of a resource; an embedded resource may have its own.
        JsonView view = place.Text.View;
        string? own = _cursor.Has(SchemaKeyword.Id) ? view.Member(place.At, "$schema"u8) : null;
        if (own is not null)
        {
            return DialectOf(place, own);
        }

        if (_dialect is not { } known || !ReferenceEquals(known.Text, place.Text))
        {
            _dialect = known = (place.Text, DialectOf(place, view.Member(0, "$schema"u8) ?? Dialect));
        }

        return known.Rules;
    }

    private DialectRules DialectOf(SchemaPlace place, string name)
    {
        name = name.TrimEnd('#');
        if (_dialects.TryGetValue(name, out DialectRules? known))
        {
            return known;
        }

        DialectRules rules = string.Equals(name, Dialect, StringComparison.Ordinal)
            ? new DialectRules(true, _options.AssertFormats)
            : Custom(place, name);
        _dialects[name] = rules;
        return rules;
    }

    private DialectRules Custom(SchemaPlace place, string name)
    {
        if (
            name.Contains("json-schema.org/draft", StringComparison.Ordinal) || _registry.Document(name) is not { } meta
        )
        {
            Bad(place.Location, $"the dialect '{name}' is not read", $"Write it in {Dialect}.");
            return new DialectRules(true, false);
        }

        JsonView view = meta.Text.View;
        int vocabularies = view.Find(meta.At, "$vocabulary"u8);
        if (vocabularies < 0 || view.Tokens[vocabularies].Kind != JsonKind.Object)
        {
            return new DialectRules(true, _options.AssertFormats);
        }

        foreach (int value in view.Children(vocabularies))
        {
            string uri = view.NameOf(value);
            if (view.Tokens[value].Kind == JsonKind.True && !uri.StartsWith(Vocabulary, StringComparison.Ordinal))
            {
                Bad(place.Location, $"the dialect '{name}' needs the vocabulary '{uri}', which is not known");
            }
        }

        return new DialectRules(
            view.Find(vocabularies, Vocabulary + "validation") >= 0,
            _options.AssertFormats || view.Find(vocabularies, Vocabulary + "format-assertion") >= 0
        );
    }

    /// <summary>What a dialect asks for.</summary>
    /// <param name="Validation">Whether the validation vocabulary is used.</param>
    /// <param name="Formats">Whether formats refuse.</param>
    private sealed record DialectRules(bool Validation, bool Formats);
}
