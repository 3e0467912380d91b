using System.Globalization;
using Handover.Control.Stores;
using Microsoft.Data.Sqlite;

namespace Handover.Control.Notify;

/// <summary>
/// Events that consumers have still to be told. Written in the transaction of the rollout's own events, so that there
/// is no moment at which a crash could lose one or tell of a move that never was. What a consumer does not take is kept
/// for days and tried again; over the bound the oldest is given up and counted.
/// </summary>
public sealed class NotificationOutbox
{
    /// <summary>Most events that wait for one consumer.</summary>
    public const int MostWaiting = 1000;

    /// <summary>Delivered and given up events that are kept for people to look at, per consumer.</summary>
    public const int MostKept = 200;

    private const string Columns =
        "service, consumer, seq, id, type, body, created_at, attempts, next_at, delivered_at, given_up_at, trouble";

    private static readonly string[] Steps =
    [
        """
            CREATE TABLE notification (
                service TEXT NOT NULL, consumer TEXT NOT NULL, seq INTEGER NOT NULL, id TEXT NOT NULL,
                type TEXT NOT NULL, body TEXT NOT NULL, created_at INTEGER NOT NULL, attempts INTEGER NOT NULL,
                next_at INTEGER NOT NULL, delivered_at INTEGER, given_up_at INTEGER, trouble TEXT,
                PRIMARY KEY (service, consumer, seq)) WITHOUT ROWID;
            CREATE INDEX notification_waiting ON notification (service, consumer, seq)
                WHERE delivered_at IS NULL AND given_up_at IS NULL;
            CREATE TABLE notification_number (service TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
            """,
    ];

    private readonly SqliteDatabase _database;

    /// <summary>Opens the tables, making them when they are absent.</summary>
    public NotificationOutbox(SqliteDatabase database)
    {
        _database = database;
        _database.Migrate("notifications", Steps);
    }

    /// <summary>Something was put in. Handlers must not block.</summary>
    public event Action? Added;

    /// <summary>Puts events in, inside the transaction of what they tell of.</summary>
    internal static void Insert(SqliteConnection connection, IReadOnlyList<NotificationDraft> drafts)
    {
        foreach (IGrouping<string, NotificationDraft> happened in drafts.GroupBy(d => d.Id, StringComparer.Ordinal))
        {
            // One number for one event, whoever is told of it: a gap tells a consumer that it missed something.
            string service = happened.First().Service;
            long seq = (long)
                SqliteDatabase.Scalar(
                    connection,
                    """
                    INSERT INTO notification_number VALUES ($service, 1)
                        ON CONFLICT (service) DO UPDATE SET seq = seq + 1 RETURNING seq
                    """,
                    ("$service", service)
                )!;
            foreach (NotificationDraft draft in happened)
            {
                Insert(connection, draft, seq);
            }
        }
    }

    /// <summary>Tells the delivery that there is something; after the transaction.</summary>
    internal void Announce() => Added?.Invoke();

    /// <summary>The oldest waiting event of each consumer.</summary>
    public IReadOnlyList<Notification> Heads() =>
        _database.Read(connection =>
            SqliteDatabase.Query(
                connection,
                $"""
                SELECT {Columns} FROM notification n WHERE delivered_at IS NULL AND given_up_at IS NULL AND seq =
                    (SELECT min(seq) FROM notification m WHERE m.service = n.service AND m.consumer = n.consumer
                        AND m.delivered_at IS NULL AND m.given_up_at IS NULL)
                """,
                Row
            )
        );

    /// <summary>How many events each consumer never took, of those that are still kept.</summary>
    public IReadOnlyList<(string Service, string Consumer, long N)> GivenUp() =>
        _database.Read(connection =>
            SqliteDatabase.Query(
                connection,
                """
                SELECT service, consumer, count(*) FROM notification WHERE given_up_at IS NOT NULL
                    GROUP BY service, consumer
                """,
                row => (row.GetString(0), row.GetString(1), row.GetInt64(2))
            )
        );

    /// <summary>Events of one consumer, newest first.</summary>
    public IReadOnlyList<Notification> Of(string service, string consumer) =>
        _database.Read(connection =>
            SqliteDatabase.Query(
                connection,
                $"""
                SELECT {Columns} FROM notification WHERE service = $service AND consumer = $consumer
                    ORDER BY seq DESC LIMIT {MostWaiting + MostKept}
                """,
                Row,
                ("$service", service),
                ("$consumer", consumer)
            )
        );

    /// <summary>Keeps how a try ended.</summary>
    internal void Save(Notification after) =>
        _database.Write(connection =>
        {
            SqliteDatabase.Execute(
                connection,
                """
                UPDATE notification SET attempts = $attempts, next_at = $next, delivered_at = $delivered,
                    given_up_at = $given, trouble = $trouble
                    WHERE service = $service AND consumer = $consumer AND seq = $seq
                """,
                ("$attempts", after.Attempts),
                ("$next", after.NextAt.ToUnixTimeMilliseconds()),
                ("$delivered", after.DeliveredAt?.ToUnixTimeMilliseconds()),
                ("$given", after.GivenUpAt?.ToUnixTimeMilliseconds()),
                ("$trouble", after.Trouble),
                ("$service", after.Service),
                ("$consumer", after.Consumer),
                ("$seq", after.Seq)
            );
            return SqliteDatabase.Execute(
                connection,
                """
                DELETE FROM notification WHERE service = $service AND consumer = $consumer
                    AND (delivered_at IS NOT NULL OR given_up_at IS NOT NULL) AND seq <=
                    (SELECT max(seq) FROM notification WHERE service = $service AND consumer = $consumer) - $kept
                """,
                ("$service", after.Service),
                ("$consumer", after.Consumer),
                ("$kept", MostKept)
            );
        });

    private static void Insert(SqliteConnection connection, NotificationDraft draft, long seq)
    {
        SqliteDatabase.Execute(
            connection,
            """
            UPDATE notification SET given_up_at = $at, trouble = 'more events waited than are kept'
                WHERE service = $service AND consumer = $consumer AND delivered_at IS NULL AND given_up_at IS NULL
                AND seq = (SELECT min(seq) FROM notification WHERE service = $service AND consumer = $consumer
                    AND delivered_at IS NULL AND given_up_at IS NULL)
                AND (SELECT count(*) FROM notification WHERE service = $service AND consumer = $consumer
                    AND delivered_at IS NULL AND given_up_at IS NULL) >= $most;
            INSERT INTO notification VALUES
                ($service, $consumer, $seq, $id, $type, $body, $at, 0, $at, NULL, NULL, NULL);
            """,
            ("$service", draft.Service),
            ("$consumer", draft.Consumer),
            ("$seq", seq),
            ("$id", draft.Id),
            ("$type", draft.Type),
            ("$body", draft.Body(seq)),
            ("$at", draft.At.ToUnixTimeMilliseconds()),
            ("$most", MostWaiting)
        );
    }

    private static Notification Row(SqliteDataReader row) =>
        new(
            row.GetString(0),
            row.GetString(1),
            row.GetInt64(2),
            row.GetString(3),
            row.GetString(4),
            row.GetString(5),
            Time(row, 6)!.Value
        )
        {
            Attempts = row.GetInt32(7),
            NextAt = Time(row, 8)!.Value,
            DeliveredAt = Time(row, 9),
            GivenUpAt = Time(row, 10),
            Trouble = row.IsDBNull(11) ? null : Convert.ToString(row.GetValue(11), CultureInfo.InvariantCulture),
        };

    private static DateTimeOffset? Time(SqliteDataReader row, int column) =>
        row.IsDBNull(column) ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(column));
}
