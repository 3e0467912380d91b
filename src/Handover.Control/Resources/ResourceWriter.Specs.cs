using System.Text.Json;
using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Core.Gates;
using Handover.Core.Rollouts;

namespace Handover.Control.Resources;

/// <summary>The specs of the three large kinds.</summary>
public static partial class ResourceWriter
{
    private static void ServiceSpec(Utf8JsonWriter json, Service service)
    {
        json.WriteString("protocol", NameMaps.Protocol.Of(service.Protocol));
        json.WriteStartObject("route");
        json.WriteString("path", service.Route.Path);
        WriteIf(json, "rewrite", service.Route.Rewrite);
        WriteTexts(json, "hosts", service.Route.Hosts);
        json.WriteEndObject();
        json.WriteString("entry", service.Entry);
        json.WriteString("stable", service.Stable);
        json.WriteStartObject("entity");
        json.WriteString("from", NameMaps.Source.Of(service.Entity.From));
        json.WriteString("name", service.Entity.Name);
        json.WriteString("absent", NameMaps.Absent.Of(service.Entity.Absent));
        json.WriteEndObject();
        json.WriteStartArray("attributes");
        foreach (AttributeSource attribute in service.Attributes)
        {
            json.WriteStartObject();
            json.WriteString("name", attribute.Name);
            json.WriteString("from", NameMaps.Source.Of(attribute.From));
            json.WriteString("key", attribute.Key);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        Tokens(json, service.Tokens);
        json.WriteStartObject("errors");
        WriteTexts(json, "statuses", service.Errors.Statuses.Select(s => s < 10 ? $"{s}xx" : $"{s}"));
        json.WriteString("timeout", Units.Duration(service.Errors.Timeout));
        json.WriteEndObject();
        ServicePolicies(json, service);
    }

    private static void ServicePolicies(Utf8JsonWriter json, Service service)
    {
        json.WriteStartObject("objectives");
        WriteIf(json, "errors", service.Objectives.Errors is { } errors ? Units.Ratio(errors) : null);
        WriteIf(json, "p99", service.Objectives.P99 is { } p99 ? Units.Duration(p99) : null);
        json.WriteEndObject();
        json.WriteString("impact", NameMaps.Impact.Of(service.Impact));
        json.WriteStartObject("downtime");
        json.WriteString("allowed", Units.Duration(service.DowntimeAllowed));
        WriteRecurring(json, "windows", service.Windows);
        WriteRecurring(json, "freezes", service.Freezes);
        json.WriteEndObject();
        Idempotency(json, service.Idempotency);
        json.WriteStartObject("journal");
        json.WriteString("sample", Units.Ratio(service.Journal.Sample));
        json.WriteBoolean("payloads", service.Journal.Payloads);
        WriteTexts(json, "redact", service.Journal.Redact);
        json.WriteString("retain", Units.Duration(service.Journal.Retain));
        json.WriteEndObject();
        json.WriteStartObject("limits");
        json.WriteString("requestBytes", Units.Size(service.Limits.RequestBytes));
        json.WriteString("holdFor", Units.Duration(service.Limits.HoldFor));
        json.WriteNumber("holdRequests", service.Limits.HoldRequests);
        json.WriteString("holdBytes", Units.Size(service.Limits.HoldBytes));
        json.WriteEndObject();
        if (service.Labels is { } labels)
        {
            json.WriteStartObject("labels");
            json.WriteString("output", labels.Output);
            json.WriteString("loss", NameMaps.Loss.Of(labels.Loss));
            json.WriteString("tolerance", Units.Ratio(labels.Tolerance));
            WriteIf(json, "window", labels.Window is { } window ? Units.Duration(window) : null);
            json.WriteEndObject();
        }

        if (service.Sequences is { } sequences)
        {
            json.WriteStartObject("sequences");
            json.WriteString("idle", Units.Duration(sequences.Idle));
            json.WriteNumber("most", sequences.Most);
            json.WriteEndObject();
        }

        json.WriteStartObject("override");
        json.WriteBoolean("allow", service.AllowOverride);
        json.WriteEndObject();
    }

    private static void Idempotency(Utf8JsonWriter json, IdempotencyPolicy policy)
    {
        json.WriteStartObject("idempotency");
        if (policy.Pointer is { } pointer)
        {
            json.WriteString("pointer", pointer);
        }
        else
        {
            json.WriteString("header", policy.Header);
        }

        json.WriteString("mode", NameMaps.Idempotency.Of(policy.Mode));
        json.WriteString("retain", Units.Duration(policy.Retain));
        json.WriteBoolean("replaySafe", policy.ReplaySafe);
        json.WriteString("whenStoreDown", NameMaps.Outage.Of(policy.WhenStoreDown));
        json.WriteEndObject();
    }

    private static void WriteRecurring(Utf8JsonWriter json, string name, IReadOnlyList<MaintenanceWindow> windows)
    {
        json.WriteStartArray(name);
        foreach (MaintenanceWindow window in windows)
        {
            json.WriteStartObject();
            json.WriteString("cron", window.Cron);
            json.WriteString("duration", Units.Duration(window.Duration));
            json.WriteString("timeZone", window.TimeZone);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void ReleaseSpec(Utf8JsonWriter json, Release release)
    {
        json.WriteStartObject("members");
        foreach ((string name, Member member) in release.Members.OrderBy(m => m.Key, StringComparer.Ordinal))
        {
            json.WriteStartObject(name);
            WriteMember(json, member);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteStartObject("built");
        foreach ((string name, string digest) in release.Built.OrderBy(m => m.Key, StringComparer.Ordinal))
        {
            json.WriteString(name, digest);
        }

        json.WriteEndObject();
        if (release.Features.Count > 0 || release.Index is not null)
        {
            json.WriteStartObject("uses");
            WriteFeatures(json, release.Features);
            WriteIndex(json, release.Index);
            json.WriteEndObject();
        }

        Tensors(json, "input", release.Input);
        Tensors(json, "output", release.Output);
        WriteAdapter(json, release.Adapter);
        if (release.MemoryBytes is { } memory)
        {
            json.WriteStartObject("resources");
            json.WriteString("memory", Units.Size(memory));
            json.WriteEndObject();
        }

        if (release.CostPerDay is { } cost)
        {
            json.WriteStartObject("cost");
            json.WriteNumber("perDay", cost.Amount / 1.0000000000000000000000000000m);
            json.WriteString("currency", cost.Currency);
            json.WriteEndObject();
        }

        WriteIf(json, "change", release.Change is { } change ? NameMaps.Change.Of(change) : null);
        if (release.Holdout is { } holdout)
        {
            json.WriteStartObject("holdout");
            json.WriteString("metric", holdout.Metric);
            json.WriteNumber("value", holdout.Value);
            json.WriteNumber("baseline", holdout.Baseline);
            json.WriteString("better", holdout.LowerIsBetter ? "lower" : "higher");
            json.WriteEndObject();
        }
    }

    private static void WriteMember(Utf8JsonWriter json, Member member)
    {
        switch (member)
        {
            case Member.Onnx onnx:
                json.WriteString("runtime", "onnx");
                json.WriteString("file", onnx.File);
                WriteIf(json, "sha256", onnx.Sha256);
                break;
            case Member.Http http:
                json.WriteString("runtime", "http");
                WriteTexts(json, "endpoints", http.Endpoints.Select(e => e.OriginalString));
                json.WriteString("ready", http.Ready);
                break;
            case Member.Process process:
                json.WriteString("runtime", "process");
                WriteTexts(json, "command", process.Command);
                json.WriteString("ready", process.Ready);
                json.WriteString("startTimeout", Units.Duration(process.StartTimeout));
                break;
            default:
                Invariant.Unreachable<int>($"no written form for {member}");
                break;
        }
    }

    private static void WriteFeatures(Utf8JsonWriter json, IReadOnlyList<FeatureUse> features)
    {
        if (features.Count == 0)
        {
            return;
        }

        json.WriteStartArray("features");
        foreach (FeatureUse use in features)
        {
            json.WriteStartObject();
            json.WriteString("view", use.View);
            json.WriteNumber("version", use.Version);
            WriteTexts(json, "fields", use.Fields);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteIndex(Utf8JsonWriter json, IndexUse? index)
    {
        if (index is null)
        {
            return;
        }

        json.WriteStartObject("index");
        json.WriteString("name", index.Name);
        json.WriteNumber("version", index.Version);
        json.WriteString("space", index.Space);
        json.WriteNumber("dimensions", index.Dimensions);
        json.WriteString("metric", NameMaps.Metric.Of(index.Metric));
        WriteIf(json, "embeds", index.Embeds);
        WriteIf(json, "searches", index.Searches);
        WriteIf(json, "url", index.Url?.OriginalString);
        json.WriteEndObject();
    }

    private static void RolloutSpec(Utf8JsonWriter json, RolloutPlan plan)
    {
        json.WriteString("to", plan.To);
        json.WriteString("strategy", NameMaps.Strategy.Of(plan.Strategy));
        json.WriteString("salt", plan.Salt);
        json.WriteStartArray("phases");
        foreach (Phase phase in plan.Phases)
        {
            json.WriteStartObject();
            json.WriteStartObject(phase.Kind);
            WritePhase(json, phase);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        WriteGates(json, plan.Gates);
        if (plan.Flag is { } flag)
        {
            json.WriteStartObject("flag");
            json.WriteString("ofrep", flag.Ofrep.OriginalString);
            json.WriteString("key", flag.Key);
            json.WriteString("timeout", Units.Duration(flag.Timeout));
            json.WriteString("ttl", Units.Duration(flag.Ttl));
            json.WriteEndObject();
        }

        WriteSegments(json, plan);
        if (plan.Compare.Count > 0)
        {
            WriteCompare(json, plan.Compare);
        }

        if (plan.Budget is { } budget)
        {
            json.WriteStartObject("budget");
            json.WriteString("extraCost", FormattableString.Invariant($"{budget.Amount} {budget.Currency}"));
            json.WriteEndObject();
        }

        json.WriteString("deadline", Units.Duration(plan.Deadline));
        json.WriteString("whenInconclusive", NameMaps.Inconclusive.Of(plan.WhenInconclusive));
        json.WriteString("whenDisagreed", NameMaps.WhenDisagreed.Of(plan.WhenDisagreed));
    }

    private static void WriteGates(Utf8JsonWriter json, GatePlan gates)
    {
        json.WriteStartObject("gates");
        json.WriteString("alpha", Units.Ratio(gates.Alpha));
        json.WriteString("beta", Units.Ratio(gates.Beta));
        json.WriteString("promote", NameMaps.Promote.Of(gates.Promote));
        json.WriteStartArray("metrics");
        foreach (MetricGate metric in gates.Metrics)
        {
            json.WriteStartObject();
            json.WriteString("name", metric.Name);
            json.WriteString("worseBy", Units.Ratio(metric.WorseBy));
            json.WriteBoolean("critical", metric.Critical);
            json.WriteString("then", metric.HoldOnly ? "hold" : "rollback");
            if (metric.Pushed)
            {
                json.WriteString("source", "pushed");
            }

            if (metric.Pushed || metric.Name == "loss")
            {
                json.WriteString("silence", Units.Duration(metric.Silence));
            }

            if (metric.Above is { } above)
            {
                json.WriteNumber("above", above);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WritePhase(Utf8JsonWriter json, Phase phase)
    {
        switch (phase)
        {
            case Phase.Verify:
                break;
            case Phase.Start start:
                json.WriteString("timeout", Units.Duration(start.Timeout));
                break;
            case Phase.Warm warm:
                json.WriteNumber("requests", warm.Requests);
                json.WriteString("until", "converged");
                break;
            case Phase.Shadow shadow:
                json.WriteString("share", Units.Share(shadow.Share));
                json.WriteNumber("pairs", shadow.Pairs);
                json.WriteString("redraw", Units.Share(shadow.Redraw));
                break;
            case Phase.Shift shift:
                json.WriteString("share", Units.Share(shift.Share));
                WriteIf(json, "segment", shift.Segment);
                json.WriteString("for", Units.Duration(shift.For));
                json.WriteNumber("requests", shift.Requests);
                break;
            case Phase.Switch change:
                json.WriteString("hold", Units.Duration(change.Hold));
                json.WriteString("drain", change.Drain is { } drain ? NameMaps.Drain.Of(drain) : "auto");
                json.WriteString("stack", NameMaps.Stack.Of(change.Stack));
                if (change.Stack == StackUse.Single)
                {
                    json.WriteString("start", Units.Duration(change.StartTimeout));
                    json.WriteNumber("warm", change.WarmRequests);
                }

                break;
            case Phase.Bake bake:
                json.WriteString("for", Units.Duration(bake.For));
                break;
            case Phase.Retire retire:
                json.WriteString("keep", Units.Duration(retire.Keep));
                break;
            default:
                Invariant.Unreachable<int>($"no written form for {phase}");
                break;
        }
    }
}
