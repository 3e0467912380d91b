using System.Text.Json;
using Handover.Core.Contracts;
using Handover.Core.Foundation;

namespace Handover.Control.Features;

/// <summary>
/// What an index tells at its address: <c>{"name","version","space","dimensions","metric","rows","expected"}</c>. There
/// is no common protocol for it; a few lines in front of any index make this.
/// </summary>
internal static class IndexDocument
{
    public static Result<VectorReading> Read(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            return new Problem("bad-index-answer", "the index answered something else than a JSON object.");
        }

        return new VectorReading
        {
            Name = Text(root, "name"),
            Version = (int?)Whole(root, "version"),
            Space = Text(root, "space"),
            Dimensions = (int?)Whole(root, "dimensions"),
            Metric = Text(root, "metric"),
            Rows = Whole(root, "rows"),
            Expected = Whole(root, "expected"),
        };
    }

    private static string? Text(JsonElement root, string name) =>
        root.TryGetProperty(name, out JsonElement e) && e.ValueKind == JsonValueKind.String ? e.GetString() : null;

    private static long? Whole(JsonElement root, string name) =>
        root.TryGetProperty(name, out JsonElement e)
        && e.ValueKind == JsonValueKind.Number
        && e.TryGetInt64(out long value)
        && value is >= 0 and <= int.MaxValue
            ? value
            : null;
}
