using Handover.Control.Evidence;
using Handover.Control.Labels;
using Handover.Core.Catalog;
using Handover.Protocol;

namespace Handover.Control.Api;

/// <summary>Losses by release, and broken contracts, on the wire.</summary>
internal static class LossViews
{
    /// <summary>How right each release was over requests of a time; empty where no labels are kept.</summary>
    public static IReadOnlyList<LossView> Of(ApiServices api, string service, DateTimeOffset from, DateTimeOffset to)
    {
        if (api.LabelStore is not { } store || Policy(api, service) is not { } policy)
        {
            return [];
        }

        return [.. store.Losses(service, from, to).Where(r => r.Answered + r.Labelled > 0).Select(r => Of(r, policy))];
    }

    /// <summary>One release.</summary>
    public static LossView Of(LossRow row, LabelPolicy policy)
    {
        bool numbers = row.Numbers > 0 && policy.Loss is LossKind.Absolute or LossKind.Squared;
        double? Mean(double sum) => numbers ? sum / row.Numbers : null;
        return new LossView
        {
            Release = row.Release,
            Shadow = row.Shadow,
            Answered = row.Answered,
            Labelled = row.Labelled,
            Coverage = row.Answered > 0 ? Math.Min(1, (double)row.Labelled / row.Answered) : null,
            Late = row.Late,
            Loss = RolloutViews.Wire(policy.Loss),
            MeanLoss = row.Labelled > 0 && row.Unbounded == 0 ? row.SumLoss / row.Labelled : null,
            Accuracy = row.Labelled > 0 ? 1 - ((double)row.Wrong / row.Labelled) : null,
            Mae = Mean(row.SumAbsolute),
            Rmse = Mean(row.SumSquared) is { } square ? Math.Sqrt(square) : null,
            Bias = Mean(row.SumError),
            Unbounded = row.Unbounded,
        };
    }

    /// <summary>One broken contract.</summary>
    public static BrokenContractView Of(BrokenContract broken) =>
        new()
        {
            RequestId = broken.RequestId,
            Release = broken.Release,
            Purpose = RolloutViews.Wire(broken.Purpose),
            At = broken.At,
            Contract = broken.Owner,
            Detail = broken.Detail,
            Document = JournalViews.Body(broken.Document is { } text ? System.Text.Encoding.UTF8.GetBytes(text) : null),
        };

    private static LabelPolicy? Policy(ApiServices api, string service) =>
        api.Catalog.Snapshot.Services.GetValueOrDefault(service)?.Labels;
}
