using Handover.Core.Foundation;

namespace Handover.Core.Contracts.Schemas;

/// <summary>
/// Reads the keywords of one schema after the other and notes what has the wrong form, instead of ignoring it.
/// </summary>
internal sealed class KeywordCursor(List<Problem> problems)
{
    private readonly int[] _values = new int[SchemaKeywords.Count];
    private ulong _present;
    private SchemaPlace? _place;

    private SchemaPlace Place => _place!;

    private JsonView View => Place.Text.View;

    /// <summary>Whether it says what its values mean, beyond their form.</summary>
    public bool HasMeaning =>
        Has(SchemaKeyword.Unit)
        || Has(SchemaKeyword.Semantics)
        || Has(SchemaKeyword.ClassOrder)
        || Has(SchemaKeyword.Transport);

    /// <summary>Goes to another schema, which is an object.</summary>
    public void MoveTo(SchemaPlace place)
    {
        _place = place;
        _present = 0;
        JsonView view = place.Text.View;
        int name = place.At + 1;
        for (int i = 0; i < view.Tokens[place.At].Count; i++)
        {
            SchemaKeyword keyword = SchemaKeywords.Of(view.Tokens[name].Hash, view.Text(name));
            _values[(int)keyword] = name + 1;
            _present |= 1UL << (int)keyword;
            name = view.Tokens[name + 1].Next;
        }
    }

    /// <summary>Whether the keyword is there.</summary>
    public bool Has(SchemaKeyword keyword) => (_present & (1UL << (int)keyword)) != 0;

    /// <summary>The value of a keyword; -1 when it is absent.</summary>
    public int Find(SchemaKeyword keyword) => Has(keyword) ? _values[(int)keyword] : -1;

    /// <summary>The value of a keyword of one kind; -1 when it is absent or, with a problem, of another.</summary>
    public int Find(SchemaKeyword keyword, JsonKind kind, string needs)
    {
        int found = Find(keyword);
        if (found >= 0 && View.Tokens[found].Kind != kind)
        {
            Bad(SchemaKeywords.Name(keyword), needs);
            return -1;
        }

        return found;
    }

    public string? Text(SchemaKeyword keyword)
    {
        int found = Find(keyword, JsonKind.String, "a text");
        return found < 0 ? null : View.String(found);
    }

    public JsonDecimal? Number(SchemaKeyword keyword)
    {
        int found = Find(keyword, JsonKind.Number, "a number");
        return found < 0 ? null : JsonDecimal.Read(View.Text(found));
    }

    public long? Count(SchemaKeyword keyword)
    {
        if (Number(keyword) is not { } number)
        {
            return null;
        }

        if (number.IsInteger && number.Sign >= 0)
        {
            return number.TryWhole(out long whole) ? whole : long.MaxValue;
        }

        Bad(SchemaKeywords.Name(keyword), "a whole number from 0");
        return null;
    }

    public bool Flag(SchemaKeyword keyword)
    {
        int found = Find(keyword);
        if (found >= 0 && View.Tokens[found].Kind is not (JsonKind.True or JsonKind.False))
        {
            Bad(SchemaKeywords.Name(keyword), "true or false");
        }

        return found >= 0 && View.Tokens[found].Kind == JsonKind.True;
    }

    /// <summary>The texts of a list.</summary>
    public string[] Texts(int list, string keyword)
    {
        if (View.Tokens[list].Kind != JsonKind.Array)
        {
            Bad(keyword, "a list of texts");
            return [];
        }

        int[] items = View.Children(list);
        if (!Array.TrueForAll(items, IsText))
        {
            Bad(keyword, "a list of texts");
        }

        return [.. items.Where(IsText).Select(String)];
    }

    public bool IsText(int token) => View.Tokens[token].Kind == JsonKind.String;

    public string String(int token) => View.String(token);

    public string NameOf(int token) => View.NameOf(token);

    public int[] Children(int token) => View.Children(token);

    private void Bad(string keyword, string needs) =>
        problems.Add(
            new Problem("schema-malformed", $"{Place.Location}: {keyword} needs {needs}")
            {
                Field = $"{Place.Location}/{keyword}",
            }
        );
}
