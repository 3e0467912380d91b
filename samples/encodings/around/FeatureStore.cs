using System.Collections.Concurrent;
using System.Text.Json;

namespace Encodings.Around;

/// <summary>
/// Stands in for a Feast feature server: the online read with version metadata, for as much of it as the sample needs.
/// </summary>
public sealed class FeatureStore(TimeProvider time)
{
    private static readonly Dictionary<string, object> Values = new()
    {
        ["onehot"] = "00001000010001000000",
        ["cut_id"] = 4,
        ["color_id"] = 5,
        ["clarity_id"] = 1,
    };

    private readonly ConcurrentDictionary<int, DateTimeOffset> materialised = new() { [1] = time.GetUtcNow() };

    /// <summary>Fills a version of the view, as it is now.</summary>
    public void Materialise(int version) => materialised[version] = time.GetUtcNow();

    /// <summary>Makes a version as old as it would be had its job not run for so long.</summary>
    public void Age(int version, TimeSpan by) => materialised[version] = time.GetUtcNow() - by;

    /// <summary>Answers <c>POST /get-online-features</c>.</summary>
    public async Task AnswerAsync(HttpContext context)
    {
        using JsonDocument asked = await JsonDocument.ParseAsync(
            context.Request.Body,
            cancellationToken: context.RequestAborted
        );
        string[] features = [.. asked.RootElement.GetProperty("features").EnumerateArray().Select(f => f.GetString()!)];
        JsonProperty entity = asked.RootElement.GetProperty("entities").EnumerateObject().First();
        int keys = entity.Value.GetArrayLength();

        // view@v2:field
        string view = features[0][..features[0].IndexOf('@', StringComparison.Ordinal)];
        int version = int.Parse(
            features[0].Split("@v")[1].Split(':')[0],
            System.Globalization.CultureInfo.InvariantCulture
        );
        string[] fields = [.. features.Select(f => f[(f.LastIndexOf(':') + 1)..])];
        bool there = materialised.TryGetValue(version, out DateTimeOffset at);
        await context.Response.WriteAsJsonAsync(
            new
            {
                metadata = new
                {
                    feature_names = (string[])[entity.Name, .. fields],
                    feature_view_metadata = new[] { new { name = view, version } },
                },
                results = (object[])
                    [
                        Column(entity.Value.EnumerateArray().Select(k => (object?)k.GetString()), true, default, keys),
                        .. fields.Select(f =>
                            Column(Enumerable.Repeat(there ? Values[f] : null, keys), there, at, keys)
                        ),
                    ],
            },
            context.RequestAborted
        );
    }

    private static object Column(IEnumerable<object?> values, bool there, DateTimeOffset at, int keys) =>
        new
        {
            values,
            statuses = Enumerable.Repeat(there ? "PRESENT" : "NOT_FOUND", keys),
            event_timestamps = Enumerable.Repeat(at, keys),
        };
}
