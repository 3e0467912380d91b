using System.Text.Json;

namespace Handover.App.Cli;

/// <summary>
/// Writes JSON as block YAML. Strings that YAML could read as something else are quoted as JSON strings.
/// </summary>
public static class YamlText
{
    /// <summary>Writes a document.</summary>
    public static void Write(TextWriter output, JsonElement json)
    {
        if (Inline(json) is { } text)
        {
            output.WriteLine(text);
            return;
        }

        Block(output, json, 0, atStart: false);
    }

    private static void Block(TextWriter output, JsonElement json, int indent, bool atStart)
    {
        string pad = new(' ', indent);
        bool first = atStart;
        if (json.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty property in json.EnumerateObject())
            {
                string key = Scalar(property.Name);
                string? inline = Inline(property.Value);
                output.WriteLine($"{(first ? "" : pad)}{key}:{(inline is null ? "" : " " + inline)}");
                first = false;
                if (inline is null)
                {
                    Block(output, property.Value, indent + 2, atStart: false);
                }
            }

            return;
        }

        foreach (JsonElement item in json.EnumerateArray())
        {
            string? inline = Inline(item);
            output.Write($"{(first ? "" : pad)}- ");
            first = false;
            if (inline is not null)
            {
                output.WriteLine(inline);
            }
            else
            {
                Block(output, item, indent + 2, atStart: true);
            }
        }
    }

    private static string? Inline(JsonElement json) =>
        json.ValueKind switch
        {
            JsonValueKind.Object => json.EnumerateObject().Any() ? null : "{}",
            JsonValueKind.Array => json.GetArrayLength() > 0 ? null : "[]",
            JsonValueKind.String => Scalar(json.GetString()!),
            _ => json.GetRawText(),
        };

    private static string Scalar(string text)
    {
        bool plain =
            text.Length > 0
            && char.IsAsciiLetter(text[0])
            && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '/' or ' ' or '%' or '(' or ')')
            && text[^1] != ' '
            && text.ToLowerInvariant()
                is not ("true" or "false" or "null" or "yes" or "no" or "on" or "off" or "y" or "n");
        return plain ? text : JsonSerializer.Serialize(text);
    }
}
