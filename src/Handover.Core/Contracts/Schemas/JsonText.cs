using System.Runtime.CompilerServices;
using Handover.Core.Foundation;

namespace Handover.Core.Contracts.Schemas;

/// <summary>
/// A document that stays: a schema, a constant of a schema, a Pact file. It owns its bytes and its table of tokens.
/// </summary>
internal sealed class JsonText(byte[] bytes, byte[] decoded, JsonToken[] tokens)
{
    /// <summary>Largest document that is kept.</summary>
    public const int MaxBytes = 4 << 20;

    /// <summary>The tokens with their texts.</summary>
    public JsonView View => new(bytes, decoded, tokens);

    /// <summary>How many tokens it has.</summary>
    public int Count => tokens.Length;

    /// <summary>Reads a document, or says what is wrong with it.</summary>
    public static Result<JsonText> Read(ReadOnlySpan<byte> json, string what)
    {
        byte[] copy = (json.StartsWith("\uFEFF"u8) ? json[3..] : json).ToArray();
        JsonIndex index = JsonIndex.Read(copy, MaxBytes);
        try
        {
            return index.Trouble is { } trouble
                ? new Problem("json-unreadable", $"{what} cannot be read: {trouble}")
                : index.Keep(copy);
        }
        finally
        {
            index.Dispose();
        }
    }
}

/// <summary>A value inside a document that stays.</summary>
/// <param name="Text">The document.</param>
/// <param name="At">The value's token.</param>
internal readonly record struct JsonValue(JsonText Text, int At)
{
    /// <summary>The same place of the same document.</summary>
    public bool Equals(JsonValue other) => At == other.At && ReferenceEquals(Text, other.Text);

    /// <inheritdoc/>
    public override int GetHashCode() => (RuntimeHelpers.GetHashCode(Text) * 397) ^ At;

    /// <summary>The value as it was written.</summary>
    public override string ToString() => Text.View.Written(At);
}
