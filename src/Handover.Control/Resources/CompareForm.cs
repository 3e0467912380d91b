using Handover.Core.Divergence;

namespace Handover.Control.Resources;

/// <summary>The list <c>spec.compare</c> of a Rollout: how answers are compared, path by path.</summary>
internal static class CompareForm
{
    private const int MostPaths = 1000;

    public static List<PathTolerance> Read(FieldCursor spec)
    {
        var paths = new List<PathTolerance>();
        foreach (FieldCursor map in spec.Maps("compare"))
        {
            string path = map.Text("path");
            if (paths.Exists(p => p.Path == path))
            {
                map.Bad("duplicate-name", map.Find("path")!, "path", $"'{path}' is there twice.");
                continue;
            }

            // Answers are reported by folded paths, so that a place in a list, or half a pointer, would never match.
            if (path.StartsWith('/') && (!DnsLabel.IsPointer(path) || JsonComparison.Fold(path) != path))
            {
                string fix = "Write a JSON pointer with * for the items of lists, such as /items/*/score.";
                map.Bad("bad-pointer", map.Find("path")!, "path", $"'{path}' matches no answer.", fix);
            }

            if (map.Find("harm") is { } harm && !map.Has("threshold"))
            {
                string fix = "Add threshold, or leave harm out.";
                map.Bad("missing-field", harm, "harm", "a direction of harm needs a threshold.", fix);
            }

            paths.Add(
                new PathTolerance(path)
                {
                    As = map.Has("as") ? map.Choice("as", NameMaps.Output, default) : null,
                    Absolute = map.Has("absolute") ? (double)map.Number("absolute", 0, 0) : null,
                    Relative = map.Ratio("relative")?.Value,
                    Ulps = map.Has("ulps") ? map.Whole("ulps", 0, 0, long.MaxValue) : null,
                    Threshold = map.Has("threshold") ? (double)map.Number("threshold", 0, decimal.MinValue) : null,
                    Harm = map.Has("harm") ? map.Choice("harm", NameMaps.Harm, default) : null,
                    Variation = map.Ratio("variation")?.Value,
                    Likeness = map.Ratio("likeness")?.Value,
                }
            );
        }

        if (paths.Count > MostPaths)
        {
            spec.Bad("out-of-range", spec.Find("compare")!, "compare", $"has more than {MostPaths} paths.");
        }

        return paths;
    }
}
