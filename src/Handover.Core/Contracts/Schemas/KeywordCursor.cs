using System.Text;
using Handover.Core.Foundation;

namespace Handover.Core.Contracts.Schemas;

/// <summary>Reads the keywords of one schema and notes what has the wrong form, instead of ignoring it.</summary>
internal sealed class KeywordCursor(JsonText text, int at, string location, List<Problem> problems)
{
    private JsonView View => text.View;

    /// <summary>The value of a keyword; -1 when it is absent.</summary>
    public int Find(ReadOnlySpan<byte> keyword) => View.Find(at, keyword);

    /// <summary>The value of a keyword of one kind; -1 when it is absent or, with a problem, of another.</summary>
    public int Find(ReadOnlySpan<byte> keyword, JsonKind kind, string needs)
    {
        int found = Find(keyword);
        if (found >= 0 && View.Tokens[found].Kind != kind)
        {
            Bad(Encoding.UTF8.GetString(keyword), needs);
            return -1;
        }

        return found;
    }

    public string? Text(ReadOnlySpan<byte> keyword)
    {
        int found = Find(keyword, JsonKind.String, "a text");
        return found < 0 ? null : View.String(found);
    }

    public JsonDecimal? Number(ReadOnlySpan<byte> keyword)
    {
        int found = Find(keyword, JsonKind.Number, "a number");
        return found < 0 ? null : JsonDecimal.Read(View.Text(found));
    }

    public long? Count(ReadOnlySpan<byte> keyword)
    {
        if (Number(keyword) is not { } number)
        {
            return null;
        }

        if (number.IsInteger && number.Sign >= 0)
        {
            return number.TryWhole(out long whole) ? whole : long.MaxValue;
        }

        Bad(Encoding.UTF8.GetString(keyword), "a whole number from 0");
        return null;
    }

    public bool Flag(ReadOnlySpan<byte> keyword)
    {
        int found = Find(keyword);
        if (found >= 0 && View.Tokens[found].Kind is not (JsonKind.True or JsonKind.False))
        {
            Bad(Encoding.UTF8.GetString(keyword), "true or false");
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
            new Problem("schema-malformed", $"{location}: {keyword} needs {needs}") { Field = $"{location}/{keyword}" }
        );
}
