using Handover.Core.Foundation;
using Handover.Core.Gates;

namespace Handover.Control.Resources;

/// <summary>One metric of a rollout's gates: one of Handover's own, or a pushed one that the user names.</summary>
internal static class MetricForm
{
    public static MetricGate Read(string name, FieldCursor metric)
    {
        bool pushed = metric.Choice("source", "") == "pushed";
        CheckName(name, pushed, metric);
        if (name.Length > 0 && name != "contract" && !metric.Has("worseBy"))
        {
            string message = $"'{name}' needs to know how much worse it may be.";
            metric.Bad("missing-field", metric.Find("name")!, "worseBy", message, "Write e.g. worseBy: 20%.");
        }

        foreach (string field in (string[])["above", "silence"])
        {
            bool allowed = pushed || (field == "silence" && name == "loss");
            if (metric.Find(field) is { } node && !allowed)
            {
                metric.Bad("unknown-field", node, field, $"only a pushed metric has '{field}'.");
            }
        }

        TimeSpan silence = new MetricGate(name, Ratio.Zero).Silence;
        return new MetricGate(name, metric.Ratio("worseBy") ?? Ratio.Zero)
        {
            Critical = metric.Flag("critical", false),
            HoldOnly = metric.Choice("then", name == "predictions" ? "hold" : "rollback") == "hold",
            Pushed = pushed,
            Above = metric.Has("above") ? (double)metric.Number("above", 0, decimal.MinValue) : null,
            Silence = metric.Duration("silence", silence, TimeSpan.FromSeconds(1), Units.MaxDuration),
        };
    }

    private static void CheckName(string name, bool pushed, FieldCursor metric)
    {
        bool own = NameMaps.Metrics.Contains(name);
        if (metric.Find("name") is not YamlNode.Scalar { Kind: ScalarKind.Text } node)
        {
            return;
        }

        if (!pushed && !own)
        {
            string advice = NearestName.Advice(name, NameMaps.Metrics) + " One that you push needs source: pushed.";
            metric.Bad("unknown-value", node, "name", $"'{name}' is not known.", advice.Trim());
        }
        else if (pushed && own)
        {
            metric.Bad("bad-name", node, "name", $"'{name}' is measured by Handover itself; choose another name.");
        }
        else if (pushed && !DnsLabel.Is(name))
        {
            metric.Bad("bad-name", node, "name", $"'{name}' is not a name.", DnsLabel.Advice);
        }
    }
}
