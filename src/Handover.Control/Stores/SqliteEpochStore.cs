using Handover.Core.Foundation;
using Handover.Core.Moves;
using Handover.Core.Traffic;
using Handover.Ports;
using Microsoft.Data.Sqlite;

namespace Handover.Control.Stores;

/// <summary>
/// The epoch store in one SQLite file: the only authority over routing on a node. Each call is one transaction: the
/// conditional statement, its line of history, and the read of row and members, or nothing.
/// </summary>
/// <param name="database">The state file, opened with <see cref="SqliteDurability.Full"/>.</param>
/// <param name="time">The store's clock; COMMIT and RESOLVE compare with no other.</param>
public sealed class SqliteEpochStore(SqliteDatabase database, TimeProvider time) : IEpochStorePort
{
    private const string Row = "service, epoch, routing, attempt, target, hold_until";

    private static readonly string[] Steps =
    [
        """
            CREATE TABLE epoch_row (
                service TEXT PRIMARY KEY,
                epoch INTEGER NOT NULL,
                routing TEXT NOT NULL,
                attempt INTEGER NOT NULL,
                target TEXT,
                hold_until INTEGER,
                CHECK ((target IS NULL) = (hold_until IS NULL))
            ) STRICT;
            CREATE TABLE epoch_member (
                service TEXT NOT NULL REFERENCES epoch_row,
                gateway TEXT NOT NULL,
                incarnation TEXT NOT NULL,
                PRIMARY KEY (service, gateway)
            ) STRICT, WITHOUT ROWID;
            CREATE TABLE epoch_history (
                seq INTEGER PRIMARY KEY AUTOINCREMENT,
                service TEXT NOT NULL REFERENCES epoch_row,
                epoch INTEGER NOT NULL,
                attempt INTEGER NOT NULL,
                action TEXT NOT NULL,
                actor TEXT NOT NULL,
                reason TEXT NOT NULL,
                at INTEGER NOT NULL,
                routing TEXT NOT NULL
            ) STRICT;
            CREATE INDEX epoch_history_service ON epoch_history (service, seq);
            CREATE UNIQUE INDEX epoch_history_once ON epoch_history (service, epoch)
                WHERE action IN ('create', 'commit');
            """,
    ];

    /// <summary>Opens the store in a state file, making its tables when they are absent.</summary>
    public static SqliteEpochStore Open(SqliteDatabase database, TimeProvider time)
    {
        database.Migrate("epochs", Steps);
        return new SqliteEpochStore(database, time);
    }

    public Task<EpochRow> EnsureAsync(string service, Routing first, CancellationToken cancel) =>
        WriteAsync(
            connection =>
            {
                int made = SqliteDatabase.Execute(
                    connection,
                    """
                    INSERT INTO epoch_row (service, epoch, routing, attempt) VALUES ($service, 1, $routing, 0)
                    ON CONFLICT (service) DO NOTHING
                    """,
                    ("$service", service),
                    ("$routing", RoutingCodec.Encode(first))
                );
                EpochRow row = ReadRow(connection, service)!;
                if (made == 1)
                {
                    Record(connection, row, "create", "engine", "");
                }

                return row;
            },
            cancel
        );

    public Task<EpochRow?> ReadAsync(string service, CancellationToken cancel) =>
        Task.Run(() => database.Read(connection => ReadRow(connection, service)), cancel);

    public Task<EpochReply> BeginAsync(
        string service,
        long epoch,
        long attempt,
        Routing target,
        TimeSpan hold,
        string actor,
        CancellationToken cancel
    ) =>
        ChangeAsync(
            service,
            "begin",
            actor,
            "",
            """
            UPDATE epoch_row SET attempt = attempt + 1, target = $target, hold_until = $now + $hold
            WHERE service = $service AND target IS NULL AND epoch = $epoch AND attempt = $attempt
            """,
            cancel,
            ("$epoch", epoch),
            ("$attempt", attempt),
            ("$target", RoutingCodec.Encode(target)),
            ("$hold", hold.Ticks)
        );

    public Task<EpochReply> CommitAsync(string service, long attempt, string actor, CancellationToken cancel) =>
        ChangeAsync(
            service,
            "commit",
            actor,
            "",
            """
            UPDATE epoch_row SET epoch = epoch + 1, routing = target, target = NULL, hold_until = NULL
            WHERE service = $service AND target IS NOT NULL AND attempt = $attempt AND $now < hold_until
            """,
            cancel,
            ("$attempt", attempt)
        );

    public Task<EpochReply> AbortAsync(
        string service,
        long attempt,
        string actor,
        string reason,
        CancellationToken cancel
    ) =>
        ChangeAsync(
            service,
            "abort",
            actor,
            reason,
            """
            UPDATE epoch_row SET target = NULL, hold_until = NULL
            WHERE service = $service AND target IS NOT NULL AND attempt = $attempt
            """,
            cancel,
            ("$attempt", attempt)
        );

    public Task<EpochReply> ResolveAsync(string service, long attempt, string actor, CancellationToken cancel) =>
        ChangeAsync(
            service,
            "resolve",
            actor,
            "its time had run out",
            """
            UPDATE epoch_row SET target = NULL, hold_until = NULL
            WHERE service = $service AND target IS NOT NULL AND attempt = $attempt AND $now >= hold_until
            """,
            cancel,
            ("$attempt", attempt)
        );

    public Task<EpochReply> JoinAsync(string service, EpochMember member, CancellationToken cancel) =>
        WriteAsync(
            connection =>
            {
                EpochRow row = Known(connection, service);
                int taken = SqliteDatabase.Execute(
                    connection,
                    """
                    INSERT INTO epoch_member VALUES ($service, $gateway, $incarnation)
                    ON CONFLICT (service, gateway) DO UPDATE SET incarnation = $incarnation
                    WHERE incarnation <= $incarnation
                    """,
                    ("$service", service),
                    ("$gateway", member.Gateway),
                    ("$incarnation", member.Incarnation)
                );
                return new EpochReply(taken == 1, row, Members(connection, service));
            },
            cancel
        );

    public Task LeaveAsync(string service, EpochMember member, CancellationToken cancel) =>
        WriteAsync(
            connection =>
                SqliteDatabase.Execute(
                    connection,
                    """
                    DELETE FROM epoch_member
                    WHERE service = $service AND gateway = $gateway AND incarnation = $incarnation
                    """,
                    ("$service", service),
                    ("$gateway", member.Gateway),
                    ("$incarnation", member.Incarnation)
                ),
            cancel
        );

    public Task<IReadOnlyList<EpochHistory>> HistoryAsync(string service, CancellationToken cancel) =>
        Task.Run(
            () =>
                database.Read<IReadOnlyList<EpochHistory>>(connection =>
                    SqliteDatabase.Query(
                        connection,
                        """
                        SELECT epoch, attempt, action, actor, reason, at, routing FROM epoch_history
                        WHERE service = $service ORDER BY seq
                        """,
                        r => new EpochHistory(
                            r.GetInt64(0),
                            r.GetInt64(1),
                            r.GetString(2),
                            r.GetString(3),
                            r.GetString(4),
                            new DateTimeOffset(r.GetInt64(5), TimeSpan.Zero),
                            Document(service, r.GetString(6))
                        ),
                        ("$service", service)
                    )
                ),
            cancel
        );

    private Task<EpochReply> ChangeAsync(
        string service,
        string action,
        string actor,
        string reason,
        string statement,
        CancellationToken cancel,
        params (string Name, object? Value)[] values
    ) =>
        WriteAsync(
            connection =>
            {
                int changed = SqliteDatabase.Execute(
                    connection,
                    statement,
                    [("$service", service), ("$now", time.GetUtcNow().UtcTicks), .. values]
                );
                EpochRow row = Known(connection, service);
                if (changed == 1)
                {
                    Record(connection, row, action, actor, reason);
                }

                return new EpochReply(changed == 1, row, Members(connection, service));
            },
            cancel
        );

    // Off the caller's thread, because a commit waits for the disk.
    private Task<T> WriteAsync<T>(Func<SqliteConnection, T> work, CancellationToken cancel) =>
        Task.Run(() => database.Write(work), cancel);

    private void Record(SqliteConnection connection, EpochRow row, string action, string actor, string reason) =>
        SqliteDatabase.Execute(
            connection,
            """
            INSERT INTO epoch_history (service, epoch, attempt, action, actor, reason, at, routing)
            VALUES ($service, $epoch, $attempt, $action, $actor, $reason, $at, $routing)
            """,
            ("$service", row.Service),
            ("$epoch", row.Epoch),
            ("$attempt", row.Attempt),
            ("$action", action),
            ("$actor", actor),
            ("$reason", reason),
            ("$at", time.GetUtcNow().UtcTicks),
            ("$routing", RoutingCodec.Encode(row.Routing))
        );

    private EpochRow Known(SqliteConnection connection, string service) =>
        ReadRow(connection, service)
        ?? throw new StoreException(
            new Problem("unknown-service", $"the service '{service}' has no routing yet.")
            {
                Fix = "Apply the service first.",
            }
        );

    private EpochRow? ReadRow(SqliteConnection connection, string service) =>
        SqliteDatabase
            .Query(
                connection,
                $"SELECT {Row} FROM epoch_row WHERE service = $service",
                r => new EpochRow(
                    r.GetString(0),
                    r.GetInt64(1),
                    Document(service, r.GetString(2)),
                    !r.IsDBNull(4),
                    r.GetInt64(3),
                    r.IsDBNull(4) ? null : Document(service, r.GetString(4)),
                    r.IsDBNull(5) ? null : new DateTimeOffset(r.GetInt64(5), TimeSpan.Zero)
                ),
                ("$service", service)
            )
            .SingleOrDefault();

    private static List<EpochMember> Members(SqliteConnection connection, string service) =>
        SqliteDatabase.Query(
            connection,
            "SELECT gateway, incarnation FROM epoch_member WHERE service = $service ORDER BY gateway",
            r => new EpochMember(r.GetString(0), r.GetString(1)),
            ("$service", service)
        );

    private Routing Document(string service, string text)
    {
        Result<Routing> routing = RoutingCodec.Decode(text);
        return routing.Ok
            ? routing.Value
            : throw new StoreException(
                new Problem(
                    "corrupt-state-file",
                    $"the routing of '{service}' cannot be read: {routing.Problems[0].Message}"
                )
                {
                    File = database.File,
                    Fix = "Restore the state file from a backup; it is not changed by hand.",
                }
            );
    }
}
