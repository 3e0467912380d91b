using System.Collections.Concurrent;
using System.Threading.Channels;
using Handover.Control.Stores;
using Handover.Core.Catalog;
using Handover.Core.Moves;
using Handover.Core.Rollouts;
using Handover.Core.Traffic;
using Handover.Ports;
using Microsoft.Extensions.Logging;

namespace Handover.Control.Engine;

/// <summary>
/// What services and rollouts want of stacks and of the gateway, derived anew after each change and replaced whole.
/// </summary>
public sealed partial class RolloutEngine
{
    private readonly Channel<bool> _refresh = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite }
    );

    private readonly ConcurrentDictionary<string, bool> _begun = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, EpochRow> _rows = new(StringComparer.Ordinal);

    private readonly ConcurrentDictionary<Loan, (string Service, string Release)> _loans = new();
    private readonly Lock _wanting = new();

    /// <summary>The routing of a service as last read; null when it has none yet.</summary>
    public Routing? RoutingOf(string service) => _rows.GetValueOrDefault(service)?.Routing;

    /// <summary>
    /// Services whose stable release has neither been ready nor failed to start since this node began: it is too early
    /// to send them traffic. A service that is broken does not keep the others waiting.
    /// </summary>
    public IReadOnlyList<string> StillStarting()
    {
        foreach (Service service in _parts.Catalog().Services.Values)
        {
            Routing? routing = RoutingOf(service.Name);
            string? stable = routing?.Stable;
            if (routing is { Closed: true })
            {
                // Nothing runs on purpose; callers are better off here, where they are held.
                _begun.TryAdd(service.Name, true);
            }
            else if (
                stable is not null
                && (
                    _parts.Runtime.Status(service.Name, stable) is { Ready: true }
                    || _keeper.Trouble(service.Name, stable) is not null
                )
            )
            {
                _begun.TryAdd(service.Name, true);
            }
        }

        return [.. _parts.Catalog().Services.Keys.Where(s => !_begun.ContainsKey(s)).Order(StringComparer.Ordinal)];
    }

    // A candidate that has a share serves as much as the stable release does.
    private bool ServingStacksBegun() =>
        _rows
            .Values.Select(r => r.Routing)
            .All(routing =>
                routing.Closed
                || routing.Releases.All(release =>
                    _parts.Runtime.Status(routing.Service, release) is { Ready: true }
                    || _keeper.Trouble(routing.Service, release) is not null
                )
            );

    /// <summary>Why a release may not be deleted now; null when it may.</summary>
    public string? UseOf(string service, string release)
    {
        if (RoutingOf(service) is { } routing && routing.Releases.Contains(release))
        {
            return "it serves traffic";
        }

        RolloutState? user = _loops
            .Values.Select(l => l.State)
            .FirstOrDefault(s =>
                s.Plan.Service == service
                && (s.Open || s.KeepOldUntil is not null)
                && (s.From == release || s.Plan.To == release)
            );
        return user is null ? null : $"rollout {user.Id} uses it";
    }

    /// <summary>
    /// Keeps a stack running besides what services and rollouts want, until the answer is disposed. The keeper stays
    /// the only one who stops stacks, so a rollout that begins meanwhile never loses its candidate.
    /// </summary>
    public IDisposable Borrow(string service, string release)
    {
        var loan = new Loan(this, (service, release));
        _loans[loan] = loan.Key;
        Want();
        return loan;
    }

    /// <summary>Something may have changed: catalog, stacks, rollouts or tokens. Returns at once.</summary>
    public void Refresh() => _refresh.Writer.TryWrite(true);

    private async Task RefreshLoopAsync()
    {
        try
        {
            while (await _refresh.Reader.WaitToReadAsync(_stop.Token))
            {
                while (_refresh.Reader.TryRead(out _)) { }

                try
                {
                    await EnsureRowsAsync(_stop.Token);
                    Want();
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    // The top of a loop: the wish is derived again.
                    _log.LogError(e, "what is wanted could not be derived; tried again");
                    await Task.Delay(TimeSpan.FromSeconds(1), _time, _stop.Token);
                    Refresh();
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The node is stopping.
        }
    }

    private async Task EnsureRowsAsync(CancellationToken cancel)
    {
        foreach (Service service in _parts.Catalog().Services.Values)
        {
            EpochRow row = await _parts.Epochs.EnsureAsync(
                service.Name,
                Routing.Only(service.Name, service.Stable),
                cancel
            );
            Know(row);
        }
    }

    // What was read before a move must never replace what the move said.
    private void Know(EpochRow row) =>
        _rows.AddOrUpdate(row.Service, row, (_, known) => known.Epoch > row.Epoch ? known : row);

    private void Want()
    {
        // One at a time: an older wish must never replace a newer one.
        lock (_wanting)
        {
            WantAll();
        }
    }

    private void WantAll()
    {
        CatalogSnapshot catalog = _parts.Catalog();
        var wanted = new Dictionary<(string Service, string Release), Release>();
        var mirrors = new Dictionary<string, WantedMirror>(StringComparer.Ordinal);
        Dictionary<string, OutsideFlag> flags = _loops
            .Values.Select(l => l.State)
            .Where(s => s is { Open: true, Plan.Flag: not null })
            .ToDictionary(s => s.Plan.Service, s => s.Plan.Flag!, StringComparer.Ordinal);
        foreach (Service service in catalog.Services.Values)
        {
            Routing routing = RoutingOf(service.Name) ?? Routing.Only(service.Name, service.Stable);
            var names = new HashSet<string>(routing.Closed ? [] : routing.Releases, StringComparer.Ordinal);
            RolloutState[] states = [.. _loops.Values.Select(l => l.State).Where(s => s.Plan.Service == service.Name)];
            RolloutState? newest = states.MaxBy(s => s.StartedAt);

            // The old release was promised for a while, and the way back leads to it: a rollout that begins meanwhile,
            // the undo above all, must find it running.
            RolloutState? kept = states.Where(s => !s.Open && s.KeepOldUntil is not null).MaxBy(s => s.EndedAt);
            IReadOnlyList<RolloutEffect> promised = kept is null ? [] : Effects.Of(kept);
            names.UnionWith(promised.OfType<RolloutEffect.KeepStack>().Select(k => k.Release));
            foreach (RolloutEffect effect in newest is null ? [] : Effects.Of(newest))
            {
                if (effect is RolloutEffect.KeepStack keep)
                {
                    names.Add(keep.Release);
                }
                else if (effect is RolloutEffect.StopStack stop && StillMayOpen(newest!, stop))
                {
                    names.Add(stop.Release);
                }
                else if (effect is RolloutEffect.Mirror mirror)
                {
                    mirrors[service.Name] = new WantedMirror(newest!.Id, mirror, newest.Plan.SegmentNames);
                }
            }

            foreach (string name in names)
            {
                if (catalog.Releases.TryGetValue((service.Name, name), out Release? release))
                {
                    wanted[(service.Name, name)] = AsFrozen(release);
                }
            }
        }

        foreach ((string Service, string Release) key in _loans.Values)
        {
            if (catalog.Releases.TryGetValue(key, out Release? release))
            {
                wanted[key] = AsFrozen(release);
            }
        }

        _parts.Publisher.Publish(catalog, [.. catalog.Releases.Keys], mirrors, flags, _parts.OverrideHashes());
        _keeper.Want(wanted);
    }

    /// <summary>
    /// The release with the files that it has to have: those of the newest rollout that is open or has succeeded. What
    /// a failed attempt was made of binds nobody. The release that serves everybody is not bound either: it comes up
    /// again whatever became of its files, since nobody at all would be served instead.
    /// </summary>
    private Release AsFrozen(Release release)
    {
        if (RoutingOf(release.Service)?.Stable == release.Name)
        {
            return release;
        }

        RolloutState? frozen = States(release.Service)
            .FirstOrDefault(s => (s.Open || s.Status == RolloutStatus.Succeeded) && s.Frozen.ContainsKey(release.Name));
        if (frozen is null)
        {
            return release;
        }

        // A digest that is declared today is what its owner wants today, and is checked in any case.
        var files = new Dictionary<string, string>(frozen.Frozen[release.Name], StringComparer.Ordinal);
        foreach (Member.Onnx model in release.Members.Values.OfType<Member.Onnx>().Where(m => m.Sha256 is not null))
        {
            files[model.File] = model.Sha256!;
        }

        return release with
        {
            Frozen = files,
        };
    }

    private void BeginEvidence(RolloutState state)
    {
        if (state.Open && _parts.Catalog().Services.TryGetValue(state.Plan.Service, out Service? service))
        {
            _parts.Evidence.Begin(state, service);
        }
    }

    // Bins of predictions come from what stable answered before; after a restart they are in the checkpoint, or the
    // next answers make them.
    private async Task LearnAsync(RolloutState state, CancellationToken cancel)
    {
        if (state.Plan.Gates.Metrics.Any(m => m.Name == "predictions"))
        {
            var query = new JournalQuery(state.Plan.Service) { Release = state.From, Purpose = Purpose.Live };
            _parts.Evidence.Learn(state.Plan.Service, await _parts.Journal.RecentAsync(query, 2000, cancel));
        }
    }

    private async Task RememberAsync(Service service, CancellationToken cancel)
    {
        EpochRow? row = await _parts.Epochs.ReadAsync(service.Name, cancel);
        var query = new JournalQuery(service.Name)
        {
            Release = row?.Routing.Stable ?? service.Stable,
            Purpose = Purpose.Live,
        };
        _parts.Evidence.Remember(await _parts.Journal.RecentAsync(query, 2000, cancel));
    }

    private sealed class Loan(RolloutEngine engine, (string Service, string Release) key) : IDisposable
    {
        public (string Service, string Release) Key => key;

        public void Dispose()
        {
            if (engine._loans.TryRemove(this, out _))
            {
                engine.Refresh();
            }
        }
    }
}
