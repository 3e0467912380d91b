using System.Globalization;
using Handover.Core.Catalog;

namespace Handover.Control.Resources;

/// <summary>The <c>spec</c> of a Consumer.</summary>
internal static class ConsumerForm
{
    private const int MostEdges = 100;

    public static Consumer Read(string name, string service, FieldCursor spec)
    {
        ConsumerRole role = spec.Choice("role", NameMaps.Role, ConsumerRole.Decision);
        Signature accepts = SignatureForm.Read(spec.Map("accepts")) ?? new Signature([]);
        return new Consumer(name, service, role, accepts)
        {
            AcknowledgeRequired = spec.Choice("acknowledge", "automatic") == "required",
            Notify = NotifyOf(spec.Map("notify")),
            Monitors = MonitorsOf(spec, role),
        };
    }

    private static NotifyTarget? NotifyOf(FieldCursor? map)
    {
        if (map is null)
        {
            return null;
        }

        string file = map.Text("secretFile");
        if (file.Length > 0 && !ReleaseForm.IsInside(file))
        {
            string message = $"'{file}' leaves the configuration directory.";
            map.Bad("outside-directory", map.Find("secretFile")!, "secretFile", message, "Give a path relative to it.");
        }

        return map.Url("url") is { } url ? new NotifyTarget(url, file) : null;
    }

    private static MonitorSpec? MonitorsOf(FieldCursor spec, ConsumerRole role)
    {
        if (spec.Map("monitors") is not { } map)
        {
            return null;
        }

        if (role != ConsumerRole.Monitoring)
        {
            const string Message = "only a consumer with role monitoring monitors.";
            spec.Bad("wrong-role", map.Node, "monitors", Message, "Write role: monitoring, or take it out.");
        }

        return new MonitorSpec(
            [.. map.Maps("metrics").Select(m => new MonitoredMetric(m.Text("name"), m.Text("output")))],
            [.. map.Maps("references").Select(ReferenceOf)]
        );
    }

    private static MonitoredReference ReferenceOf(FieldCursor map) =>
        new(map.Text("output"), map.Text("distribution")) { Shape = ShapeOf(map) };

    private static ReferenceShape? ShapeOf(FieldCursor map)
    {
        if (!map.Has("edges") && !map.Has("shares") && !map.Has("most"))
        {
            return null;
        }

        double[] edges = Numbers(map, "edges");
        double[] shares = Numbers(map, "shares");
        double most = (double)map.Number("most", 0.25m, min: 0);
        bool ascending = edges.Zip(edges.Skip(1)).All(e => e.First < e.Second) && edges.All(double.IsFinite);
        bool whole = shares.All(s => s is >= 0 and <= 1) && Math.Abs(shares.Sum() - 1) <= 0.001;
        if (edges.Length is > 0 and <= MostEdges && shares.Length == edges.Length + 1 && ascending && whole && most > 0)
        {
            return new ReferenceShape(edges, shares) { Most = most };
        }

        YamlNode at = map.Find("edges") ?? map.Find("shares") ?? map.Node;
        const string Message = "needs ascending edges, one share more than edges that sum to 1, and a positive most.";
        map.Bad("bad-distribution", at, "edges", Message, "For example edges: [10, 20], shares: [0.5, 0.3, 0.2].");
        return null;
    }

    private static double[] Numbers(FieldCursor map, string name) =>
        [.. map.Numbers(name).Select(n => double.Parse(n.Text, CultureInfo.InvariantCulture))];
}
