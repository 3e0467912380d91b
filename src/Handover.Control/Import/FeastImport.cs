using System.Globalization;
using System.Text.Json;
using Handover.Core.Catalog;
using Handover.Core.Foundation;

namespace Handover.Control.Import;

/// <summary>
/// Reads a Feast registry as <c>feast registry-dump</c> prints it: feature views with their fields, types and time to
/// live, and the feature service that says which of them a model needs. Names of fields are those of protobuf's JSON,
/// in camel case or as they are written in the definition.
/// </summary>
public static class FeastImport
{
    private const int MaxViews = 1000;
    private const int MaxFields = 1000;

    /// <summary>
    /// Problems <c>bad-registry</c>: it is not such a dump; <c>not-found</c>: it has no feature service of that name.
    /// </summary>
    /// <param name="json">Content of the dump, at most 16 MiB.</param>
    /// <param name="file">Its name, for messages.</param>
    /// <param name="service">A feature service: only its views and fields are taken; null for all views.</param>
    /// <param name="store">Who can be asked how old values are; null: no freshness can be declared.</param>
    public static Result<ImportedViews> Read(
        ReadOnlyMemory<byte> json,
        string file,
        string? service,
        FeatureSource.Store? store
    )
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            return Read(document.RootElement, file, service, store);
        }
        catch (Exception e) when (BadJson.Is(e) || e is FormatException)
        {
            return new Problem("bad-registry", $"this is no Feast registry: {e.Message.TrimEnd('.')}.")
            {
                File = file,
                Fix = "Write it with feast registry-dump.",
            };
        }
    }

    private static Result<ImportedViews> Read(
        JsonElement root,
        string file,
        string? service,
        FeatureSource.Store? store
    )
    {
        Dictionary<string, HashSet<string>>? needed = null;
        if (service is not null)
        {
            JsonElement? found = Specs(root, "featureServices", "feature_services")
                .Select(s => (JsonElement?)s)
                .FirstOrDefault(s => JsonFields.Text(s!.Value, "name") == service);
            if (found is null)
            {
                return new Problem("not-found", $"there is no feature service '{service}'.") { File = file };
            }

            needed = Needed(found.Value);
        }

        var notes = new List<string>();
        var views = new List<FeatureView>();
        foreach (string kind in (string[])["featureViews", "onDemandFeatureViews", "streamFeatureViews"])
        {
            foreach (JsonElement item in Items(root, kind, Snake(kind)))
            {
                JsonElement spec = Object(item, "spec");
                string name =
                    JsonFields.Text(spec, "name") ?? throw new FormatException($"an entry of '{kind}' has no name");
                bool wanted = needed is null || needed.ContainsKey(name);
                if (wanted && View(item, spec, name, needed?[name], store, notes) is { } view)
                {
                    views.Add(view);
                }
            }
        }

        if (needed?.Keys.FirstOrDefault(v => views.TrueForAll(w => w.Name != v)) is { } missing)
        {
            throw new FormatException($"the feature service needs the view '{missing}', which is not there");
        }

        return new ImportedViews(views, notes);
    }

    private static FeatureView? View(
        JsonElement item,
        JsonElement spec,
        string name,
        HashSet<string>? only,
        FeatureSource.Store? store,
        List<string> notes
    )
    {
        var fields = new List<FeatureField>();
        IReadOnlyList<JsonElement> features = JsonFields.List(spec, "features", null, MaxFields);
        if (only?.FirstOrDefault(f => !features.Any(h => JsonFields.Text(h, "name") == f)) is { } missing)
        {
            throw new FormatException($"the feature service needs '{missing}' of '{name}', which does not have it");
        }

        foreach (JsonElement feature in features)
        {
            string field =
                JsonFields.Text(feature, "name") ?? throw new FormatException($"a feature of '{name}' has no name");
            string type = JsonFields.Text(feature, "valueType", "value_type") ?? "";
            if (only is not null && !only.Contains(field))
            {
                continue;
            }

            if (Datatype(type) is not { } datatype)
            {
                notes.Add($"{name}:{field} is left out: there is no datatype for {type}");
                continue;
            }

            if (type.EndsWith("_LIST", StringComparison.Ordinal))
            {
                notes.Add($"{name}:{field} is a list: {datatype} is the type of its items");
            }

            fields.Add(new FeatureField(field, datatype));
        }

        if (fields.Count == 0)
        {
            notes.Add($"{name} is left out: it has no feature that can be carried");
            return null;
        }

        TimeSpan? ttl = Ttl(spec, name, notes);
        if (ttl is not null && store is null)
        {
            notes.Add(
                $"{name}: values live {ttl}; say who can be asked with --endpoint and --probe to declare freshness"
            );
        }

        int version = Version(item);
        return new FeatureView(
            name,
            [new FeatureViewVersion(version, fields) { Freshness = store is null ? null : ttl, Source = store }]
        );
    }

    private static int Version(JsonElement item) =>
        Object(item, "meta") is { ValueKind: JsonValueKind.Object } meta
        && JsonFields.Find(meta, "currentVersionNumber", "current_version_number") is { } number
        && number.TryGetInt32(out int version)
        && version >= 1
            ? version
            : 1;

    // A protobuf Duration in JSON: seconds with an s, perhaps with a fraction.
    private static TimeSpan? Ttl(JsonElement spec, string name, List<string> notes)
    {
        if (JsonFields.Text(spec, "ttl") is not { } text)
        {
            return null;
        }

        bool read = double.TryParse(text.TrimEnd('s'), CultureInfo.InvariantCulture, out double seconds);
        if (!read || seconds < 0 || seconds > TimeSpan.FromDays(3650).TotalSeconds)
        {
            notes.Add($"{name}: the ttl '{text}' is not carried over");
            return null;
        }

        // Feast: no seconds mean for ever.
        return seconds >= 1 ? TimeSpan.FromSeconds(Math.Floor(seconds)) : null;
    }

    private static Dictionary<string, HashSet<string>> Needed(JsonElement service)
    {
        var needed = new Dictionary<string, HashSet<string>>(StringComparer.Ordinal);
        foreach (JsonElement projection in JsonFields.List(service, "features", null, MaxViews))
        {
            string view =
                JsonFields.Text(projection, "featureViewName", "feature_view_name")
                ?? throw new FormatException("a projection of the feature service names no view");
            needed[view] =
            [
                .. JsonFields
                    .List(projection, "featureColumns", "feature_columns", MaxFields)
                    .Select(c => JsonFields.Text(c, "name") ?? ""),
            ];
        }

        return needed;
    }

    // Feast, protos/feast/types/Value.proto: ValueType.Enum.
    private static string? Datatype(string type) =>
        type.Replace("_LIST", "", StringComparison.Ordinal) switch
        {
            "BOOL" => "BOOL",
            "INT32" => "INT32",
            "INT64" or "UNIX_TIMESTAMP" => "INT64",
            "FLOAT" => "FP32",
            "DOUBLE" => "FP64",
            "STRING" or "BYTES" or "PDF_BYTES" or "IMAGE_BYTES" => "BYTES",
            _ => null,
        };

    private static IEnumerable<JsonElement> Specs(JsonElement root, string camel, string snake) =>
        Items(root, camel, snake).Select(i => Object(i, "spec"));

    private static IReadOnlyList<JsonElement> Items(JsonElement root, string camel, string snake) =>
        root.ValueKind == JsonValueKind.Object
            ? JsonFields.List(root, camel, snake, MaxViews)
            : throw new FormatException("it is not an object");

    private static JsonElement Object(JsonElement of, string name) =>
        JsonFields.Find(of, name) is { ValueKind: JsonValueKind.Object } found ? found : default;

    private static string Snake(string camel) =>
        string.Concat(camel.Select(c => char.IsUpper(c) ? $"_{char.ToLowerInvariant(c)}" : $"{c}"));
}
