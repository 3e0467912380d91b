using Handover.Core.Foundation;

namespace Handover.Core.Contracts.Schemas;

/// <summary>
/// A compiled JSON Schema, draft 2020-12. Compiling resolves every reference once; validating reads the bytes once
/// into pooled tables and allocates nothing when the document is valid (numbers of more than 18 digits aside). Safe
/// for any number of readers at a time.
/// </summary>
public sealed class JsonSchema
{
    private readonly SchemaOptions _options;

    internal JsonSchema(SchemaNode root, SchemaScopes scopes, SchemaOptions options)
    {
        Root = root;
        Scopes = scopes;
        _options = options;
    }

    internal SchemaNode Root { get; }

    internal SchemaScopes Scopes { get; }

    /// <summary>Compiles a schema.</summary>
    /// <param name="document">UTF-8 of the schema, at most 4 MiB.</param>
    /// <param name="options">Its address and the other documents it refers to; null for the usual ones.</param>
    /// <returns>
    /// The schema, or every problem found: not JSON, a keyword with a wrong value, a reference to nowhere, a pattern
    /// that needs backtracking, a dialect other than 2020-12.
    /// </returns>
    public static Result<JsonSchema> Compile(ReadOnlyMemory<byte> document, SchemaOptions? options = null) =>
        new SchemaCompiler(options ?? new SchemaOptions()).Compile(document);

    /// <summary>The first thing that is wrong with a document; null when it is valid.</summary>
    /// <param name="utf8">The document.</param>
    public SchemaViolation? Validate(ReadOnlySpan<byte> utf8)
    {
        JsonIndex index = JsonIndex.Read(utf8, _options.MaxBytes);
        try
        {
            return index.Trouble is { } trouble
                ? new SchemaViolation("", "document", Root.Location, $"the document is refused: {trouble}")
                : Validate(index.View, 0);
        }
        finally
        {
            index.Dispose();
        }
    }

    /// <summary>The first thing that is wrong with a value of a document that was read already.</summary>
    internal SchemaViolation? Validate(JsonView view, int at)
    {
        var evaluation = new SchemaEvaluation(view, Scopes, _options.MaxSteps);
        try
        {
            return evaluation.Check(Root, at) ? null : evaluation.Violation();
        }
        finally
        {
            evaluation.Dispose();
        }
    }
}
