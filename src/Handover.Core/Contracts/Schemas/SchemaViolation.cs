namespace Handover.Core.Contracts.Schemas;

/// <summary>The first thing that is wrong with a document.</summary>
/// <param name="Path">RFC 6901 pointer into the document; empty for its root.</param>
/// <param name="Rule">The keyword that refused, e.g. <c>maximum</c>; <c>document</c> when it is not readable.</param>
/// <param name="Schema">Where the rule was written: URI of the schema with a pointer.</param>
/// <param name="Detail">One sentence for people. It quotes the schema, never the document's values.</param>
public sealed record SchemaViolation(string Path, string Rule, string Schema, string Detail);
