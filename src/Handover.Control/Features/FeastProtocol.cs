using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Handover.Core.Catalog;
using Handover.Core.Contracts;
using Handover.Core.Foundation;

namespace Handover.Control.Features;

/// <summary>
/// The online read of Feast's feature server: <c>POST /get-online-features</c> for features of one version of a view
/// (<c>view@v2:carat</c>) about a few keys, with the metadata of which version answered. Statuses tell what is served,
/// event timestamps how old it is, and the JSON of the values what kind they are.
/// </summary>
internal static class FeastProtocol
{
    /// <summary>The question about a version's fields.</summary>
    public static HttpRequestMessage Request(FeatureSource.Store store, string view, FeatureViewVersion version)
    {
        var features = new JsonArray();
        foreach (FeatureField field in version.Fields)
        {
            features.Add($"{view}@v{version.Version}:{field.Name}");
        }

        var keys = new JsonArray();
        foreach (string key in store.Probe)
        {
            keys.Add(key);
        }

        var body = new JsonObject
        {
            ["features"] = features,
            ["entities"] = new JsonObject { [store.Key] = keys },
            ["full_feature_names"] = false,
            ["include_feature_view_version_metadata"] = true,
        };
        var url = new Uri(store.Url.AbsoluteUri.TrimEnd('/') + "/get-online-features");
        return new HttpRequestMessage(HttpMethod.Post, url) { Content = JsonContent.Create(body) };
    }

    /// <summary>The answer to it.</summary>
    public static Result<FeatureReading> Read(
        JsonElement root,
        FeatureSource.Store store,
        string view,
        FeatureViewVersion version
    )
    {
        try
        {
            JsonElement metadata = root.GetProperty("metadata");
            if (Another(metadata, view, version.Version) is { } other)
            {
                return new FeatureReading(false, new Dictionary<string, string?>()) { Note = other };
            }

            return Values(Names(metadata), root.GetProperty("results"), store, version);
        }
        catch (Exception e)
            when (e is InvalidOperationException or KeyNotFoundException or FormatException or IndexOutOfRangeException)
        {
            return new Problem("bad-feature-answer", $"the store's answer about {view} cannot be read: {e.Message}");
        }
    }

    // Which version answered is told on request; a store too old to know versions tells nothing, and is not believed.
    private static string? Another(JsonElement metadata, string view, int version)
    {
        if (!metadata.TryGetProperty("feature_view_metadata", out JsonElement views))
        {
            return "the store does not tell which version answered";
        }

        foreach (JsonElement one in views.EnumerateArray())
        {
            if (one.GetProperty("name").GetString() == view)
            {
                int has = one.GetProperty("version").GetInt32();
                return has == version ? null : $"version {has} answered";
            }
        }

        return "the store does not know the view";
    }

    private static List<string> Names(JsonElement metadata)
    {
        // The server's JSON has been both a plain list and the list inside "val".
        JsonElement names = metadata.GetProperty("feature_names");
        names = names.ValueKind == JsonValueKind.Object ? names.GetProperty("val") : names;
        return [.. names.EnumerateArray().Select(n => n.GetString() ?? "")];
    }

    private static FeatureReading Values(
        List<string> names,
        JsonElement results,
        FeatureSource.Store store,
        FeatureViewVersion version
    )
    {
        var fields = new Dictionary<string, string?>(StringComparer.Ordinal);
        DateTimeOffset? oldest = null;
        string? note = null;
        for (int i = 0; i < names.Count; i++)
        {
            string name = names[i][(names[i].LastIndexOf(':') + 1)..];
            FeatureField? declared = version.Fields.FirstOrDefault(f => f.Name == name);
            if (name == store.Key || declared is null)
            {
                continue;
            }

            JsonElement column = results[i];
            List<string?> statuses = [.. column.GetProperty("statuses").EnumerateArray().Select(s => s.GetString())];
            string? wrong = statuses.FirstOrDefault(s => s is not ("PRESENT" or "NULL_VALUE" or "OUTSIDE_MAX_AGE"));
            if (wrong is not null || statuses.Count == 0)
            {
                note ??= $"{name} is {wrong ?? "without a value"}";
                continue;
            }

            fields[name] = Datatype(column.GetProperty("values"), declared.Datatype);
            foreach (JsonElement at in column.GetProperty("event_timestamps").EnumerateArray())
            {
                DateTimeOffset time = at.GetDateTimeOffset();
                oldest = oldest is null || time < oldest ? time : oldest;
            }
        }

        return new FeatureReading(fields.Count > 0, fields) { AsOf = oldest, Note = note };
    }

    // JSON does not tell FP32 from FP64: a value that the declared datatype can hold is taken for that.
    private static string? Datatype(JsonElement values, string declared)
    {
        bool real = declared.StartsWith("FP", StringComparison.Ordinal) || declared == "BF16";
        bool whole = declared.Contains("INT", StringComparison.Ordinal);
        foreach (JsonElement value in values.EnumerateArray())
        {
            string? has = value.ValueKind switch
            {
                JsonValueKind.String => "BYTES",
                JsonValueKind.True or JsonValueKind.False => "BOOL",
                JsonValueKind.Number when real => declared,
                JsonValueKind.Number when value.TryGetInt64(out _) => whole ? declared : "INT64",
                JsonValueKind.Number => "FP64",
                _ => null,
            };
            if (has is not null && has != declared)
            {
                return has;
            }
        }

        return declared;
    }
}
