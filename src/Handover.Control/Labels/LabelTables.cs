using Handover.Control.Stores;
using Handover.Ports;
using Microsoft.Data.Sqlite;

namespace Handover.Control.Labels;

/// <summary>
/// The tables of labels, and the sums in them. Losses are summed in buckets of ten seconds when a label is joined, so
/// that a report costs the same after a million labels as after a hundred, and is right after a restart.
/// </summary>
internal static class LabelTables
{
    private const long BucketMs = 10_000;

    public static readonly string[] Steps =
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
        """
            ALTER TABLE label RENAME TO label_1;
            ALTER TABLE label_join RENAME TO label_join_1;
            DROP INDEX label_waiting;
            DROP INDEX label_age;
            CREATE TABLE label (
                service TEXT NOT NULL, request_id TEXT NOT NULL, metric TEXT NOT NULL, truth TEXT NOT NULL, at INTEGER,
                pushed_at INTEGER NOT NULL, joined INTEGER NOT NULL DEFAULT 0,
                PRIMARY KEY (service, request_id, metric)) STRICT, WITHOUT ROWID;
            CREATE INDEX label_waiting ON label (service, request_id) WHERE joined = 0;
            CREATE INDEX label_age ON label (pushed_at);
            CREATE TABLE label_join (
                service TEXT NOT NULL, request_id TEXT NOT NULL, metric TEXT NOT NULL, release TEXT NOT NULL,
                purpose TEXT NOT NULL, at INTEGER NOT NULL, loss REAL,
                PRIMARY KEY (service, request_id, metric, release, purpose)) STRICT, WITHOUT ROWID;
            CREATE INDEX label_join_time ON label_join (service, release, at);
            INSERT INTO label SELECT service, request_id, '', truth, at, pushed_at, joined FROM label_1;
            INSERT INTO label_join SELECT service, request_id, '', release, purpose, 0, NULL FROM label_join_1;
            DROP TABLE label_1;
            DROP TABLE label_join_1;
            CREATE TABLE label_bucket (
                service TEXT NOT NULL, at INTEGER NOT NULL, release TEXT NOT NULL, purpose TEXT NOT NULL,
                answered INTEGER NOT NULL DEFAULT 0, labelled INTEGER NOT NULL DEFAULT 0,
                late INTEGER NOT NULL DEFAULT 0, wrong INTEGER NOT NULL DEFAULT 0, unbounded INTEGER NOT NULL DEFAULT 0,
                loss REAL NOT NULL DEFAULT 0, numbers INTEGER NOT NULL DEFAULT 0, error REAL NOT NULL DEFAULT 0,
                absolute REAL NOT NULL DEFAULT 0, squared REAL NOT NULL DEFAULT 0,
                PRIMARY KEY (service, at, release, purpose)) STRICT, WITHOUT ROWID;
            CREATE TABLE label_count (
                service TEXT NOT NULL, kind TEXT NOT NULL, n INTEGER NOT NULL,
                PRIMARY KEY (service, kind)) STRICT, WITHOUT ROWID;
            """,
    ];

    public static long Waiting(SqliteConnection connection, string service) =>
        (long)(
            SqliteDatabase.Scalar(
                connection,
                "SELECT count(*) FROM label WHERE service = $service AND joined = 0",
                ("$service", service)
            ) ?? 0L
        );

    public static bool CountAnswers(SqliteConnection connection, IReadOnlyList<Exchange> answers)
    {
        var groups = answers.GroupBy(a => (a.Service, Bucket: BucketOf(a.At), a.Release, a.Purpose));
        foreach (var group in groups)
        {
            SqliteDatabase.Execute(
                connection,
                """
                INSERT INTO label_bucket (service, at, release, purpose, answered)
                    VALUES ($service, $at, $release, $purpose, $n)
                    ON CONFLICT DO UPDATE SET answered = answered + $n
                """,
                ("$service", group.Key.Service),
                ("$at", group.Key.Bucket),
                ("$release", group.Key.Release),
                ("$purpose", group.Key.Purpose.ToString()),
                ("$n", group.Count())
            );
        }

        return true;
    }

    public static void CountLoss(SqliteConnection connection, LabelledExchange labelled)
    {
        double error = labelled.Output - labelled.Truth;
        bool number = double.IsFinite(error);
        bool bounded = double.IsFinite(labelled.Loss);
        SqliteDatabase.Execute(
            connection,
            """
            INSERT INTO label_bucket
                    (service, at, release, purpose, labelled, late, wrong, unbounded, loss, numbers, error, absolute,
                     squared)
                VALUES ($service, $at, $release, $purpose, 1, $late, $wrong, $unbounded, $loss, $numbers, $error,
                     abs($error), $error * $error)
                ON CONFLICT DO UPDATE SET
                    labelled = labelled + 1, late = late + $late, wrong = wrong + $wrong,
                    unbounded = unbounded + $unbounded, loss = loss + $loss, numbers = numbers + $numbers,
                    error = error + $error, absolute = absolute + abs($error), squared = squared + $error * $error
            """,
            ("$service", labelled.Service),
            ("$at", BucketOf(labelled.At)),
            ("$release", labelled.Release),
            ("$purpose", labelled.Purpose.ToString()),
            ("$late", labelled.Late ? 1 : 0),
            ("$wrong", labelled.Wrong ? 1 : 0),
            ("$unbounded", bounded ? 0 : 1),
            ("$loss", bounded ? labelled.Loss : 0.0),
            ("$numbers", number ? 1 : 0),
            ("$error", number ? error : 0.0)
        );
    }

    public static IReadOnlyList<LossRow> Losses(
        SqliteConnection connection,
        string service,
        DateTimeOffset from,
        DateTimeOffset to
    ) =>
        SqliteDatabase.Query(
            connection,
            """
            SELECT release, purpose, sum(answered), sum(labelled), sum(late), sum(wrong), sum(unbounded), sum(loss),
                sum(numbers), sum(error), sum(absolute), sum(squared)
            FROM label_bucket WHERE service = $service AND at >= $from AND at <= $to
            GROUP BY release, purpose ORDER BY purpose, release
            """,
            row => new LossRow(row.GetString(0), row.GetString(1) == "Shadow", row.GetInt64(2), row.GetInt64(3))
            {
                Late = row.GetInt64(4),
                Wrong = row.GetInt64(5),
                Unbounded = row.GetInt64(6),
                SumLoss = row.GetDouble(7),
                Numbers = row.GetInt64(8),
                SumError = row.GetDouble(9),
                SumAbsolute = row.GetDouble(10),
                SumSquared = row.GetDouble(11),
            },
            ("$service", service),
            ("$from", BucketOf(from)),
            ("$to", to.ToUnixTimeMilliseconds())
        );

    public static bool Count(SqliteConnection connection, string service, LabelCounts more)
    {
        foreach ((string kind, long n) in more.ByKind.Where(k => k.N > 0))
        {
            SqliteDatabase.Execute(
                connection,
                """
                INSERT INTO label_count VALUES ($service, $kind, $n)
                    ON CONFLICT DO UPDATE SET n = n + $n
                """,
                ("$service", service),
                ("$kind", kind),
                ("$n", n)
            );
        }

        return true;
    }

    public static LabelCounts Counts(SqliteConnection connection, string service) =>
        LabelCounts.Of(
            SqliteDatabase
                .Query(
                    connection,
                    "SELECT kind, n FROM label_count WHERE service = $service",
                    row => (row.GetString(0), row.GetInt64(1)),
                    ("$service", service)
                )
                .ToDictionary(k => k.Item1, k => k.Item2, StringComparer.Ordinal)
        );

    public static int Forget(SqliteConnection connection, DateTimeOffset before, int limit)
    {
        List<(string Service, string Id, string Metric, bool Joined)> old = SqliteDatabase.Query(
            connection,
            "SELECT service, request_id, metric, joined FROM label WHERE pushed_at < $before ORDER BY pushed_at LIMIT $limit",
            row => (row.GetString(0), row.GetString(1), row.GetString(2), row.GetInt64(3) == 1),
            ("$before", before.ToUnixTimeMilliseconds()),
            ("$limit", limit)
        );
        foreach ((string service, string id, string metric, _) in old)
        {
            SqliteDatabase.Execute(
                connection,
                """
                DELETE FROM label WHERE service = $service AND request_id = $id AND metric = $metric;
                DELETE FROM label_join WHERE service = $service AND request_id = $id AND metric = $metric;
                """,
                ("$service", service),
                ("$id", id),
                ("$metric", metric)
            );
        }

        foreach (var service in old.Where(o => !o.Joined).GroupBy(o => o.Service))
        {
            Count(connection, service.Key, new LabelCounts { Expired = service.Count() });
        }

        SqliteDatabase.Execute(
            connection,
            "DELETE FROM label_bucket WHERE at < $before",
            ("$before", before.ToUnixTimeMilliseconds())
        );
        return old.Count;
    }

    private static long BucketOf(DateTimeOffset at) => at.ToUnixTimeMilliseconds() / BucketMs * BucketMs;
}
