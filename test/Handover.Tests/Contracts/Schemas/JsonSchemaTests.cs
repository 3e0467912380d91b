using System.Text;
using Handover.Core.Contracts.Schemas;
using Handover.Core.Foundation;
using Xunit;

namespace Handover.Tests.Contracts.Schemas;

/// <summary>What the official suite does not ask: hostile documents, clear words, and no garbage.</summary>
public sealed class JsonSchemaTests
{
    private const string Quote = """
        { "type": "object", "required": ["price", "label"], "additionalProperties": false,
          "properties": {
            "price": { "type": "number", "minimum": 0, "maximum": 100000, "multipleOf": 0.01 },
            "label": { "enum": ["cheap", "fair", "dear"] },
            "id": { "type": "string", "pattern": "^[a-z0-9-]{1,40}$" },
            "scores": { "type": "array", "items": { "type": "number", "minimum": 0, "maximum": 1 } },
            "parts": { "type": "array", "items": { "$ref": "#/$defs/part" } } },
          "$defs": { "part": { "type": "object", "required": ["name"],
            "properties": { "name": { "type": "string" }, "weight": { "type": "number" } } } } }
        """;

    [Theory]
    [InlineData("""{"price": 1.25, "label": "fair"}""", null, null)]
    [InlineData("""{"price": 1.255, "label": "fair"}""", "/price", "multipleOf")]
    [InlineData("""{"price": 100000.01, "label": "fair"}""", "/price", "maximum")]
    [InlineData("""{"price": 1, "label": "none"}""", "/label", "enum")]
    [InlineData("""{"label": "fair"}""", "", "required")]
    [InlineData("""{"price": 1, "label": "fair", "more": 1}""", "/more", "additionalProperties")]
    [InlineData("""{"price": 1, "label": "fair", "scores": [0, 0.5, 1.5]}""", "/scores/2", "maximum")]
    [InlineData("""{"price": 1, "label": "fair", "parts": [{"name": "a"}, {}]}""", "/parts/1", "required")]
    [InlineData("""{"price": 1, "label": "fair", "id": "A"}""", "/id", "pattern")]
    [InlineData("""{"price": 1, "price": 2, "label": "fair"}""", "", "document")]
    [InlineData("""{"price": 1, "pr\u0069ce": 2, "label": "fair"}""", "", "document")]
    [InlineData("""{"price": NaN, "label": "fair"}""", "", "document")]
    [InlineData("""{"price": 1, "label": "fair", "id": "\ud800"}""", "", "document")]
    [InlineData("", "", "document")]
    public void The_first_violation_is_told_with_path_and_rule(string document, string? path, string? rule)
    {
        SchemaViolation? found = Compile(Quote).Validate(Encoding.UTF8.GetBytes(document));
        Assert.Equal(path, found?.Path);
        Assert.Equal(rule, found?.Rule);
    }

    [Fact]
    public void A_valid_document_costs_no_memory()
    {
        JsonSchema schema = Compile(Quote);
        byte[] document = Encoding.UTF8.GetBytes(
            """{"id": "abc-1", "price": 12.25, "label": "fair", "scores": [0.1, 0.2, 0.3], "parts": [{"name": "x"}]}"""
        );
        for (int i = 0; i < 50; i++)
        {
            Assert.Null(schema.Validate(document));
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1_000; i++)
        {
            schema.Validate(document);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Theory]
    [InlineData("""{"pattern": "(?=a)b"}""", "pattern-not-supported")]
    [InlineData("""{"pattern": "(a)\\1"}""", "pattern-not-supported")]
    [InlineData("""{"minimum": "5"}""", "schema-malformed")]
    [InlineData("""{"type": "decimal"}""", "schema-malformed")]
    [InlineData("""{"items": [true]}""", "schema-malformed")]
    [InlineData("""{"$ref": "other.json"}""", "schema-unresolved")]
    [InlineData("""{"$schema": "http://json-schema.org/draft-07/schema#"}""", "schema-malformed")]
    [InlineData("""{"a": 1, "a": 2}""", "json-unreadable")]
    [InlineData("""{"properties": {"a": 5}}""", "schema-malformed")]
    public void A_schema_that_cannot_be_kept_is_refused_when_it_is_compiled(string schema, string code)
    {
        Result<JsonSchema> compiled = JsonSchema.Compile(Encoding.UTF8.GetBytes(schema));
        Assert.False(compiled.Ok);
        Assert.Equal(code, compiled.Problems[0].Code);
    }

    [Fact]
    public void Nesting_and_numbers_beyond_the_bounds_are_refused()
    {
        JsonSchema any = Compile("{}");
        Assert.Equal("document", any.Validate(Encoding.UTF8.GetBytes(new string('[', 65) + new string(']', 65)))?.Rule);
        Assert.Equal("document", any.Validate(Encoding.UTF8.GetBytes(new string('9', 500)))?.Rule);
    }

    [Fact]
    public void A_schema_that_goes_in_a_circle_refuses_instead_of_hanging()
    {
        SchemaViolation? found = Compile("""{"$ref": "#"}""").Validate("1"u8);
        Assert.Equal("budget", found?.Rule);
        Assert.NotNull(Compile("""{"not": {"$ref": "#/not"}}""").Validate("1"u8));
    }

    [Fact]
    public void Names_that_share_a_table_are_all_found()
    {
        string names = string.Join(
            ", ",
            Enumerable
                .Range(0, 300)
                .Select(i =>
                    $$"""
                        "field{{i}}": { "type": "integer", "minimum": {{i}} }
                        """
                )
        );
        JsonSchema schema = Compile($$"""{ "properties": { {{names}} }, "additionalProperties": false }""");
        string good = string.Join(", ", Enumerable.Range(0, 300).Select(i => $"\"field{i}\": {i}"));
        Assert.Null(schema.Validate(Encoding.UTF8.GetBytes("{" + good + "}")));
        Assert.Equal("/field299", schema.Validate("""{"field299": 298}"""u8)?.Path);
    }

    private static JsonSchema Compile(string schema) => JsonSchema.Compile(Encoding.UTF8.GetBytes(schema)).Value;
}
