using System.Text.Json;
using Handover.Core.Rollouts;

namespace Handover.Control.Resources;

/// <summary>How segments move: in which order, and when.</summary>
public static partial class ResourceWriter
{
    private static void WriteSegments(Utf8JsonWriter json, RolloutPlan plan)
    {
        if (plan.SegmentOrder != SegmentOrder.Listed)
        {
            json.WriteString("segmentOrder", NameMaps.SegmentOrder.Of(plan.SegmentOrder));
        }

        if (plan.Paces.Count > 0)
        {
            WritePaces(json, plan.Paces);
        }
    }

    private static void WritePaces(Utf8JsonWriter json, IReadOnlyList<Pace> paces)
    {
        json.WriteStartArray("paces");
        foreach (Pace pace in paces)
        {
            json.WriteStartObject();
            WriteIf(json, "segment", pace.Segment);
            WriteRecurring(json, "windows", pace.Windows);
            WriteRecurring(json, "freezes", pace.Freezes);
            json.WriteString("whenHarmed", NameMaps.WhenHarmed.Of(pace.WhenHarmed));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
