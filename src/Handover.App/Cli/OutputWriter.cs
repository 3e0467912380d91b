using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Handover.App.Cli;

/// <summary>
/// Writes data in the format that was asked for. Everything here goes to standard output and is nothing but data.
/// </summary>
public sealed class OutputWriter(TextWriter output, OutputFormat format)
{
    private static readonly JsonWriterOptions Indented = new()
    {
        Indented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The format.</summary>
    public OutputFormat Format { get; } = format;

    /// <summary>Writes one thing; the table has a line per field.</summary>
    public void One<T>(T value, JsonTypeInfo<T> type, Func<T, string> name, Action<TextWriter, T> forPeople)
    {
        switch (Format)
        {
            case OutputFormat.Json:
            case OutputFormat.Yaml:
                Document(JsonSerializer.SerializeToElement(value, type));
                break;
            case OutputFormat.Name:
                output.WriteLine(name(value));
                break;
            default:
                forPeople(output, value);
                break;
        }
    }

    /// <summary>Writes a list.</summary>
    public void Many<T>(
        IReadOnlyList<T> values,
        JsonTypeInfo<T> type,
        Func<T, string> name,
        params (string Head, Func<T, string> Cell)[] columns
    )
    {
        switch (Format)
        {
            case OutputFormat.Json:
            case OutputFormat.Yaml:
                Document(
                    JsonSerializer.SerializeToElement(values.Select(v => JsonSerializer.SerializeToElement(v, type)))
                );
                break;
            case OutputFormat.Name:
                foreach (T value in values)
                {
                    output.WriteLine(name(value));
                }

                break;
            default:
                Table(output, values, columns);
                break;
        }
    }

    /// <summary>Writes a table with aligned columns, as wide as its longest cell.</summary>
    public static void Table<T>(
        TextWriter output,
        IReadOnlyList<T> values,
        params (string Head, Func<T, string> Cell)[] columns
    )
    {
        List<string[]> rows =
        [
            [.. columns.Select(c => c.Head)],
            .. values.Select(v => columns.Select(c => Plain(c.Cell(v))).ToArray()),
        ];
        int[] widths = [.. columns.Select((_, i) => rows.Max(r => r[i].Length))];
        foreach (string[] row in rows)
        {
            output.WriteLine(string.Join("   ", row.Select((cell, i) => cell.PadRight(widths[i]))).TrimEnd());
        }
    }

    /// <summary>Writes <c>key: value</c> lines with aligned values.</summary>
    public static void Fields(TextWriter output, params (string Name, string? Value)[] fields)
    {
        int width = fields.Max(f => f.Name.Length) + 2;
        foreach ((string name, string? value) in fields.Where(f => f.Value is not null))
        {
            output.WriteLine($"{(name + ":").PadRight(width)}{Plain(value!)}");
        }
    }

    /// <summary>Writes a JSON document as JSON or YAML.</summary>
    public void Document(JsonElement json)
    {
        if (Format == OutputFormat.Yaml)
        {
            YamlText.Write(output, json);
            return;
        }

        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, Indented))
        {
            json.WriteTo(writer);
        }

        output.WriteLine(System.Text.Encoding.UTF8.GetString(buffer.ToArray()));
    }

    // Names and reasons come from others; a terminal must not obey what they contain.
    private static string Plain(string text) => string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c));
}
