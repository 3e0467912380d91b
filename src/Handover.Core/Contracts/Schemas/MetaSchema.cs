namespace Handover.Core.Contracts.Schemas;

/// <summary>
/// The dialect's description of itself, so that schemas which refer to it resolve without a network: a schema is an
/// object or a boolean, with these keywords of these forms (JSON Schema 2020-12, core and validation, appendix A).
/// </summary>
internal static class MetaSchema
{
    private const string Address = "https://json-schema.org/draft/2020-12/";

    private const string Core = """
        "$id": { "$ref": "#/$defs/uriText", "pattern": "^[^#]*#?$" }, "$schema": { "type": "string" },
        "$ref": { "type": "string" }, "$anchor": { "$ref": "#/$defs/anchor" },
        "$dynamicRef": { "type": "string" }, "$dynamicAnchor": { "$ref": "#/$defs/anchor" },
        "$vocabulary": { "type": "object", "additionalProperties": { "type": "boolean" } },
        "$comment": { "type": "string" },
        "$defs": { "type": "object", "additionalProperties": { "$dynamicRef": "#meta" } }
        """;

    private const string CoreTerms = """
        "anchor": { "type": "string", "pattern": "^[A-Za-z_][-A-Za-z0-9._]*$" }, "uriText": { "type": "string" }
        """;

    private const string Applicator = """
        "prefixItems": { "$ref": "#/$defs/list" }, "items": { "$dynamicRef": "#meta" },
        "contains": { "$dynamicRef": "#meta" }, "additionalProperties": { "$dynamicRef": "#meta" },
        "properties": { "$ref": "#/$defs/map" }, "patternProperties": { "$ref": "#/$defs/map" },
        "dependentSchemas": { "$ref": "#/$defs/map" }, "propertyNames": { "$dynamicRef": "#meta" },
        "if": { "$dynamicRef": "#meta" }, "then": { "$dynamicRef": "#meta" }, "else": { "$dynamicRef": "#meta" },
        "allOf": { "$ref": "#/$defs/list" }, "anyOf": { "$ref": "#/$defs/list" },
        "oneOf": { "$ref": "#/$defs/list" }, "not": { "$dynamicRef": "#meta" }
        """;

    private const string ApplicatorTerms = """
        "list": { "type": "array", "minItems": 1, "items": { "$dynamicRef": "#meta" } },
        "map": { "type": "object", "additionalProperties": { "$dynamicRef": "#meta" } }
        """;

    private const string Unevaluated = """
        "unevaluatedItems": { "$dynamicRef": "#meta" }, "unevaluatedProperties": { "$dynamicRef": "#meta" }
        """;

    private const string Validation = """
        "type": { "anyOf": [ { "$ref": "#/$defs/type" },
          { "type": "array", "items": { "$ref": "#/$defs/type" }, "minItems": 1, "uniqueItems": true } ] },
        "const": true, "enum": { "type": "array" },
        "multipleOf": { "type": "number", "exclusiveMinimum": 0 },
        "maximum": { "type": "number" }, "exclusiveMaximum": { "type": "number" },
        "minimum": { "type": "number" }, "exclusiveMinimum": { "type": "number" },
        "maxLength": { "$ref": "#/$defs/count" }, "minLength": { "$ref": "#/$defs/count" },
        "pattern": { "type": "string" },
        "maxItems": { "$ref": "#/$defs/count" }, "minItems": { "$ref": "#/$defs/count" },
        "uniqueItems": { "type": "boolean" },
        "maxContains": { "$ref": "#/$defs/count" }, "minContains": { "$ref": "#/$defs/count" },
        "maxProperties": { "$ref": "#/$defs/count" }, "minProperties": { "$ref": "#/$defs/count" },
        "required": { "$ref": "#/$defs/names" },
        "dependentRequired": { "type": "object", "additionalProperties": { "$ref": "#/$defs/names" } }
        """;

    private const string ValidationTerms = """
        "count": { "type": "integer", "minimum": 0 },
        "names": { "type": "array", "items": { "type": "string" }, "uniqueItems": true },
        "type": { "enum": [ "array", "boolean", "integer", "null", "number", "object", "string" ] }
        """;

    private const string MetaData = """
        "title": { "type": "string" }, "description": { "type": "string" }, "default": true,
        "deprecated": { "type": "boolean" }, "readOnly": { "type": "boolean" },
        "writeOnly": { "type": "boolean" }, "examples": { "type": "array" }
        """;

    private const string Content = """
        "contentEncoding": { "type": "string" }, "contentMediaType": { "type": "string" },
        "contentSchema": { "$dynamicRef": "#meta" }
        """;

    private const string Format = """ "format": { "type": "string" } """;

    private static readonly Dictionary<string, byte[]> Parts = new(StringComparer.Ordinal)
    {
        [Address + "schema"] = Root(),
        [Address + "meta/core"] = Part("core", Core, CoreTerms),
        [Address + "meta/applicator"] = Part("applicator", Applicator, ApplicatorTerms),
        [Address + "meta/unevaluated"] = Part("unevaluated", Unevaluated, ""),
        [Address + "meta/validation"] = Part("validation", Validation, ValidationTerms),
        [Address + "meta/meta-data"] = Part("meta-data", MetaData, ""),
        [Address + "meta/content"] = Part("content", Content, ""),
        [Address + "meta/format-annotation"] = Part("format-annotation", Format, ""),
    };

    /// <summary>The document of this URI; null when it is none of the dialect's.</summary>
    public static ReadOnlyMemory<byte>? Find(string uri) =>
        Parts.TryGetValue(uri, out byte[]? found) ? new ReadOnlyMemory<byte>(found) : default(ReadOnlyMemory<byte>?);

    private static byte[] Root()
    {
        string[] names =
        [
            "core",
            "applicator",
            "unevaluated",
            "validation",
            "meta-data",
            "format-annotation",
            "content",
        ];
        string vocabularies = string.Join(", ", names.Select(n => $"\"{Address}vocab/{n}\": true"));
        string parts = string.Join(", ", names.Select(n => $$"""{ "$ref": "meta/{{n}}" }"""));
        return Utf8(
            $$"""
            { "$schema": "{{Address}}schema", "$id": "{{Address}}schema", "$vocabulary": { {{vocabularies}} },
              "$dynamicAnchor": "meta", "allOf": [ {{parts}} ], "type": [ "object", "boolean" ],
              "properties": {
                "definitions": { "type": "object", "additionalProperties": { "$dynamicRef": "#meta" } },
                "dependencies": { "type": "object" } } }
            """
        );
    }

    private static byte[] Part(string name, string properties, string definitions) =>
        Utf8(
            $$"""
            { "$schema": "{{Address}}schema", "$id": "{{Address}}meta/{{name}}", "$dynamicAnchor": "meta",
              "type": [ "object", "boolean" ], "properties": { {{properties}} }, "$defs": { {{definitions}} } }
            """
        );

    private static byte[] Utf8(string text) => System.Text.Encoding.UTF8.GetBytes(text);
}
