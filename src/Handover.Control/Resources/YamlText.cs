using System.Text;
using System.Text.Json;

namespace Handover.Control.Resources;

/// <summary>
/// Writes JSON as block YAML. JSON is YAML already, but nobody wants to read a deployment in braces.
/// </summary>
internal static class YamlText
{
    public static string Of(string json)
    {
        using var document = JsonDocument.Parse(json);
        var text = new StringBuilder();
        Block(text, document.RootElement, 0);
        return text.ToString();
    }

    private static void Block(StringBuilder text, JsonElement element, int indent)
    {
        bool first = true;
        if (element.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty field in element.EnumerateObject())
            {
                // The first field of a list item stands on the item's own line.
                Indent(text, first ? 0 : indent);
                first = false;
                text.Append(Scalar(field.Name)).Append(':');
                Child(text, field.Value, indent);
            }

            return;
        }

        foreach (JsonElement item in element.EnumerateArray())
        {
            Indent(text, first ? 0 : indent);
            first = false;
            text.Append("- ");
            if (IsBlock(item))
            {
                Block(text, item, indent + 2);
            }
            else
            {
                text.Append(Inline(item)).Append('\n');
            }
        }
    }

    private static void Child(StringBuilder text, JsonElement value, int indent)
    {
        if (!IsBlock(value))
        {
            text.Append(' ').Append(Inline(value)).Append('\n');
            return;
        }

        text.Append('\n');
        Indent(text, indent + 2);
        Block(text, value, indent + 2);
    }

    /// <summary>Maps and lists of maps get lines of their own; short lists of scalars stay on one line.</summary>
    private static bool IsBlock(JsonElement value) =>
        value.ValueKind switch
        {
            JsonValueKind.Object => value.EnumerateObject().Any(),
            JsonValueKind.Array => value
                .EnumerateArray()
                .Any(v => v.ValueKind is JsonValueKind.Object or JsonValueKind.Array),
            _ => false,
        };

    private static string Inline(JsonElement value) =>
        value.ValueKind switch
        {
            JsonValueKind.Object => "{}",
            JsonValueKind.Array => $"[{string.Join(", ", value.EnumerateArray().Select(Inline))}]",
            JsonValueKind.String => Scalar(value.GetString()!),
            _ => value.GetRawText(),
        };

    /// <summary>Text without quotes where nothing in it could mean anything else.</summary>
    private static string Scalar(string text)
    {
        bool plain =
            text.Length > 0
            && ScalarKinds.Of(text) == ScalarKind.Text
            && (char.IsAsciiLetterOrDigit(text[0]) || text[0] is '/' or '.')
            && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '.' or '-' or '_' or '%');
        return plain ? text : JsonText.Write(json => json.WriteStringValue(text));
    }

    private static void Indent(StringBuilder text, int spaces) => text.Append(' ', spaces);
}
