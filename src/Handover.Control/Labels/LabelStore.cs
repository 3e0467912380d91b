using System.Text.Json;
using Handover.Control.Stores;
using Handover.Core.Traffic;
using Microsoft.Data.Sqlite;

namespace Handover.Control.Labels;

/// <summary>
/// Keeps labels until their answers are found, and remembers which answers were joined, so that no answer is judged
/// twice however often a label is pushed or the node restarts.
/// </summary>
public sealed class LabelStore
{
    private static readonly string[] Steps =
    [
        """
            CREATE TABLE label (
                service TEXT NOT NULL, request_id TEXT NOT NULL, truth TEXT NOT NULL, at INTEGER,
                pushed_at INTEGER NOT NULL, joined INTEGER NOT NULL DEFAULT 0,
                PRIMARY KEY (service, request_id)) STRICT, WITHOUT ROWID;
            CREATE INDEX label_waiting ON label (service, pushed_at) WHERE joined = 0;
            CREATE INDEX label_age ON label (pushed_at);
            CREATE TABLE label_join (
                service TEXT NOT NULL, request_id TEXT NOT NULL, release TEXT NOT NULL, purpose TEXT NOT NULL,
                PRIMARY KEY (service, request_id, release, purpose)) STRICT, WITHOUT ROWID;
            """,
    ];

    private readonly SqliteDatabase _database;

    /// <summary>Opens the tables in the given file.</summary>
    public LabelStore(SqliteDatabase database)
    {
        _database = database;
        database.Migrate("labels", Steps);
    }

    /// <summary>Labels of a service whose answers are not found yet.</summary>
    public long Waiting(string service) =>
        (long)_database.Read(c => SqliteDatabase.Scalar(c, CountWaiting, ("$service", service)) ?? 0L);

    /// <summary>
    /// Takes labels; the first truth of a request stays. Over <paramref name="room"/> new ones are refused.
    /// </summary>
    internal IReadOnlyList<LabelFate> Add(
        string service,
        IReadOnlyList<LabelLine> labels,
        DateTimeOffset now,
        long room
    ) => _database.Write(connection => Fates(connection, service, labels, now, room));

    /// <summary>Truth by request id, of those among the ids that have a label.</summary>
    internal IReadOnlyDictionary<string, string> Truths(string service, IEnumerable<string> requestIds) =>
        _database.Read(connection =>
            SqliteDatabase
                .Query(
                    connection,
                    """
                    SELECT request_id, truth FROM label
                    WHERE service = $service AND request_id IN (SELECT value FROM json_each($ids))
                    """,
                    row => (Id: row.GetString(0), Truth: row.GetString(1)),
                    ("$service", service),
                    ("$ids", JsonSerializer.Serialize(requestIds.Distinct()))
                )
                .ToDictionary(r => r.Id, r => r.Truth, StringComparer.Ordinal)
        );

    /// <summary>Marks answers as joined; returns those that were not before.</summary>
    internal IReadOnlyList<LabelledExchange> Join(IReadOnlyList<LabelledExchange> found) =>
        found.Count == 0
            ? []
            : _database.Write<IReadOnlyList<LabelledExchange>>(c => [.. found.Where(l => Mark(c, l))]);

    /// <summary>The oldest waiting labels of a service after a request id, for joining after a restart.</summary>
    internal IReadOnlyList<string> WaitingPage(string service, string after, int limit) =>
        _database.Read(connection =>
            SqliteDatabase.Query(
                connection,
                """
                SELECT request_id FROM label
                WHERE service = $service AND joined = 0 AND request_id > $after ORDER BY request_id LIMIT $limit
                """,
                row => row.GetString(0),
                ("$service", service),
                ("$after", after),
                ("$limit", limit)
            )
        );

    /// <summary>
    /// Forgets at most <paramref name="limit"/> labels that were pushed before a time; returns how many.
    /// </summary>
    internal int Forget(DateTimeOffset before, int limit) =>
        _database.Write(connection =>
        {
            List<(string Service, string Id)> old = SqliteDatabase.Query(
                connection,
                "SELECT service, request_id FROM label WHERE pushed_at < $before ORDER BY pushed_at LIMIT $limit",
                row => (row.GetString(0), row.GetString(1)),
                ("$before", before.ToUnixTimeMilliseconds()),
                ("$limit", limit)
            );
            foreach ((string service, string id) in old)
            {
                SqliteDatabase.Execute(
                    connection,
                    """
                    DELETE FROM label WHERE service = $service AND request_id = $id;
                    DELETE FROM label_join WHERE service = $service AND request_id = $id;
                    """,
                    ("$service", service),
                    ("$id", id)
                );
            }

            return old.Count;
        });

    private const string CountWaiting = "SELECT count(*) FROM label WHERE service = $service AND joined = 0";

    private static List<LabelFate> Fates(
        SqliteConnection connection,
        string service,
        IReadOnlyList<LabelLine> labels,
        DateTimeOffset now,
        long room
    )
    {
        long waiting = (long)(SqliteDatabase.Scalar(connection, CountWaiting, ("$service", service)) ?? 0L);
        var fates = new List<LabelFate>(labels.Count);
        foreach (LabelLine label in labels)
        {
            object? known = SqliteDatabase.Scalar(
                connection,
                "SELECT truth FROM label WHERE service = $service AND request_id = $id",
                ("$service", service),
                ("$id", label.RequestId)
            );
            if (known is string truth)
            {
                fates.Add(truth == label.Truth ? LabelFate.Duplicate : LabelFate.Conflicting);
            }
            else if (waiting >= room)
            {
                fates.Add(LabelFate.NoRoom);
            }
            else
            {
                waiting++;
                Insert(connection, service, label, now);
                fates.Add(LabelFate.Taken);
            }
        }

        return fates;
    }

    private static void Insert(SqliteConnection connection, string service, LabelLine label, DateTimeOffset now) =>
        SqliteDatabase.Execute(
            connection,
            "INSERT INTO label (service, request_id, truth, at, pushed_at) VALUES ($service, $id, $truth, $at, $now)",
            ("$service", service),
            ("$id", label.RequestId),
            ("$truth", label.Truth),
            ("$at", label.At?.ToUnixTimeMilliseconds()),
            ("$now", now.ToUnixTimeMilliseconds())
        );

    private static bool Mark(SqliteConnection connection, LabelledExchange labelled)
    {
        (string, object?)[] values =
        [
            ("$service", labelled.Service),
            ("$id", labelled.RequestId),
            ("$release", labelled.Release),
            ("$purpose", labelled.Purpose.ToString()),
        ];
        int added = SqliteDatabase.Execute(
            connection,
            "INSERT OR IGNORE INTO label_join VALUES ($service, $id, $release, $purpose)",
            values
        );
        if (added > 0 && labelled.Purpose == Purpose.Live)
        {
            SqliteDatabase.Execute(
                connection,
                "UPDATE label SET joined = 1 WHERE service = $service AND request_id = $id",
                values[0],
                values[1]
            );
        }

        return added > 0;
    }
}

/// <summary>What became of one label.</summary>
internal enum LabelFate
{
    /// <summary>New.</summary>
    Taken,

    /// <summary>Known with the same truth.</summary>
    Duplicate,

    /// <summary>Known with another truth, which stays.</summary>
    Conflicting,

    /// <summary>Too many labels wait for their answers.</summary>
    NoRoom,
}
