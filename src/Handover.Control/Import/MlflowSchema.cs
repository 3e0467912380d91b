using System.Text.Json;
using Handover.Core.Catalog;

namespace Handover.Control.Import;

/// <summary>
/// The bodies of MLflow's scoring server as JSON Schema: requests are <c>{dataframe_records: [row]}</c> or another of
/// the forms that it takes, answers are <c>{predictions: [row]}</c>. Callers may send more columns, which the server
/// drops; a model answers those that it declares.
/// </summary>
internal static class MlflowSchema
{
    private const int MaxDepth = 16;
    private const string Dialect = "https://json-schema.org/draft/2020-12/schema";

    public static Signature? Requests(List<MlflowColumn>? columns) =>
        columns is null or { Count: 0 }
            ? null
            : Signature(
                "schemas/mlflow-input.json",
                json =>
                {
                    json.WriteStartObject("properties");
                    Rows(json, "dataframe_records", columns, open: true);
                    json.WriteEndObject();
                    json.WriteStartArray("anyOf");
                    foreach (string form in (string[])["dataframe_records", "dataframe_split", "instances", "inputs"])
                    {
                        json.WriteStartObject();
                        Names(json, "required", [form]);
                        json.WriteEndObject();
                    }

                    json.WriteEndArray();
                }
            );

    public static Signature? Answers(List<MlflowColumn>? columns) =>
        columns is null or { Count: 0 }
            ? null
            : Signature(
                "schemas/mlflow-output.json",
                json =>
                {
                    Names(json, "required", ["predictions"]);
                    json.WriteStartObject("properties");
                    Rows(json, "predictions", columns, open: false);
                    json.WriteEndObject();
                }
            );

    private static Signature Signature(string file, Action<Utf8JsonWriter> body) =>
        new([])
        {
            Document = new ContractDocument(
                ContractDocumentKind.Schema,
                file,
                Resources.JsonText.Write(json =>
                {
                    json.WriteStartObject();
                    json.WriteString("$schema", Dialect);
                    json.WriteString("type", "object");
                    body(json);
                    json.WriteEndObject();
                })
            ),
        };

    private static void Rows(Utf8JsonWriter json, string name, List<MlflowColumn> columns, bool open)
    {
        json.WriteStartObject(name);
        json.WriteString("type", "array");
        json.WritePropertyName("items");
        if (columns is [{ Name: null } only])
        {
            Type(json, only.Written, open, 0);
        }
        else
        {
            json.WriteStartObject();
            json.WriteString("type", "object");
            json.WriteStartObject("properties");
            foreach ((int i, MlflowColumn column) in columns.Index())
            {
                json.WritePropertyName(column.Name ?? $"{i}");
                Type(json, column.Written, open, 0);
            }

            json.WriteEndObject();
            Names(
                json,
                "required",
                columns.Index().Where(c => c.Item.Required).Select(c => c.Item.Name ?? $"{c.Index}")
            );
            if (!open)
            {
                json.WriteBoolean("additionalProperties", false);
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void Type(Utf8JsonWriter json, JsonElement written, bool open, int depth)
    {
        string type = written.TryGetProperty("type", out JsonElement t) ? t.GetString() ?? "" : "";
        if (depth > MaxDepth)
        {
            throw new FormatException($"types are nested deeper than {MaxDepth}");
        }

        json.WriteStartObject();
        switch (type)
        {
            case "boolean":
                json.WriteString("type", "boolean");
                break;
            case "integer" or "long":
                json.WriteString("type", "integer");
                json.WriteNumber("minimum", type == "integer" ? int.MinValue : long.MinValue);
                json.WriteNumber("maximum", type == "integer" ? int.MaxValue : long.MaxValue);
                break;
            case "float" or "double":
                json.WriteString("type", "number");
                break;
            case "string" or "binary" or "datetime":
                json.WriteString("type", "string");
                break;
            case "array" when written.TryGetProperty("items", out JsonElement items):
                json.WriteString("type", "array");
                json.WritePropertyName("items");
                Type(json, items, open, depth + 1);
                break;
            case "map" when written.TryGetProperty("values", out JsonElement values):
                json.WriteString("type", "object");
                json.WritePropertyName("additionalProperties");
                Type(json, values, open, depth + 1);
                break;
            case "object" when written.TryGetProperty("properties", out JsonElement properties):
                Object(json, properties, open, depth);
                break;
            case "any":
                break;
            default:
                throw new FormatException($"'{type}' is not complete, or no type of MLflow");
        }

        json.WriteEndObject();
    }

    private static void Object(Utf8JsonWriter json, JsonElement properties, bool open, int depth)
    {
        json.WriteString("type", "object");
        json.WriteStartObject("properties");
        foreach (JsonProperty property in properties.EnumerateObject())
        {
            json.WritePropertyName(property.Name);
            Type(json, property.Value, open, depth + 1);
        }

        json.WriteEndObject();
        Names(
            json,
            "required",
            properties
                .EnumerateObject()
                .Where(p =>
                    !(p.Value.TryGetProperty("required", out JsonElement r) && r.ValueKind == JsonValueKind.False)
                )
                .Select(p => p.Name)
        );
        if (!open)
        {
            json.WriteBoolean("additionalProperties", false);
        }
    }

    private static void Names(Utf8JsonWriter json, string field, IEnumerable<string> names)
    {
        json.WriteStartArray(field);
        foreach (string name in names)
        {
            json.WriteStringValue(name);
        }

        json.WriteEndArray();
    }
}
