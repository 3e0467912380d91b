using Handover.Core.Catalog;
using Handover.Core.Contracts.Adapters;

namespace Handover.Core.Contracts;

/// <summary>
/// Monitoring is a consumer too: a metric whose output is gone shows nothing, a label value nobody knew has no series,
/// and an alert on a distribution that the new release never had rings for ever. Each is a finding like any other.
/// </summary>
public static class MonitorRules
{
    /// <summary>What a monitor would go blind or mad of; empty for consumers that declare no monitors.</summary>
    public static IReadOnlyList<ContractVerdict> Check(Release release, Consumer consumer)
    {
        if (consumer.Monitors is not { } monitors)
        {
            return [];
        }

        Signature? emits = AdaptedOutput.Of(release);
        var found = new List<ContractVerdict>();
        foreach (MonitoredMetric metric in monitors.Metrics)
        {
            if (emits is { Document: null } output && !output.Tensors.Any(t => t.Name == metric.Output))
            {
                string detail =
                    $"{release.Name} does not answer {metric.Output}; {consumer.Name} computes {metric.Name} from it.";
                found.Add(
                    Finding(metric.Output, ContractRule.Presence, metric.Name, null, detail) with
                    {
                        Fix = $"Answer {metric.Output}, or take {metric.Name} out of the monitor.",
                    }
                );
            }
        }

        foreach (IGrouping<string, MonitoredReference> wanted in monitors.References.GroupBy(r => r.Output))
        {
            // A monitor may know several distributions of one output: that is how it is ready for two releases at once.
            string[] known = [.. wanted.Select(r => r.Distribution)];
            TensorSpec? tensor = emits?.Tensors.FirstOrDefault(t => t.Name == wanted.Key);
            if (tensor is null || known.Contains(tensor.Reference))
            {
                continue;
            }

            string old = string.Join(", ", known);
            string has = tensor.Reference ?? "nothing declared";
            string detail = $"{consumer.Name} compares {wanted.Key} with {old}; {release.Name} expects {has}.";
            found.Add(
                Finding(wanted.Key, ContractRule.Reference, old, tensor.Reference, detail) with
                {
                    Fix = $"Give the monitor the distribution of {release.Name}, or declare one that it has.",
                }
            );
        }

        return found;

        ContractVerdict Finding(string output, ContractRule rule, string old, string? now, string detail) =>
            new(consumer.Name, $"/outputs/{Escaped(output)}/monitor", rule, old, now, ContractOutcome.Breaks, detail)
            {
                Release = release.Name,
            };
    }

    private static string Escaped(string name) =>
        name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);
}
