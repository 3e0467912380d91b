using Handover.Core.Moves;
using Handover.Core.Traffic;
using Handover.Ports;

namespace Handover.Simulation;

/// <summary>
/// The epoch store of the simulated world: the conditional statements on one row per service, in memory. It passes the
/// same compliance suite as the SQLite store, so that what the simulation proves is proven about that one too.
/// </summary>
/// <param name="clock">The store's own clock.</param>
public class SimEpochStore(Func<DateTimeOffset> clock) : IEpochStorePort
{
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();

    public Task<EpochRow> EnsureAsync(string service, Routing first, CancellationToken cancel) =>
        Task.FromResult(Ensure(service, first));

    public Task<EpochRow?> ReadAsync(string service, CancellationToken cancel) => Task.FromResult(Read(service));

    public Task<EpochReply> BeginAsync(
        string service,
        long epoch,
        long attempt,
        Routing target,
        TimeSpan hold,
        string actor,
        CancellationToken cancel
    ) => Answer(() => Begin(service, epoch, attempt, target, hold, actor));

    public Task<EpochReply> CommitAsync(string service, long attempt, string actor, CancellationToken cancel) =>
        Answer(() => Commit(service, attempt, actor));

    public Task<EpochReply> AbortAsync(
        string service,
        long attempt,
        string actor,
        string reason,
        CancellationToken cancel
    ) => Answer(() => Abort(service, attempt, actor, reason));

    public Task<EpochReply> ResolveAsync(string service, long attempt, string actor, CancellationToken cancel) =>
        Answer(() => Resolve(service, attempt, actor));

    public Task<EpochReply> JoinAsync(string service, EpochMember member, CancellationToken cancel) =>
        Answer(() => Join(service, member));

    public Task LeaveAsync(string service, EpochMember member, CancellationToken cancel)
    {
        Leave(service, member);
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<EpochHistory>> HistoryAsync(string service, CancellationToken cancel)
    {
        lock (_lock)
        {
            return Task.FromResult<IReadOnlyList<EpochHistory>>(
                _entries.TryGetValue(service, out Entry? entry) ? [.. entry.History] : []
            );
        }
    }

    public EpochRow Ensure(string service, Routing first)
    {
        lock (_lock)
        {
            if (!_entries.TryGetValue(service, out Entry? entry))
            {
                entry = new Entry(new EpochRow(service, 1, first, false, 0, null, null));
                _entries[service] = entry;
                Record(entry, "create", "engine", "");
            }

            return entry.Row;
        }
    }

    public EpochRow? Read(string service)
    {
        lock (_lock)
        {
            return _entries.GetValueOrDefault(service)?.Row;
        }
    }

    public virtual EpochReply Begin(
        string service,
        long epoch,
        long attempt,
        Routing target,
        TimeSpan hold,
        string actor
    ) =>
        Change(
            service,
            "begin",
            actor,
            "",
            row => !row.Holding && row.Epoch == epoch && row.Attempt == attempt,
            row => row with { Holding = true, Attempt = attempt + 1, Target = target, HoldUntil = clock() + hold }
        );

    public virtual EpochReply Commit(string service, long attempt, string actor) =>
        Change(
            service,
            "commit",
            actor,
            "",
            row => row.Holding && row.Attempt == attempt && clock() < row.HoldUntil,
            row => Stable(row) with { Epoch = row.Epoch + 1, Routing = row.Target! }
        );

    public EpochReply Abort(string service, long attempt, string actor, string reason) =>
        Change(service, "abort", actor, reason, row => row.Holding && row.Attempt == attempt, Stable);

    public EpochReply Resolve(string service, long attempt, string actor) =>
        Change(
            service,
            "resolve",
            actor,
            "its time had run out",
            row => row.Holding && row.Attempt == attempt && clock() >= row.HoldUntil,
            Stable
        );

    public virtual EpochReply Join(string service, EpochMember member)
    {
        lock (_lock)
        {
            Entry entry = Known(service);
            bool later =
                entry.Members.TryGetValue(member.Gateway, out EpochMember? there)
                && string.CompareOrdinal(there.Incarnation, member.Incarnation) > 0;
            entry.Members[member.Gateway] = later ? there! : member;
            return entry.Reply(!later);
        }
    }

    public void Leave(string service, EpochMember member)
    {
        lock (_lock)
        {
            Entry entry = Known(service);
            if (entry.Members.TryGetValue(member.Gateway, out EpochMember? active) && active == member)
            {
                entry.Members.Remove(member.Gateway);
            }
        }
    }

    /// <summary>One conditional statement with its line of history.</summary>
    protected EpochReply Change(
        string service,
        string action,
        string actor,
        string reason,
        Func<EpochRow, bool> where,
        Func<EpochRow, EpochRow> set
    )
    {
        lock (_lock)
        {
            Entry entry = Known(service);
            bool applied = where(entry.Row);
            if (applied)
            {
                entry.Row = set(entry.Row);
                Record(entry, action, actor, reason);
            }

            return entry.Reply(applied);
        }
    }

    protected static EpochRow Stable(EpochRow row) => row with { Holding = false, Target = null, HoldUntil = null };

    private static Task<EpochReply> Answer(Func<EpochReply> statement)
    {
        try
        {
            return Task.FromResult(statement());
        }
        catch (KeyNotFoundException e)
        {
            return Task.FromException<EpochReply>(e);
        }
    }

    private Entry Known(string service) =>
        _entries.GetValueOrDefault(service)
        ?? throw new KeyNotFoundException($"the service '{service}' has no routing yet");

    private void Record(Entry entry, string action, string actor, string reason)
    {
        EpochRow row = entry.Row;
        entry.History.Add(new EpochHistory(row.Epoch, row.Attempt, action, actor, reason, clock(), row.Routing));
    }

    private sealed class Entry(EpochRow row)
    {
        public readonly SortedDictionary<string, EpochMember> Members = new(StringComparer.Ordinal);
        public readonly List<EpochHistory> History = [];
        public EpochRow Row = row;

        public EpochReply Reply(bool applied) => new(applied, Row, [.. Members.Values]);
    }
}
