using System.Text.Json;

namespace Handover.Control.Import;

/// <summary>Fields of somebody else's JSON: what is absent or of another kind is null, never an exception.</summary>
internal static class JsonFields
{
    /// <summary>A field by either of its names.</summary>
    public static JsonElement? Find(JsonElement of, string name, string? other = null) =>
        of.ValueKind != JsonValueKind.Object ? null
        : of.TryGetProperty(name, out JsonElement found) ? found
        : other is not null && of.TryGetProperty(other, out found) ? found
        : null;

    /// <summary>A text by either of its names.</summary>
    public static string? Text(JsonElement of, string name, string? other = null) =>
        Find(of, name, other) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    /// <summary>
    /// The items of a list by either of its names; none when it is absent. Throws <see cref="FormatException"/> when
    /// there are more than <paramref name="most"/>.
    /// </summary>
    public static IReadOnlyList<JsonElement> List(JsonElement of, string name, string? other, int most) =>
        Find(of, name, other) is not { ValueKind: JsonValueKind.Array } list ? []
        : list.GetArrayLength() <= most ? [.. list.EnumerateArray()]
        : throw new FormatException($"'{name}' has more than {most} entries");
}
