using Handover.Control.Engine;
using Handover.Core.Catalog;
using Handover.Core.Contracts;
using Handover.Core.Payloads;
using Handover.Core.Traffic;
using Handover.Ports;
using Handover.Protocol;

namespace Handover.Control.Api;

/// <summary>
/// Training/serving skew of a rollout: the newest recorded requests against the ranges that the candidate declares.
/// Read when somebody asks for the plan or the report, not at each look at the rollout.
/// </summary>
internal static class SkewViews
{
    // Enough to see one value in a hundred, and read in milliseconds.
    private const int Most = 500;

    /// <summary>Null when the candidate declares no range.</summary>
    public static async Task<SkewView?> OfAsync(ApiServices api, RolloutSnapshot snapshot, CancellationToken cancel)
    {
        CatalogSnapshot catalog = api.Catalog.Snapshot;
        string name = snapshot.State.Plan.Service;
        if (
            !catalog.Services.TryGetValue(name, out Service? service)
            || !catalog.Releases.TryGetValue((name, snapshot.State.Plan.To), out Release? candidate)
            || InputSkew.Of(candidate, catalog.FeatureViews, []) is not { Count: > 0 } unread
        )
        {
            return null;
        }

        if (!service.Journal.Payloads || service.Journal.Redact.Count > 0)
        {
            string why = service.Journal.Payloads
                ? "recorded requests are redacted, and a replaced value says nothing of the real one"
                : "requests are not recorded (spec.journal.payloads)";
            return new SkewView(0, why, [.. unread.Select(Of)]);
        }

        var query = new JournalQuery(name) { Purpose = Purpose.Live, Replayable = true };
        IReadOnlyList<Exchange> recent = await api.Journal.RecentAsync(query, Most, cancel);
        var requests = recent
            .Select(e => RequestNumbers.Of(service.Protocol, e.Request!.Value.Span))
            .OfType<IReadOnlyDictionary<string, IReadOnlyList<double>>>()
            .ToList();
        string? note =
            recent.Count == 0 ? "no request was recorded yet"
            : requests.Count < recent.Count ? $"{recent.Count - requests.Count} recorded requests could not be read"
            : null;
        return new SkewView(
            requests.Count,
            note,
            [.. InputSkew.Of(candidate, catalog.FeatureViews, requests).Select(Of)]
        );
    }

    private static InputSkewView Of(InputSkew skew) =>
        new(
            skew.Name,
            skew.Declared,
            skew.Range.Min,
            skew.Range.Max,
            skew.Values,
            skew.Outside,
            skew.Absent,
            skew.Least,
            skew.Most,
            skew.Text
        );
}
