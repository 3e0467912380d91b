using System.Text.Json;
using Handover.Core.Foundation;
using Handover.Core.Payloads;

namespace Handover.Gateway.Routing;

/// <summary>
/// The sequence that an Open Inference request belongs to: <c>sequence_id</c>, <c>sequence_start</c> and
/// <c>sequence_end</c> among its parameters, as Triton has them. The model keeps state between the requests of one, so
/// another release could only answer nonsense.
/// </summary>
/// <param name="Id">The id, a number above zero or a text.</param>
/// <param name="Ends">Whether this is its last request.</param>
internal readonly record struct SequenceReading(string Id, bool Ends)
{
    private const int MaxLength = 128;

    /// <summary>The sequence of a gRPC message; null when it names none, or cannot be read.</summary>
    public static SequenceReading? OfGrpc(ReadOnlySpan<byte> body)
    {
        string? id = OpenInferenceGrpcReader.Parameter(body, "sequence_id");
        bool ends = OpenInferenceGrpcReader.Parameter(body, "sequence_end") == "true";
        return id is { Length: > 0 and <= MaxLength } && id != "0" ? new SequenceReading(id, ends) : null;
    }

    /// <summary>The sequence of a body; null when it names none, or is no JSON.</summary>
    public static SequenceReading? Of(ReadOnlyMemory<byte> body)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(body);
            if (
                document.RootElement.ValueKind != JsonValueKind.Object
                || !document.RootElement.TryGetProperty("parameters", out JsonElement parameters)
                || parameters.ValueKind != JsonValueKind.Object
                || !parameters.TryGetProperty("sequence_id", out JsonElement id)
            )
            {
                return null;
            }

            string text = id.ValueKind switch
            {
                JsonValueKind.String => id.GetString()!,
                JsonValueKind.Number => id.GetRawText(),
                _ => "",
            };
            bool ends =
                parameters.TryGetProperty("sequence_end", out JsonElement end) && end.ValueKind == JsonValueKind.True;
            return text.Length is > 0 and <= MaxLength && text != "0" ? new SequenceReading(text, ends) : null;
        }
        catch (Exception e) when (BadJson.Is(e))
        {
            // The member says what is wrong with it.
            return null;
        }
    }
}
