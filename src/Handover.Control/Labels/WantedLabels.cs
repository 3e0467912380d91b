using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Core.Payloads;
using Handover.Core.Traffic;
using Handover.Ports;
using Handover.Protocol;

namespace Handover.Control.Labels;

/// <summary>
/// Finds the requests whose truth is worth asking for: in shadow both releases share the label, so only answers that
/// differ tell which release is better.
/// </summary>
public sealed class WantedLabels(LabelStore store, IJournalPort journal, Func<string, Service?> serviceOf)
{
    /// <summary>Shadow answers that are looked at, the newest ones.</summary>
    public const int MostSearched = 5_000;

    /// <summary>At most <paramref name="limit"/> requests, newest first.</summary>
    public async Task<Result<WantedLabelsView>> FindAsync(string service, int limit, CancellationToken cancel)
    {
        if (serviceOf(service) is not { Labels: { } policy } declared)
        {
            string message = $"service {service} does not say what a label is compared with.";
            return new Problem("no-labels", message) { Fix = "Declare spec.labels of the service." };
        }

        var query = new JournalQuery(service) { Purpose = Purpose.Shadow };
        IReadOnlyList<Exchange> shadows = await journal.RecentAsync(query, MostSearched, cancel);
        var wanted = new List<WantedLabelView>();
        foreach (Exchange[] chunk in shadows.Chunk(500))
        {
            string[] ids = [.. chunk.Select(s => s.RequestId).Distinct(StringComparer.Ordinal)];
            ILookup<string, KeptLabel> known = store.Find(service, ids);
            ILookup<string, Exchange> live = (await journal.FindAsync(service, ids, cancel))
                .Where(e => e.Purpose is Purpose.Live)
                .ToLookup(e => e.RequestId, StringComparer.Ordinal);
            foreach (Exchange shadow in chunk.Where(s => !known[s.RequestId].Any(l => l.Metric.Length == 0)))
            {
                if (Pair(declared, policy, live[shadow.RequestId].FirstOrDefault(), shadow) is { } pair)
                {
                    wanted.Add(pair);
                }

                if (wanted.Count == limit)
                {
                    return new WantedLabelsView(service, shadows.Count, wanted);
                }
            }
        }

        return new WantedLabelsView(service, shadows.Count, wanted);
    }

    private static WantedLabelView? Pair(Service service, LabelPolicy policy, Exchange? live, Exchange shadow)
    {
        string? left = live is null ? null : Output(service, policy, live);
        string? right = Output(service, policy, shadow);
        return left is null || right is null || string.Equals(left, right, StringComparison.Ordinal)
            ? null
            : new WantedLabelView(shadow.RequestId, live!.Entity, live.At, live.Release, left, shadow.Release, right);
    }

    private static string? Output(Service service, LabelPolicy policy, Exchange exchange)
    {
        if (exchange is not { Inference: true, Outcome: ExchangeOutcome.Ok, Response: { } body })
        {
            return null;
        }

        Result<TypedAnswer> answer = AnswerReader.Read(service.Protocol, body.Span);
        return answer.Ok ? OutputReader.Label(answer.Value, policy.Output) : null;
    }
}
