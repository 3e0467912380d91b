using Handover.Control.Engine;
using Handover.Protocol;

namespace Handover.Control.Api;

/// <summary>One rollout with what is too much for lists: losses by release, broken contracts, copies.</summary>
internal static class RolloutDetail
{
    public static RolloutView Of(ApiServices api, RolloutSnapshot snapshot)
    {
        DateTimeOffset now = api.Clock.GetUtcNow();
        RolloutView view = RolloutViews.Of(snapshot, full: true);
        return view with
        {
            Losses = LossViews.Of(api, view.Service, view.StartedAt, view.EndedAt ?? now),
            Shadow = ShadowViews.Of(api, snapshot.State),
            BrokenContracts = [.. api.Evidence.Broken(snapshot.State).Select(LossViews.Of)],
        };
    }
}
