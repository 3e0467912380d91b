using System.Globalization;
using Handover.Core.Foundation;

namespace Handover.Core.Contracts.Schemas;

/// <summary>
/// Where every schema of the known documents is: by URI, by anchor, by pointer. Only places where a schema may stand
/// are looked into, so that an <c>$id</c> inside a constant names nothing.
/// </summary>
internal sealed class SchemaRegistry(SchemaOptions options)
{
    private static readonly string[] One =
    [
        "items",
        "contains",
        "additionalProperties",
        "propertyNames",
        "not",
        "if",
        "then",
        "else",
        "unevaluatedItems",
        "unevaluatedProperties",
        "contentSchema",
    ];
    private static readonly string[] Lists = ["prefixItems", "allOf", "anyOf", "oneOf"];
    private static readonly string[] Maps =
    [
        "properties",
        "patternProperties",
        "$defs",
        "definitions",
        "dependentSchemas",
    ];

    private readonly Dictionary<string, SchemaPlace> _resources = new(StringComparer.Ordinal);
    private readonly Dictionary<(string, string), SchemaPlace> _anchors = [];
    private readonly Dictionary<(JsonText, int), SchemaPlace> _places = [];
    private readonly List<(int Resource, string Name, SchemaPlace Place)> _dynamic = [];
    private int _lastResource;

    /// <summary>Every dynamic anchor that was found.</summary>
    public IReadOnlyList<(int Resource, string Name, SchemaPlace Place)> DynamicAnchors => _dynamic;

    /// <summary>What is wrong with the documents.</summary>
    public List<Problem> Problems { get; } = [];

    /// <summary>Takes a document in and finds the schemas in it.</summary>
    public SchemaPlace Add(Uri address, JsonText text)
    {
        int resource = ++_lastResource;
        SchemaPlace root = Scan(text, 0, WithoutFragment(address), resource);
        _resources.TryAdd(WithoutFragment(address), root);
        return root;
    }

    /// <summary>The schema that a reference means.</summary>
    /// <param name="from">Where the reference stands.</param>
    /// <param name="reference">Its text.</param>
    public SchemaPlace? Resolve(SchemaPlace from, string reference)
    {
        int hash = reference.IndexOf('#', StringComparison.Ordinal);
        string address = hash < 0 ? reference : reference[..hash];
        string fragment = hash < 0 ? "" : Uri.UnescapeDataString(reference[(hash + 1)..]);
        string target = address.Length == 0 ? from.Address : Join(from.Address, address) ?? address;
        if (Document(target) is not { } root)
        {
            return null;
        }

        return fragment.Length == 0 ? root
            : fragment[0] == '/' ? ByPointer(root, fragment)
            : _anchors.GetValueOrDefault((root.Address, fragment));
    }

    /// <summary>The place of a schema inside another one.</summary>
    public SchemaPlace At(SchemaPlace parent, int token) =>
        _places.TryGetValue((parent.Text, token), out SchemaPlace? place)
            ? place
            : Scan(parent.Text, token, parent.Address, parent.Resource);

    /// <summary>The root schema of a known URI; null when nothing has it.</summary>
    public SchemaPlace? Document(string uri)
    {
        if (_resources.TryGetValue(uri, out SchemaPlace? found))
        {
            return found;
        }

        ReadOnlyMemory<byte>? bytes = options.Documents.TryGetValue(uri, out ReadOnlyMemory<byte> given)
            ? given
            : MetaSchema.Find(uri);
        if (bytes is null)
        {
            return null;
        }

        Result<JsonText> read = JsonText.Read(bytes.Value.Span, uri);
        if (!read.Ok)
        {
            Problems.AddRange(read.Problems);
            return null;
        }

        return Add(new Uri(uri), read.Value);
    }

    private SchemaPlace? ByPointer(SchemaPlace root, string pointer)
    {
        SchemaPlace place = root;
        int at = root.At;
        foreach (string step in pointer[1..].Split('/'))
        {
            string name = step.Replace("~1", "/", StringComparison.Ordinal)
                .Replace("~0", "~", StringComparison.Ordinal);
            JsonView view = root.Text.View;
            if (view.Tokens[at].Kind == JsonKind.Array)
            {
                bool number = int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int ordinal);
                at = number && ordinal < view.Tokens[at].Count ? view.Children(at)[ordinal] : -1;
            }
            else
            {
                at = view.Find(at, name);
            }

            if (at < 0)
            {
                return null;
            }

            place = _places.GetValueOrDefault((root.Text, at), place);
        }

        return At(place, at);
    }

    private SchemaPlace Scan(JsonText text, int at, string address, int resource)
    {
        JsonView view = text.View;
        if (view.Tokens[at].Kind == JsonKind.Object && view.Member(at, "$id"u8) is { } id)
        {
            string? joined = Join(address, id.TrimEnd('#'));
            if (joined is null || joined.Contains('#', StringComparison.Ordinal))
            {
                Problems.Add(new Problem("schema-bad-id", $"{address}: '{id}' is no address of a schema"));
            }
            else
            {
                address = joined;
                resource = at == 0 ? resource : ++_lastResource;
            }
        }

        var place = new SchemaPlace(text, at, address, resource);
        _places[(text, at)] = place;
        if (view.Tokens[at].Kind != JsonKind.Object)
        {
            return place;
        }

        if (view.Find(at, "$id"u8) >= 0)
        {
            _resources.TryAdd(address, place);
        }

        Anchors(view, place);
        Inside(view, place);
        return place;
    }

    private void Anchors(JsonView view, SchemaPlace place)
    {
        if (view.Member(place.At, "$anchor"u8) is { } anchor)
        {
            _anchors.TryAdd((place.Address, anchor), place);
        }

        if (view.Member(place.At, "$dynamicAnchor"u8) is { } dynamic)
        {
            _anchors.TryAdd((place.Address, dynamic), place);
            _dynamic.Add((place.Resource, dynamic, place));
        }
    }

    private void Inside(JsonView view, SchemaPlace place)
    {
        foreach (string keyword in One)
        {
            int child = view.Find(place.At, keyword);
            if (child >= 0 && view.Tokens[child].Kind == JsonKind.Object)
            {
                Scan(place.Text, child, place.Address, place.Resource);
            }
        }

        foreach (string keyword in Lists.Concat(Maps))
        {
            int list = view.Find(place.At, keyword);
            if (list < 0 || view.Tokens[list].Kind is not (JsonKind.Array or JsonKind.Object))
            {
                continue;
            }

            foreach (int child in view.Children(list))
            {
                Scan(place.Text, child, place.Address, place.Resource);
            }
        }
    }

    private static string? Join(string address, string reference)
    {
        if (Uri.TryCreate(reference, UriKind.Absolute, out Uri? absolute) && reference.Contains(':'))
        {
            return absolute.OriginalString;
        }

        return
            Uri.TryCreate(address, UriKind.Absolute, out Uri? from) && Uri.TryCreate(from, reference, out Uri? joined)
            ? joined.OriginalString.Length > 0
                ? joined.AbsoluteUri
                : null
            : null;
    }

    private static string WithoutFragment(Uri address) => address.OriginalString.Split('#')[0];
}

/// <summary>One place where a schema stands.</summary>
/// <param name="Text">The document.</param>
/// <param name="At">The token of the schema.</param>
/// <param name="Address">The URI that references in it start from, without a fragment.</param>
/// <param name="Resource">Number of the schema resource.</param>
internal sealed record SchemaPlace(JsonText Text, int At, string Address, int Resource)
{
    /// <summary>For people: the address with the pointer.</summary>
    public string Location => $"{Address}#{Text.View.Pointer(At)}";
}
