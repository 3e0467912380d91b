using Handover.Core.Catalog;

namespace Handover.Control.Resources;

/// <summary>The <c>spec</c> of a FeatureView.</summary>
internal static class FeatureViewForm
{
    public static FeatureView Read(string name, FieldCursor spec)
    {
        var versions = new List<FeatureViewVersion>();
        foreach (FieldCursor map in spec.Maps("versions"))
        {
            int number = (int)map.Whole("version", 1, 1, int.MaxValue);
            if (versions.Any(v => v.Version == number))
            {
                map.Bad("duplicate-name", map.Node, "version", $"version {number} is declared twice.");
            }

            List<FeatureField> fields =
            [
                .. map.Maps("fields")
                    .Select(f => new FeatureField(f.Text("name"), f.Choice("datatype", ""))
                    {
                        Range = SignatureForm.Range(f),
                    }),
            ];
            versions.Add(
                new FeatureViewVersion(number, fields)
                {
                    Freshness = map.Has("freshness") ? map.Duration("freshness", TimeSpan.Zero) : null,
                    Source = SourceOf(map),
                }
            );
        }

        if (spec.Find("versions") is YamlNode.List { Items.Count: 0 } empty)
        {
            spec.Bad("empty-list", empty, "versions", "needs at least one version.");
        }

        return new FeatureView(name, versions);
    }

    private static FeatureSource? SourceOf(FieldCursor map)
    {
        Uri? url = map.Url("url");
        string? file = map.TextOrNull("file");
        FieldCursor? probe = map.Map("probe");
        if (url is not null && file is not null)
        {
            map.Bad("two-sources", map.Find("file")!, "file", "a version has one source.", "Keep url or file.");
        }

        if (file is not null && !ReleaseForm.IsInside(file))
        {
            string message = $"'{file}' leaves the configuration directory.";
            map.Bad("outside-directory", map.Find("file")!, "file", message, "Give a path relative to it.");
        }

        string key = probe?.Text("key") ?? "";
        List<string> keys = probe is null ? [] : [.. probe.Texts("values").Select(t => t.Text)];
        if (map.Has("url") && (probe is null || keys.Count is 0 or > 100))
        {
            const string Message = "a store is asked about 1 to 100 keys: probe: { key: NAME, values: [ ... ] }.";
            map.Bad("missing-probe", map.Find("url")!, "url", Message);
        }

        if (map.Has("freshness") && !map.Has("url") && !map.Has("file"))
        {
            const string Message = "nobody can be asked how old the values are.";
            map.Bad("no-source", map.Find("freshness")!, "freshness", Message, "Name the source: url or file.");
        }

        return url is not null ? new FeatureSource.Store(url, key, keys)
            : file is not null ? new FeatureSource.File(file)
            : null;
    }
}
