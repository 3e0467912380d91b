using Handover.Control.Reconcile;
using Handover.Core.Divergence;
using Handover.Protocol;

namespace Handover.Control.Api;

/// <summary>Reconciled decisions on the wire.</summary>
internal static class ReconciledViews
{
    public static ReconciledView Of(ReconciledDecision decision, ReconcileScope scope) =>
        new()
        {
            RequestId = decision.RequestId,
            IdempotencyKey = decision.Key,
            Service = scope.Service.Name,
            Entity = decision.Entity,
            Segment = decision.Exchange?.Segment,
            At = decision.At,
            Release = scope.Release,
            Epoch = decision.Exchange?.Epoch ?? decision.Ledger?.Epoch ?? 0,
            Outcome = decision.Exchange is { } exchange ? RolloutViews.Wire(exchange.Outcome) : null,
            Status = decision.Exchange?.Status ?? decision.Ledger?.Answer?.Status,
            Ledger = decision.Ledger is { } row ? RolloutViews.Wire(row.Stage) : null,
            Request = JournalViews.Body(decision.Exchange?.Request),
            Answer = JournalViews.Body(decision.Exchange?.Response ?? decision.Ledger?.Answer?.Body),
            StableRelease = scope.Stable,
            StableAnswer = decision.StableAnswer is { } bytes ? JournalViews.Body(bytes) : null,
            Verdict = decision.Difference switch
            {
                null => "unknown",
                { Differs: true } => "differs",
                _ => "same",
            },
            Why = decision.Why,
            Severity = decision.Difference?.Severity,
            Differences = [.. (decision.Difference ?? Difference.None).Paths.Select(Path)],
        };

    private static ReconciledPath Path(PathDifference path) =>
        new(path.Path, RolloutViews.Wire(path.Kind), path.Severity, path.Detail);
}

/// <summary>Sums over a list that is never held whole.</summary>
internal sealed class ReconcileSums
{
    private readonly SortedDictionary<string, long[]> _bySegment = new(StringComparer.Ordinal);

    public void Add(ReconciledView view)
    {
        string segment = view.Segment ?? "";
        if (!_bySegment.TryGetValue(segment, out long[]? counts))
        {
            _bySegment.Add(segment, counts = new long[3]);
        }

        counts[
            view.Verdict switch
            {
                "same" => 0,
                "differs" => 1,
                _ => 2,
            }
        ]++;
    }

    public ReconciledSums Of(string rollout, long dropped, double sampled)
    {
        ReconciledSegment[] segments =
        [
            .. _bySegment.Select(s => new ReconciledSegment(s.Key, s.Value.Sum(), s.Value[0], s.Value[1], s.Value[2])),
        ];
        return new ReconciledSums(
            rollout,
            segments.Sum(s => s.Total),
            segments.Sum(s => s.Same),
            segments.Sum(s => s.Differs),
            segments.Sum(s => s.Unknown),
            dropped,
            sampled,
            segments
        );
    }
}
