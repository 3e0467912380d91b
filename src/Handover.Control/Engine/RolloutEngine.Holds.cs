using System.Collections.Concurrent;
using Handover.Core.Catalog;
using Handover.Core.Contracts;
using Handover.Core.Foundation;
using Handover.Core.Moves;
using Handover.Core.Rollouts;
using Handover.Core.Traffic;
using Handover.Ports;

namespace Handover.Control.Engine;

/// <summary>What would happen if somebody asked for it now: the next hold, and the way back.</summary>
public sealed partial class RolloutEngine
{
    private readonly ConcurrentDictionary<string, (CatalogSnapshot Of, IReadOnlyList<string> Broken)> _broken = new(
        StringComparer.Ordinal
    );

    /// <inheritdoc/>
    public Result<HoldForecast> ForecastHold(string id, Share? share)
    {
        if (Find(id) is not { } found || !_loops.TryGetValue(found.State.Id, out RolloutLoop? loop))
        {
            return new Problem("unknown-rollout", $"there is no rollout '{id}'.");
        }

        RolloutState s = loop.State;
        (MoveTarget Target, Phase Phase)? next = share is { } wished
            ? (MoveTarget.Shares.Of(s, wished), s.Phase)
            : Effects.NextMove(s);
        if (!s.Open || next is not { } move)
        {
            return new Problem("conflict", $"{s.Id} has no move before it.");
        }

        Routing now = RoutingOf(s.Plan.Service) ?? Routing.Only(s.Plan.Service, s.From);
        return HoldOf(s, new Slice(now, move.Target.RoutingFor(s)), move.Phase, loop.Events);
    }

    // Of each move that is left, what it would hold at the traffic of now.
    private IReadOnlyList<HoldAhead> HoldsAhead(RolloutState s)
    {
        Routing now = RoutingOf(s.Plan.Service) ?? Routing.Only(s.Plan.Service, s.From);
        return
        [
            .. Effects
                .MovesAhead(s, now)
                .Select(m => new HoldAhead(m.Phase, HoldOf(s, new Slice(m.Before, m.After), m.Phase, [])))
                .Where(h => h.Hold.Slice.Value > 0),
        ];
    }

    private HoldForecast HoldOf(RolloutState s, Slice slice, Phase phase, IReadOnlyList<RolloutEvent> events)
    {
        (TimeSpan hold, DrainMode? drain) = phase is Phase.Switch at
            ? (at.Hold, at.Drain)
            : (Effects.DefaultHold, (DrainMode?)null);
        RolloutEvent.Moved? last = events.OfType<RolloutEvent.Moved>().LastOrDefault(m => m.Held > TimeSpan.Zero);
        bool dispatched = last?.Drain?.Mode == DrainMode.Dispatch;
        return HoldForecast.Of(
            _parts.Evidence.RequestsPerSecond(s.Plan.Service),
            PartOf(slice),
            _parts.Evidence.P99(s.Plan.Service, s.From),
            drain,
            hold,
            dispatched ? last!.Held : HoldForecast.UsualProtocol
        );
    }

    // By sampled names: the slice is a set of buckets and rules, and its part of all entities has no closed form.
    private static Ratio PartOf(Slice slice)
    {
        const int sample = 10_000;
        int moved = Enumerable.Range(0, sample).Count(i => slice.Contains($"sample-{i}"));
        return new Ratio((double)moved / sample);
    }

    // Asked for at each look at a rollout, and a thousand consumers take seconds; the answer changes with the catalog.
    private IReadOnlyList<string> BrokenBy(RolloutState s, CatalogSnapshot catalog, Release to, Release old)
    {
        if (
            _broken.TryGetValue(s.Id, out (CatalogSnapshot Of, IReadOnlyList<string> Broken) known)
            && ReferenceEquals(known.Of, catalog)
        )
        {
            return known.Broken;
        }

        ContractMatrix matrix = ContractMatrix.Of(catalog.ConsumersOf(s.Plan.Service), to, old);
        IReadOnlyList<string> broken = [.. matrix.BreaksOf(s.From).Select(b => b.Detail)];
        _broken[s.Id] = (catalog, broken);
        return broken;
    }

    private RollbackReadiness? ReadinessOf(RolloutState s)
    {
        bool newest = _loops.Values.All(l =>
            l.State.Plan.Service != s.Plan.Service || l.State.StartedAt <= s.StartedAt
        );
        CatalogSnapshot catalog = _parts.Catalog();
        if (
            !newest
            || !(s.Open || s.Status == RolloutStatus.Succeeded)
            || !catalog.Releases.TryGetValue((s.Plan.Service, s.From), out Release? old)
            || !catalog.Releases.TryGetValue((s.Plan.Service, s.Plan.To), out Release? to)
        )
        {
            return null;
        }

        bool warm = _parts.Runtime.Status(s.Plan.Service, s.From) is { Ready: true };
        old = AsFrozen(old);
        long? room = MachineMemory.FreeBytes() + (SingleStack.Is(s.Plan) ? MemoryOf(to) ?? 0 : 0);
        return new RollbackReadiness(
            s.From,
            warm,
            warm || MemoryOf(old) is not { } needs || room is not { } free || needs <= free,
            BrokenBy(s, catalog, to, old),
            s.KeepOldUntil
        )
        {
            Artefacts = old.Frozen,
            Altered = warm ? [] : [.. _parts.Runtime.Altered(old).Select(p => p.Message)],
        };
    }
}
