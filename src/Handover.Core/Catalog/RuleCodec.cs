using System.Buffers;
using System.Text;
using System.Text.Json;
using Handover.Core.Foundation;

namespace Handover.Core.Catalog;

/// <summary>Reads and writes a <see cref="Rule"/> as JSONLogic.</summary>
public static class RuleCodec
{
    /// <summary>Reads a rule; what is not understood is refused with the field that holds it.</summary>
    /// <param name="json">An object with one operator.</param>
    /// <param name="field">Where it stands, for the problems.</param>
    public static Result<Rule> Parse(JsonElement json, string field = "when")
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            return new Problem("bad-rule", "a rule is an object with exactly one operator.") { Field = field };
        }

        var reader = new RuleReader();
        Result<RuleNode> root = reader.Read(json, field, 0);
        return root.Ok
            ? new Rule(Canonical(json), root.Value, reader.Names, reader.References)
            : Result<Rule>.Failed(root.Problems);
    }

    /// <summary>
    /// The rule with other rules in the place of its references, so that it means the same for ever, whatever becomes
    /// of those. References in references are followed, eight deep.
    /// </summary>
    /// <param name="rule">The rule.</param>
    /// <param name="find">The rule of a name; null when there is none.</param>
    public static Result<Rule> Resolve(Rule rule, Func<string, Rule?> find)
    {
        for (int depth = 0; rule.References.Count > 0; depth++)
        {
            string? unknown = rule.References.FirstOrDefault(r => find(r) is null);
            if (unknown is not null || depth == 8)
            {
                string why = unknown is null ? "references go round in a circle." : $"there is no segment '{unknown}'.";
                return new Problem("bad-rule", why) { Field = "when" };
            }

            using JsonDocument document = JsonDocument.Parse(rule.Json);
            var buffer = new ArrayBufferWriter<byte>(512);
            using (var writer = new Utf8JsonWriter(buffer))
            {
                Replace(writer, document.RootElement, find);
            }

            using JsonDocument replaced = JsonDocument.Parse(buffer.WrittenMemory);
            Result<Rule> next = Parse(replaced.RootElement);
            if (!next.Ok)
            {
                return next;
            }

            rule = next.Value;
        }

        return rule;
    }

    /// <summary>Writes a rule so that <see cref="Parse"/> reads the same one.</summary>
    public static void Write(Utf8JsonWriter json, Rule rule)
    {
        using JsonDocument document = JsonDocument.Parse(rule.Json);
        document.RootElement.WriteTo(json);
    }

    private static string Canonical(JsonElement json)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            json.WriteTo(writer);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void Replace(Utf8JsonWriter writer, JsonElement json, Func<string, Rule?> find)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.Object when json.TryGetProperty(RuleReader.Ref, out JsonElement name):
                Write(writer, find(name.GetString()!)!);
                break;
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (JsonProperty member in json.EnumerateObject())
                {
                    writer.WritePropertyName(member.Name);
                    Replace(writer, member.Value, find);
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (JsonElement item in json.EnumerateArray())
                {
                    Replace(writer, item, find);
                }

                writer.WriteEndArray();
                break;
            default:
                json.WriteTo(writer);
                break;
        }
    }
}
