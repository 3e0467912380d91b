using Handover.Ports;
using Handover.Simulation;
using Handover.Testkit.Stores;

namespace Handover.Tests.Stores;

/// <summary>
/// The simulated store is held to what the real ones are: else the simulation would prove nothing about them.
/// </summary>
public sealed class SimEpochStoreTests : EpochStoreCompliance
{
    protected override IEpochStorePort Make() => new SimEpochStore(Clock.GetUtcNow);
}
