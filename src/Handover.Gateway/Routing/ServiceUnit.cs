using Handover.Core.Traffic;
using Handover.Gateway.Draining;
using Handover.Gateway.Flags;
using Handover.Gateway.Forwarding;
using Handover.Gateway.Holding;
using Handover.Gateway.Mirroring;
using Handover.Gateway.Observing;
using Handover.Ports;

namespace Handover.Gateway.Routing;

/// <summary>
/// One service on this gateway: the volatile reference to its snapshot and what outlives snapshots (who is in flight,
/// who waits). Writers are the configuration and the move agent; requests only read.
/// </summary>
internal sealed class ServiceUnit
{
    private readonly Lock _writers = new();
    private readonly TimeProvider _time;
    private volatile ServiceSnapshot _snapshot;

    /// <summary>A service that was declared; nothing is known about its routing yet.</summary>
    public ServiceUnit(ServiceSettings settings, TimeProvider time)
    {
        _snapshot = new ServiceSnapshot
        {
            Service = settings.Service,
            Epoch = 0,
            Routing = null,
            Releases = settings.Releases,
            Adapters = settings.Adapters,
            Mirror = settings.Mirror,
            MirrorRun = Run(null, settings.Mirror, time),
            Flag = settings.Flag,
            Tokens = settings.Tokens,
            PinKeys = settings.PinKeys,
            OverrideTokenHashes = settings.OverrideTokenHashes,
        };
        Line = new HoldLine(() => _snapshot, time);
        Sequences = new SequenceTable(time);
        Closing = new ClosingWatch(time);
        _time = time;
    }

    /// <summary>The snapshot in force.</summary>
    public ServiceSnapshot Snapshot => _snapshot;

    /// <summary>Requests in flight.</summary>
    public InFlightTable InFlight { get; } = new();

    /// <summary>Requests that wait.</summary>
    public HoldLine Line { get; }

    /// <summary>What callers see while the service is closed.</summary>
    public ClosingWatch Closing { get; }

    /// <summary>What came of asking the organisation's flag.</summary>
    public FlagTally Flags { get; } = new();

    /// <summary>Open sequences.</summary>
    public SequenceTable Sequences { get; }

    /// <summary>Counters.</summary>
    public ServiceCounters Counters { get; } = new();

    /// <summary>Swaps what was declared.</summary>
    public void Configure(ServiceSettings settings) =>
        Swap(s =>
            s with
            {
                Service = settings.Service,
                Releases = settings.Releases,
                Adapters = settings.Adapters,
                Mirror = settings.Mirror,
                MirrorRun = Run(s.MirrorRun, settings.Mirror, _time),
                Flag = settings.Flag,
                Tokens = settings.Tokens,
                PinKeys = settings.PinKeys,
                OverrideTokenHashes = settings.OverrideTokenHashes,
            }
        );

    /// <summary>Swaps the routing and what is held, as one.</summary>
    public void Route(long epoch, RoutingDocument routing, Slice? hold) =>
        Swap(s =>
            s with
            {
                Epoch = epoch,
                Routing = routing,
                Hold = hold,
                Off = s.Off is { Lifted: true } && routing.Candidate is null ? null : s.Off,
            }
        );

    /// <summary>
    /// Switches the service off, or on with null. On waits for a routing without a candidate: else an entity that went
    /// back to stable would come to the candidate again under the same epoch.
    /// </summary>
    public void Switch(KillSwitch? off) =>
        Swap(s =>
            s with
            {
                Off =
                    off is not null ? off
                    : s.Routing?.Candidate is null ? null
                    : s.Off is null ? null
                    : s.Off with { Lifted = true },
            }
        );

    private MirrorRun? Run(MirrorRun? now, MirrorConfiguration? wanted, TimeProvider time) =>
        wanted is null || now?.Is(wanted) == true ? now : new MirrorRun(wanted.Rollout, wanted.Release, Counters, time);

    private void Swap(Func<ServiceSnapshot, ServiceSnapshot> change)
    {
        lock (_writers)
        {
            ServiceSnapshot before = _snapshot;
            ServiceSnapshot after = change(before);

            // Before the swap: a request that meets the closed service finds its record.
            Closing.Swapped(before, after);
            _snapshot = after;
        }

        Line.Reconsider();
    }
}
