using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Handover.Core.Foundation;

namespace Handover.Control.Resources;

/// <summary>Writes JSON: YAML nodes as the JSON they mean, and resources in their one canonical form.</summary>
internal static class JsonText
{
    /// <summary>Nothing is escaped that need not be, so that the text is also good YAML and reads well.</summary>
    public static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The JSON that a YAML node means by the core schema.</summary>
    public static string Of(YamlNode node) => Write(json => Write(json, node));

    /// <summary>Runs a writer and returns what it wrote.</summary>
    public static string Write(Action<Utf8JsonWriter> write)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            write(json);
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    private static void Write(Utf8JsonWriter json, YamlNode node)
    {
        switch (node)
        {
            case YamlNode.Map map:
                json.WriteStartObject();
                foreach (YamlField field in map.Fields)
                {
                    json.WritePropertyName(field.Name);
                    Write(json, field.Value);
                }

                json.WriteEndObject();
                break;
            case YamlNode.List list:
                json.WriteStartArray();
                foreach (YamlNode item in list.Items)
                {
                    Write(json, item);
                }

                json.WriteEndArray();
                break;
            case YamlNode.Scalar scalar:
                WriteScalar(json, scalar);
                break;
            default:
                Invariant.Unreachable<int>($"no JSON form for {node}");
                break;
        }
    }

    private static void WriteScalar(Utf8JsonWriter json, YamlNode.Scalar scalar)
    {
        switch (scalar.Kind)
        {
            case ScalarKind.Empty:
                json.WriteNullValue();
                break;
            case ScalarKind.Flag:
                json.WriteBooleanValue(scalar.Text is "true" or "True" or "TRUE");
                break;
            case ScalarKind.Number when IsJsonNumber(scalar.Text):
                json.WriteRawValue(scalar.Text);
                break;
            default:
                // YAML knows numbers that JSON does not (007, +1, .5); rules compare text, so the text is what counts.
                json.WriteStringValue(scalar.Text);
                break;
        }
    }

    private static bool IsJsonNumber(string text)
    {
        string digits = text.StartsWith('-') ? text[1..] : text;
        return digits.Length > 0
            && char.IsAsciiDigit(digits[0])
            && (digits[0] != '0' || digits.Length == 1 || !char.IsAsciiDigit(digits[1]))
            && !digits.EndsWith('.')
            && !digits.Contains(".e", StringComparison.OrdinalIgnoreCase);
    }
}
