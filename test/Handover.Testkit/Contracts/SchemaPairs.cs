using System.Text.Json.Nodes;

namespace Handover.Testkit.Contracts;

/// <summary>
/// Random pairs of schemas and random documents of a schema, from a seed. The reader is the writer after a few changes
/// as people make them, or another schema altogether, so that both verdicts are common.
/// </summary>
public sealed class SchemaPairs(int seed)
{
    private static readonly string[] Names = ["a", "b", "c", "d", "e"];
    private readonly Random _dice = new(seed);

    /// <summary>A writer and a reader.</summary>
    public (string Writer, string Reader) Pair()
    {
        JsonNode writer = Schema(3);
        JsonNode reader = _dice.Next(6) == 0 ? Schema(3) : writer.DeepClone();
        for (int i = _dice.Next(4); i > 0; i--)
        {
            reader = Changed(reader);
        }

        return (writer.ToJsonString(), reader.ToJsonString());
    }

    /// <summary>A document that often is one of the schema, with values at its bounds.</summary>
    public string Document(string schema) =>
        (Value(JsonNode.Parse(schema)!, 5) ?? JsonValue.Create("null"))!.ToJsonString();

    private JsonNode Schema(int depth)
    {
        switch (_dice.Next(depth > 0 ? 11 : 6))
        {
            case 0:
                return new JsonObject { ["type"] = "boolean" };
            case 1:
                return new JsonObject { ["enum"] = Labels() };
            case 2:
            case 3:
                return Number();
            case 4:
            case 5:
                return Text();
            case 6:
                return new JsonObject
                {
                    ["type"] = "array",
                    ["items"] = Schema(depth - 1),
                    ["minItems"] = _dice.Next(3),
                    ["maxItems"] = _dice.Next(2, 6),
                };
            case 7:
                return new JsonObject
                {
                    [_dice.Next(2) == 0 ? "anyOf" : "oneOf"] = new JsonArray(Schema(depth - 1), Schema(depth - 1)),
                };
            case 8:
                return new JsonObject { ["allOf"] = new JsonArray(Schema(depth - 1), Schema(0)) };
            default:
                return Map(depth);
        }
    }

    private JsonObject Number()
    {
        var schema = new JsonObject { ["type"] = _dice.Next(2) == 0 ? "integer" : "number" };
        if (_dice.Next(3) > 0)
        {
            schema[_dice.Next(4) == 0 ? "exclusiveMinimum" : "minimum"] = _dice.Next(-3, 3);
        }

        if (_dice.Next(3) > 0)
        {
            schema[_dice.Next(4) == 0 ? "exclusiveMaximum" : "maximum"] = _dice.Next(2, 9);
        }

        if (_dice.Next(4) == 0)
        {
            schema["multipleOf"] = JsonNode.Parse(
                _dice.Next(3) switch
                {
                    0 => "0.5",
                    1 => "2",
                    _ => "0.1",
                }
            );
        }

        if (_dice.Next(5) == 0)
        {
            schema["type"] = new JsonArray(schema["type"]!.GetValue<string>(), "null");
        }

        return schema;
    }

    private JsonObject Text()
    {
        var schema = new JsonObject { ["type"] = "string" };
        if (_dice.Next(2) == 0)
        {
            schema["minLength"] = _dice.Next(3);
        }

        if (_dice.Next(2) == 0)
        {
            schema["maxLength"] = _dice.Next(2, 6);
        }

        if (_dice.Next(5) == 0)
        {
            schema["pattern"] = _dice.Next(2) == 0 ? "^[a-z]+$" : "^x";
        }

        return schema;
    }

    private JsonObject Map(int depth)
    {
        var properties = new JsonObject();
        foreach (string name in Names.Take(_dice.Next(1, 5)))
        {
            properties[name] = Schema(depth - 1);
        }

        var required = new JsonArray();
        foreach (string name in Names.Where(_ => _dice.Next(3) == 0).Take(3))
        {
            required.Add(name);
        }

        var schema = new JsonObject
        {
            ["type"] = "object",
            ["properties"] = properties,
            ["required"] = required,
        };
        int open = _dice.Next(4);
        if (open < 2)
        {
            schema["additionalProperties"] = false;
        }
        else if (open == 2)
        {
            schema["additionalProperties"] = Schema(0);
        }

        if (_dice.Next(8) == 0)
        {
            schema["patternProperties"] = new JsonObject { ["^[de]"] = Schema(0) };
        }

        return schema;
    }

    private JsonArray Labels()
    {
        string[] all = ["\"x\"", "\"y\"", "\"zz\"", "1", "null", "2.5", "true"];
        return new JsonArray([
            .. all.Where(_ => _dice.Next(2) == 0).Append("\"x\"").Distinct().Select(t => JsonNode.Parse(t)),
        ]);
    }

    private JsonNode Changed(JsonNode node)
    {
        if (node is not JsonObject schema || _dice.Next(8) == 0)
        {
            return Schema(1);
        }

        if (schema["properties"] is JsonObject properties && properties.Count > 0)
        {
            string name = properties.ElementAt(_dice.Next(properties.Count)).Key;
            switch (_dice.Next(6))
            {
                case 0:
                    properties.Remove(name);
                    break;
                case 1:
                    properties[Names[_dice.Next(Names.Length)]] = Schema(1);
                    break;
                case 2:
                    schema["required"] = new JsonArray(name);
                    break;
                case 3:
                    schema["additionalProperties"] = _dice.Next(2) == 0;
                    break;
                default:
                    properties[name] = Changed(properties[name]!.DeepClone());
                    break;
            }

            return schema;
        }

        foreach (string keyword in new[] { "anyOf", "oneOf", "allOf" })
        {
            if (schema[keyword] is JsonArray ways)
            {
                int at = _dice.Next(ways.Count);
                ways[at] = Changed(ways[at]!.DeepClone());
                return schema;
            }
        }

        string[] bounds = ["minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems"];
        string bound = bounds[_dice.Next(bounds.Length)];
        if (schema[bound] is { } value && _dice.Next(2) == 0)
        {
            schema[bound] = Math.Max(0, value.GetValue<int>() + _dice.Next(-1, 2));
        }
        else
        {
            schema.Remove(bound);
        }

        return schema;
    }

    private JsonNode? Value(JsonNode node, int depth)
    {
        if (node is not JsonObject schema || depth == 0 || _dice.Next(30) == 0)
        {
            return Any();
        }

        if (schema["enum"] is JsonArray values)
        {
            return values[_dice.Next(values.Count)]?.DeepClone();
        }

        foreach (string keyword in new[] { "anyOf", "oneOf", "allOf" })
        {
            if (schema[keyword] is JsonArray ways)
            {
                return Value(ways[_dice.Next(ways.Count)]!, depth);
            }
        }

        string type = schema["type"] is JsonArray types
            ? types[_dice.Next(types.Count)]!.GetValue<string>()
            : schema["type"]?.GetValue<string>() ?? "";
        return type switch
        {
            "boolean" => _dice.Next(2) == 0,
            "null" => null,
            "integer" => Near(schema),
            "number" => _dice.Next(2) == 0
                ? Near(schema)
                : JsonNode.Parse((_dice.Next(-30, 90) / 10m).ToString(null, null)),
            "string" => new string("xyzA"[_dice.Next(4)], _dice.Next(7)),
            "array" => new JsonArray([
                .. Enumerable.Range(0, _dice.Next(7)).Select(_ => Value(schema["items"]!, depth - 1)),
            ]),
            "object" => Members(schema, depth),
            _ => Any(),
        };
    }

    private int Near(JsonObject schema)
    {
        string[] ends = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"];
        int? end = schema[ends[_dice.Next(4)]]?.GetValue<int>();
        return (end ?? _dice.Next(-5, 12)) + _dice.Next(-1, 2);
    }

    private JsonObject Members(JsonObject schema, int depth)
    {
        var members = new JsonObject();
        foreach (string name in Names)
        {
            bool required = (schema["required"] as JsonArray)?.Any(n => n!.GetValue<string>() == name) ?? false;
            JsonNode? declared = schema["properties"]?[name];
            if (required || (declared is not null && _dice.Next(2) == 0))
            {
                members[name] = Value(declared ?? JsonValue.Create(true)!, depth - 1);
            }
            else if (declared is null && schema["additionalProperties"] is not JsonValue && _dice.Next(4) == 0)
            {
                members[name] = Value(schema["additionalProperties"] ?? JsonValue.Create(true)!, depth - 1);
            }
        }

        return members;
    }

    private JsonNode? Any() =>
        _dice.Next(6) switch
        {
            0 => null,
            1 => true,
            2 => _dice.Next(-3, 9),
            3 => "xx"[..(_dice.Next(2) + 1)],
            4 => new JsonArray(1, "x"),
            _ => new JsonObject { ["a"] = 1 },
        };
}
