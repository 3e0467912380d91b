using Handover.Core.Moves;
using Handover.Ports;

namespace Handover.Gateway.Holding;

/// <summary>What the agent loop works with.</summary>
/// <param name="Store">The authority over routing.</param>
/// <param name="Member">This gateway's id and boot id.</param>
/// <param name="Directory">Where the last-known-good files are.</param>
/// <param name="StoreTimeout"> Longest wait for the store; range (0, 2 s], default 1 s. Below it a slow store is asked
/// twice, above it a hold that has run out waits longer than it must.
/// </param>
internal sealed record AgentLoopOptions(
    IEpochStorePort Store,
    EpochMember Member,
    string Directory,
    TimeSpan StoreTimeout
);
