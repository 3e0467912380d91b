using Handover.Core.Moves;
using Handover.Core.Traffic;
using Handover.Ports;

namespace Handover.Testkit;

/// <summary>An epoch store in memory, with a switch that takes it away.</summary>
public sealed class EpochStoreFake(TimeProvider time) : IEpochStorePort
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, EpochRow> _rows = [];
    private readonly Dictionary<string, Dictionary<string, EpochMember>> _members = [];

    /// <summary>When set, every call throws.</summary>
    public bool Away { get; set; }

    /// <summary>Members of a service.</summary>
    public IReadOnlyList<EpochMember> Members(string service)
    {
        lock (_gate)
        {
            return [.. _members.GetValueOrDefault(service, []).Values];
        }
    }

    /// <inheritdoc/>
    public Task<EpochRow> EnsureAsync(string service, Routing first, CancellationToken cancel) =>
        Do(() =>
        {
            _rows.TryAdd(service, new EpochRow(service, 1, first, false, 0, null, null));
            return _rows[service];
        });

    /// <inheritdoc/>
    public Task<EpochRow?> ReadAsync(string service, CancellationToken cancel) =>
        Do(() => _rows.GetValueOrDefault(service));

    /// <inheritdoc/>
    public Task<EpochReply> BeginAsync(
        string service,
        long epoch,
        long attempt,
        Routing target,
        TimeSpan hold,
        string actor,
        CancellationToken cancel
    ) =>
        Change(
            service,
            r => !r.Holding && r.Epoch == epoch && r.Attempt == attempt,
            r =>
                r with
                {
                    Holding = true,
                    Attempt = r.Attempt + 1,
                    Target = target,
                    HoldUntil = time.GetUtcNow() + hold,
                }
        );

    /// <inheritdoc/>
    public Task<EpochReply> CommitAsync(string service, long attempt, string actor, CancellationToken cancel) =>
        Change(
            service,
            r => r.Holding && r.Attempt == attempt && time.GetUtcNow() < r.HoldUntil,
            r => Closed(r) with { Epoch = r.Epoch + 1, Routing = r.Target! }
        );

    /// <inheritdoc/>
    public Task<EpochReply> AbortAsync(
        string service,
        long attempt,
        string actor,
        string reason,
        CancellationToken cancel
    ) => Change(service, r => r.Holding && r.Attempt == attempt, Closed);

    /// <inheritdoc/>
    public Task<EpochReply> ResolveAsync(string service, long attempt, string actor, CancellationToken cancel) =>
        Change(service, r => r.Holding && r.Attempt == attempt && time.GetUtcNow() >= r.HoldUntil, Closed);

    /// <inheritdoc/>
    public Task<EpochReply> JoinAsync(string service, EpochMember member, CancellationToken cancel)
    {
        bool later;
        lock (_gate)
        {
            Throw();
            if (!_members.TryGetValue(service, out Dictionary<string, EpochMember>? members))
            {
                _members.Add(service, members = []);
            }

            EpochMember? there = members.GetValueOrDefault(member.Gateway);
            later = there is not null && string.CompareOrdinal(there.Incarnation, member.Incarnation) > 0;
            members[member.Gateway] = later ? there! : member;
        }

        return Change(service, _ => !later, r => r);
    }

    /// <inheritdoc/>
    public Task LeaveAsync(string service, EpochMember member, CancellationToken cancel) =>
        Do(() => _members.GetValueOrDefault(service, []).Remove(member.Gateway));

    /// <inheritdoc/>
    public Task<IReadOnlyList<EpochHistory>> HistoryAsync(string service, CancellationToken cancel) =>
        throw new NotSupportedException("the gateway never asks for history");

    private static EpochRow Closed(EpochRow row) => row with { Holding = false, Target = null, HoldUntil = null };

    private Task<EpochReply> Change(string service, Func<EpochRow, bool> applies, Func<EpochRow, EpochRow> change) =>
        Do(() =>
        {
            EpochRow row = _rows[service];
            bool applied = applies(row);
            _rows[service] = applied ? change(row) : row;
            return new EpochReply(applied, _rows[service], [.. _members.GetValueOrDefault(service, []).Values]);
        });

    private Task<T> Do<T>(Func<T> work)
    {
        lock (_gate)
        {
            Throw();
            return Task.FromResult(work());
        }
    }

    private void Throw()
    {
        if (Away)
        {
            throw new IOException("the store is away");
        }
    }
}
