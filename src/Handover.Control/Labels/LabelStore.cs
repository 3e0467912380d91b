using System.Text.Json;
using Handover.Control.Stores;
using Handover.Core.Traffic;
using Handover.Ports;
using Microsoft.Data.Sqlite;

namespace Handover.Control.Labels;

/// <summary>
/// Keeps labels until their answers are found, and remembers which answers were joined, so that no answer is judged
/// twice however often a label is pushed or the node restarts. A pushed metric is a label with a name.
/// </summary>
public sealed class LabelStore
{
    private readonly SqliteDatabase _database;

    /// <summary>Opens the tables in the given file.</summary>
    public LabelStore(SqliteDatabase database)
    {
        _database = database;
        database.Migrate("labels", LabelTables.Steps);
    }

    /// <summary>Labels of a service whose answers are not found yet.</summary>
    public long Waiting(string service) => _database.Read(c => LabelTables.Waiting(c, service));

    /// <summary>
    /// Takes labels; the first truth of a request stays. Over <paramref name="room"/> new ones are refused.
    /// </summary>
    internal IReadOnlyList<LabelFate> Add(
        string service,
        IReadOnlyList<LabelLine> labels,
        DateTimeOffset now,
        long room
    ) => _database.Write(connection => Fates(connection, service, labels, now, room));

    /// <summary>Every label of these requests, whatever it speaks of.</summary>
    internal ILookup<string, KeptLabel> Find(string service, IEnumerable<string> requestIds) =>
        _database
            .Read(connection =>
                SqliteDatabase.Query(
                    connection,
                    """
                    SELECT request_id, metric, truth, pushed_at FROM label
                    WHERE service = $service AND request_id IN (SELECT value FROM json_each($ids))
                    """,
                    row => new KeptLabel(
                        row.GetString(0),
                        row.GetString(1),
                        row.GetString(2),
                        DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(3))
                    ),
                    ("$service", service),
                    ("$ids", JsonSerializer.Serialize(requestIds.Distinct()))
                )
            )
            .ToLookup(l => l.RequestId, StringComparer.Ordinal);

    /// <summary>Marks answers as joined; returns those that were not before.</summary>
    internal IReadOnlyList<LabelledExchange> Join(IReadOnlyList<LabelledExchange> found) =>
        found.Count == 0
            ? []
            : _database.Write<IReadOnlyList<LabelledExchange>>(c => [.. found.Where(l => Mark(c, l))]);

    /// <summary>Counts answers that could get a label, in the time that they were asked for.</summary>
    internal void Answered(IReadOnlyList<Exchange> answers)
    {
        if (answers.Count > 0)
        {
            _database.Write(connection => LabelTables.CountAnswers(connection, answers));
        }
    }

    /// <summary>Adds to the lasting counts of a service.</summary>
    internal void Count(string service, LabelCounts more) =>
        _database.Write(connection => LabelTables.Count(connection, service, more));

    /// <summary>What has become of the labels of a service since it had any.</summary>
    public LabelCounts Counts(string service) => _database.Read(c => LabelTables.Counts(c, service));

    /// <summary>
    /// Answers, labels and losses by release and purpose, of requests made in a time (to ten seconds).
    /// </summary>
    public IReadOnlyList<LossRow> Losses(string service, DateTimeOffset from, DateTimeOffset to) =>
        _database.Read(c => LabelTables.Losses(c, service, from, to));

    /// <summary>The newest losses of a release's live answers, in no order: what thresholds are frozen from.</summary>
    public IReadOnlyList<double> RecentLosses(string service, string release, int limit) =>
        _database.Read(connection =>
            SqliteDatabase.Query(
                connection,
                """
                SELECT loss FROM label_join
                WHERE service = $service AND release = $release AND metric = '' AND purpose = 'Live'
                ORDER BY at DESC LIMIT $limit
                """,
                row => row.IsDBNull(0) ? double.PositiveInfinity : row.GetDouble(0),
                ("$service", service),
                ("$release", release),
                ("$limit", limit)
            )
        );

    /// <summary>The oldest waiting labels of a service after a request id, for joining after a restart.</summary>
    internal IReadOnlyList<string> WaitingPage(string service, string after, int limit) =>
        _database.Read(connection =>
            SqliteDatabase.Query(
                connection,
                """
                SELECT DISTINCT request_id FROM label
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
        _database.Write(connection => LabelTables.Forget(connection, before, limit));

    private static List<LabelFate> Fates(
        SqliteConnection connection,
        string service,
        IReadOnlyList<LabelLine> labels,
        DateTimeOffset now,
        long room
    )
    {
        long waiting = LabelTables.Waiting(connection, service);
        var fates = new List<LabelFate>(labels.Count);
        foreach (LabelLine label in labels)
        {
            object? known = SqliteDatabase.Scalar(
                connection,
                "SELECT truth FROM label WHERE service = $service AND metric = $metric AND request_id = $id",
                ("$service", service),
                ("$metric", label.Metric),
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

        int Of(LabelFate fate) => fates.Count(f => f == fate);
        var more = new LabelCounts
        {
            Taken = Of(LabelFate.Taken),
            Duplicate = Of(LabelFate.Duplicate),
            Conflicting = Of(LabelFate.Conflicting),
            NoRoom = Of(LabelFate.NoRoom),
        };
        LabelTables.Count(connection, service, more);
        return fates;
    }

    private static void Insert(SqliteConnection connection, string service, LabelLine label, DateTimeOffset now) =>
        SqliteDatabase.Execute(
            connection,
            """
            INSERT INTO label (service, metric, request_id, truth, at, pushed_at)
                VALUES ($service, $metric, $id, $truth, $at, $now)
            """,
            ("$service", service),
            ("$metric", label.Metric),
            ("$id", label.RequestId),
            ("$truth", label.Truth),
            ("$at", label.At?.ToUnixTimeMilliseconds()),
            ("$now", now.ToUnixTimeMilliseconds())
        );

    private static bool Mark(SqliteConnection connection, LabelledExchange labelled)
    {
        (string, object?)[] key =
        [
            ("$service", labelled.Service),
            ("$metric", labelled.Metric),
            ("$id", labelled.RequestId),
        ];
        int added = SqliteDatabase.Execute(
            connection,
            """
            INSERT OR IGNORE INTO label_join (service, metric, request_id, release, purpose, at, loss)
                VALUES ($service, $metric, $id, $release, $purpose, $at, $loss)
            """,
            [
                .. key,
                ("$release", labelled.Release),
                ("$purpose", labelled.Purpose.ToString()),
                ("$at", labelled.At.ToUnixTimeMilliseconds()),
                ("$loss", double.IsFinite(labelled.Loss) ? labelled.Loss : null),
            ]
        );
        if (added == 0)
        {
            return false;
        }

        if (labelled.Purpose == Purpose.Live)
        {
            SqliteDatabase.Execute(
                connection,
                "UPDATE label SET joined = 1 WHERE service = $service AND metric = $metric AND request_id = $id",
                key
            );
        }

        if (labelled.Metric.Length == 0)
        {
            LabelTables.CountLoss(connection, labelled);
        }

        return true;
    }
}

/// <summary>A label as it is kept.</summary>
/// <param name="RequestId">The request.</param>
/// <param name="Metric">Name of a pushed metric; empty for the truth.</param>
/// <param name="Truth">What was pushed.</param>
/// <param name="PushedAt">When it came.</param>
internal readonly record struct KeptLabel(string RequestId, string Metric, string Truth, DateTimeOffset PushedAt);

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
