using System.Text.Json;
using Handover.Core.Catalog;
using Handover.Core.Divergence;
using Handover.Core.Foundation;

namespace Handover.Control.Resources;

/// <summary>How a plan says that answers are compared.</summary>
public static partial class ResourceWriter
{
    private static void WriteCompare(Utf8JsonWriter json, IReadOnlyList<PathTolerance> paths)
    {
        json.WriteStartArray("compare");
        foreach (PathTolerance path in paths)
        {
            json.WriteStartObject();
            json.WriteString("path", path.Path);
            WriteIf(json, "as", path.As is { } kind ? NameMaps.Output.Of(kind) : null);
            if (path.Absolute is { } absolute)
            {
                json.WriteNumber("absolute", absolute);
            }

            WriteRatio("relative", path.Relative);
            if (path.Ulps is { } ulps)
            {
                json.WriteNumber("ulps", ulps);
            }

            if (path.Threshold is { } threshold)
            {
                json.WriteNumber("threshold", threshold);
            }

            WriteIf(json, "harm", path.Harm is { } harm ? NameMaps.Harm.Of(harm) : null);
            WriteRatio("variation", path.Variation);
            WriteRatio("likeness", path.Likeness);
            json.WriteEndObject();
        }

        json.WriteEndArray();

        void WriteRatio(string name, double? value) =>
            WriteIf(json, name, value is { } ratio ? Units.Ratio(new Ratio(ratio)) : null);
    }
}
