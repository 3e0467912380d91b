using Handover.Core.Rollouts;
using Handover.Ports;

namespace Handover.Control.Evidence;

/// <summary>
/// Asks the gateways what became of a rollout's copies, and keeps it as the rest of the evidence is kept.
/// </summary>
public sealed partial class EvidenceCollector
{
    /// <summary>The gateways that are asked; set once they are made, before anything is gathered.</summary>
    public IReadOnlyList<IGatewayPort> Gateways { get; set; } = [];

    /// <summary>What a rollout's copies came to; it may have ended.</summary>
    internal ShadowReading Shadow(RolloutState state)
    {
        if (_open.TryGetValue(state.Plan.Service, out Open? open) && open.Id == state.Id)
        {
            AskGateways(open);
            return open.Evidence.Shadow;
        }

        return RolloutEvidence.ShadowOf(store.LoadEvidence(state.Id));
    }

    private void AskGateways(Open open)
    {
        foreach (IGatewayPort gateway in Gateways)
        {
            open.Evidence.Ask(gateway, open.Id);
        }
    }
}
