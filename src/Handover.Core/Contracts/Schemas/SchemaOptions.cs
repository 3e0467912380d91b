namespace Handover.Core.Contracts.Schemas;

/// <summary>What a schema is compiled with.</summary>
public sealed record SchemaOptions
{
    /// <summary>The address of the document itself; references are resolved against it.</summary>
    public Uri Address { get; init; } = new("handover:/schema.json");

    /// <summary>
    /// Other documents by absolute URI. Nothing is ever fetched: what is not here is a problem when compiling.
    /// </summary>
    public IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Documents { get; init; } =
        new Dictionary<string, ReadOnlyMemory<byte>>();

    /// <summary>Whether <c>format</c> refuses. Default no, as the 2020-12 dialect says.</summary>
    public bool AssertFormats { get; init; }

    /// <summary>Largest document in bytes that is validated. Default 16 MiB.</summary>
    public int MaxBytes { get; init; } = 16 << 20;

    /// <summary>
    /// Most schemas that are tried on one document, so that a schema that multiplies its branches ends with a clear
    /// refusal. Default 2,000,000.
    /// </summary>
    public int MaxSteps { get; init; } = 2_000_000;
}
