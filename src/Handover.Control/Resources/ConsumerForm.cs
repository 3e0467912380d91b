using Handover.Core.Catalog;

namespace Handover.Control.Resources;

/// <summary>The <c>spec</c> of a Consumer.</summary>
internal static class ConsumerForm
{
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
            [.. map.Maps("references").Select(r => new MonitoredReference(r.Text("output"), r.Text("distribution")))]
        );
    }
}
