using System.Text.Json;
using Handover.Core.Contracts;
using Handover.Core.Foundation;
using Handover.Ports;

namespace Handover.Control.Features;

/// <summary>
/// The state of feature views in a file that the materialisation job replaces when it is done:
/// <c>{"views":[{"name","version","state","materialized","fields":{"carat":"FP32"}}]}</c>. Served is what has the state
/// <c>AVAILABLE_ONLINE</c>.
/// </summary>
internal static class FeatureFile
{
    private const string Online = "AVAILABLE_ONLINE";

    public static Result<FeatureReading> Read(string directory, string file, string view, int version)
    {
        Result<string> path = ConfinedPath.Resolve(directory, file);
        if (!path.Ok)
        {
            return Result<FeatureReading>.Failed(path.Problems);
        }

        try
        {
            if (new FileInfo(path.Value).Length > FeatureSources.MostBytes)
            {
                return Bad(file, "is too large");
            }

            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path.Value));
            foreach (JsonElement one in document.RootElement.GetProperty("views").EnumerateArray())
            {
                if (one.GetProperty("name").GetString() == view && one.GetProperty("version").GetInt32() == version)
                {
                    return Of(one);
                }
            }

            return new FeatureReading(false, new Dictionary<string, string?>()) { Note = $"{file} does not list it" };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Bad(file, $"cannot be read: {e.Message}");
        }
        catch (Exception e)
            when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            return Bad(file, $"is not a state of feature views: {e.Message}");
        }
    }

    private static FeatureReading Of(JsonElement one)
    {
        string state = one.GetProperty("state").GetString() ?? "";
        var fields = one.GetProperty("fields")
            .EnumerateObject()
            .ToDictionary(f => f.Name, f => f.Value.GetString(), StringComparer.Ordinal);
        return new FeatureReading(state == Online, fields)
        {
            AsOf = one.TryGetProperty("materialized", out JsonElement at) ? at.GetDateTimeOffset() : null,
            Note = state == Online ? null : state,
        };
    }

    private static Problem Bad(string file, string why) =>
        new("bad-feature-file", $"the feature file {file} {why}.") { File = file };
}
