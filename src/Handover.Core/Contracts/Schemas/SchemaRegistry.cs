using System.Globalization;
using Handover.Core.Foundation;

namespace Handover.Core.Contracts.Schemas;

/// <summary>
/// Where every schema of the known documents is: by URI, by anchor, by pointer. Only places where a schema may stand
/// are looked into, so that an <c>$id</c> inside a constant names nothing.
/// </summary>
internal sealed class SchemaRegistry(SchemaOptions options)
{
    private readonly Dictionary<string, SchemaPlace> _resources = new(StringComparer.Ordinal);
    private readonly Dictionary<(string, string), SchemaPlace> _anchors = [];
    private readonly Dictionary<JsonValue, SchemaPlace> _places = [];
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
        // A schema with its keywords takes some eight tokens.
        _places.EnsureCapacity(_places.Count + (text.Count / 8));
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
        _places.TryGetValue(new JsonValue(parent.Text, token), out SchemaPlace? place)
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

            place = _places.GetValueOrDefault(new JsonValue(root.Text, at), place);
        }

        return At(place, at);
    }

    private SchemaPlace Scan(JsonText text, int at, string address, int resource)
    {
        JsonView view = text.View;
        bool named = view.Tokens[at].Kind == JsonKind.Object && view.Find(at, "$id"u8) >= 0;
        if (named && view.Member(at, "$id"u8) is { } id)
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
        _places[new JsonValue(text, at)] = place;
        if (view.Tokens[at].Kind != JsonKind.Object)
        {
            return place;
        }

        if (named)
        {
            _resources.TryAdd(address, place);
        }

        Inside(view, place);
        return place;
    }

    private void Inside(JsonView view, SchemaPlace place)
    {
        int name = place.At + 1;
        for (int i = 0; i < view.Tokens[place.At].Count; i++)
        {
            ReadOnlySpan<byte> text = view.Text(name);
            int value = name + 1;
            JsonKind kind = view.Tokens[value].Kind;
            SchemaHolding holding = SchemaKeywords.Holds(SchemaKeywords.Of(view.Tokens[name].Hash, text));
            if (holding == SchemaHolding.One && kind == JsonKind.Object)
            {
                Scan(place.Text, value, place.Address, place.Resource);
            }
            else if (holding == SchemaHolding.Several && kind is JsonKind.Array or JsonKind.Object)
            {
                Several(view, place, value);
            }
            else if (kind == JsonKind.String && text is [(byte)'$', ..])
            {
                Anchor(text, view.String(value), place);
            }

            name = view.Tokens[value].Next;
        }
    }

    private void Several(JsonView view, SchemaPlace place, int list)
    {
        int name = view.Tokens[list].Kind == JsonKind.Object ? 1 : 0;
        int child = list + 1 + name;
        for (int i = 0; i < view.Tokens[list].Count; i++)
        {
            Scan(place.Text, child, place.Address, place.Resource);
            child = view.Tokens[child].Next + name;
        }
    }

    private void Anchor(ReadOnlySpan<byte> keyword, string anchor, SchemaPlace place)
    {
        bool dynamic = keyword.SequenceEqual("$dynamicAnchor"u8);
        if (dynamic)
        {
            _dynamic.Add((place.Resource, anchor, place));
        }

        if (dynamic || keyword.SequenceEqual("$anchor"u8))
        {
            _anchors.TryAdd((place.Address, anchor), place);
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
    /// <summary>What was made of it; null before.</summary>
    public SchemaNode? Node { get; set; }

    /// <summary>For people: the address with the pointer.</summary>
    public string Location => $"{Address}#{Text.View.Pointer(At)}";
}
