using System.Text.Json;
using Handover.Control.Stores;
using Handover.Core.Ledger;
using Microsoft.Data.Sqlite;

namespace Handover.Control.Ledger;

/// <summary>
/// The ledger's rows on disk, found by key: everything that the log no longer holds. One writer (the flush), one reader
/// of single rows (the ledger's loop) on a connection of its own, and readers of many.
/// </summary>
internal sealed class LedgerTable : IDisposable
{
    private const string Columns =
        "service, key, fingerprint, request_id, release, epoch, owner, at, entity, stage, status, headers, body";

    private static readonly string[] Steps =
    [
        """
            CREATE TABLE decision (
                id INTEGER PRIMARY KEY, service TEXT NOT NULL, key TEXT NOT NULL, fingerprint TEXT NOT NULL,
                request_id TEXT NOT NULL, release TEXT NOT NULL, epoch INTEGER NOT NULL, owner TEXT NOT NULL,
                at INTEGER NOT NULL, entity TEXT, stage INTEGER NOT NULL, status INTEGER, headers TEXT, body BLOB,
                UNIQUE (service, key)) STRICT;
            CREATE INDEX decision_time ON decision (service, at);
            CREATE INDEX decision_request ON decision (request_id);
            CREATE INDEX decision_open ON decision (stage) WHERE stage <> 1;
            """,
    ];

    private readonly SqliteDatabase _database;
    private readonly SqliteConnection _reader;
    private readonly SqliteCommand _find;

    private LedgerTable(SqliteDatabase database)
    {
        _database = database;
        database.Migrate("ledger", Steps);
        _reader = database.OpenReader();
        _find = _reader.CreateCommand();
        _find.CommandText = $"SELECT {Columns} FROM decision WHERE service = $service AND key = $key";
        _find.Parameters.Add("$service", SqliteType.Text);
        _find.Parameters.Add("$key", SqliteType.Text);
    }

    public static LedgerTable Open(string file) => new(SqliteDatabase.Open(file));

    /// <summary>The row of a key; null when there is none. Only for the ledger's loop.</summary>
    public Decision? Find(string service, string key) =>
        _database.Guard(() =>
        {
            _find.Parameters[0].Value = service;
            _find.Parameters[1].Value = key;
            using SqliteDataReader reader = _find.ExecuteReader();
            return reader.Read() ? Map(reader) : null;
        });

    /// <summary>Brings the rows up to date, in one transaction that is durable when this returns.</summary>
    public void Write(IReadOnlyCollection<LogRecord> records) =>
        _database.Write(connection =>
        {
            using SqliteCommand put = Put(connection);
            foreach (LogRecord record in records)
            {
                if (record.Row is { } row)
                {
                    Fill(put, row);
                    put.ExecuteNonQuery();
                }
                else
                {
                    SqliteDatabase.Execute(
                        connection,
                        "DELETE FROM decision WHERE service = $service AND key = $key",
                        ("$service", record.Service),
                        ("$key", record.Key)
                    );
                }
            }

            return records.Count;
        });

    /// <summary>Rows in flight.</summary>
    public IReadOnlyList<Decision> InFlight() => Select("stage = 0", "ORDER BY id");

    /// <summary>Rows of a service in order of their making, from after one.</summary>
    /// <param name="query">Which.</param>
    /// <param name="after">The last row that was seen; 0 for the first page.</param>
    /// <param name="limit">Most rows.</param>
    public IReadOnlyList<(long Id, Decision Row)> Page(DecisionQuery query, long after, int limit)
    {
        var where = new List<string> { "service = $service", "id > $after" };
        var values = new List<(string, object?)> { ("$service", query.Service), ("$after", after), ("$limit", limit) };
        void Only(string condition, string name, object? value)
        {
            if (value is not null)
            {
                where.Add(condition);
                values.Add((name, value));
            }
        }

        Only("key = $key", "$key", query.Key);
        Only("stage = $stage", "$stage", query.Stage is { } stage ? (int)stage : null);
        Only("release = $release", "$release", query.Release);
        Only("at >= $since", "$since", query.Since?.UtcTicks);
        string sql = $"SELECT {Columns}, id FROM decision WHERE {string.Join(" AND ", where)} ORDER BY id LIMIT $limit";
        return _database.Read(connection =>
            SqliteDatabase.Query(connection, sql, row => (row.GetInt64(13), Map(row)), [.. values])
        );
    }

    /// <summary>Rows by the request that made them.</summary>
    public IReadOnlyList<Decision> OfRequests(string service, IReadOnlyCollection<string> requestIds) =>
        Select(
            "service = $service AND request_id IN (SELECT value FROM json_each($ids))",
            "",
            ("$service", service),
            ("$ids", JsonSerializer.Serialize(requestIds))
        );

    /// <summary>How many rows have no answer and will get none by themselves.</summary>
    public long Unknown() =>
        _database.Read(connection =>
            (long)SqliteDatabase.Scalar(connection, "SELECT count(*) FROM decision WHERE stage = 2")!
        );

    public IReadOnlyList<string> Services() =>
        _database.Read(connection =>
            SqliteDatabase.Query(connection, "SELECT DISTINCT service FROM decision", row => row.GetString(0))
        );

    /// <summary>Forgets at most <paramref name="limit"/> rows from before a time; returns how many.</summary>
    public int DeleteOld(string service, DateTimeOffset before, int limit) =>
        _database.Write(connection =>
            SqliteDatabase.Execute(
                connection,
                """
                DELETE FROM decision WHERE id IN (
                    SELECT id FROM decision WHERE service = $service AND at < $before AND stage <> 0 LIMIT $limit)
                """,
                ("$service", service),
                ("$before", before.UtcTicks),
                ("$limit", limit)
            )
        );

    public void Dispose()
    {
        _find.Dispose();
        _reader.Dispose();
        _database.Dispose();
    }

    private List<Decision> Select(string where, string order, params (string, object?)[] values) =>
        _database.Read(connection =>
            SqliteDatabase.Query(connection, $"SELECT {Columns} FROM decision WHERE {where} {order}", Map, values)
        );

    private static SqliteCommand Put(SqliteConnection connection)
    {
        SqliteCommand put = connection.CreateCommand();
        string[] names = Columns.Split(", ");
        put.CommandText =
            $"INSERT INTO decision ({Columns}) VALUES ({string.Join(", ", names.Select(n => "$" + n))}) "
            + "ON CONFLICT (service, key) DO UPDATE SET "
            + string.Join(", ", names.Skip(2).Select(n => $"{n} = excluded.{n}"));
        foreach (string name in names)
        {
            put.Parameters.AddWithValue("$" + name, DBNull.Value);
        }

        return put;
    }

    private static void Fill(SqliteCommand put, Decision row)
    {
        object?[] values =
        [
            row.Service,
            row.Key,
            row.Fingerprint,
            row.RequestId,
            row.Release,
            row.Epoch,
            row.Owner,
            row.At.UtcTicks,
            row.Entity,
            (int)row.Stage,
            row.Answer?.Status,
            row.Answer is { } answer ? DecisionCodec.Headers(answer.Headers) : null,
            row.Answer?.Body?.ToArray(),
        ];
        for (int i = 0; i < values.Length; i++)
        {
            put.Parameters[i].Value = values[i] ?? DBNull.Value;
        }
    }

    private static Decision Map(SqliteDataReader row) =>
        new()
        {
            Service = row.GetString(0),
            Key = row.GetString(1),
            Fingerprint = row.GetString(2),
            RequestId = row.GetString(3),
            Release = row.GetString(4),
            Epoch = row.GetInt64(5),
            Owner = row.GetString(6),
            At = new DateTimeOffset(row.GetInt64(7), TimeSpan.Zero),
            Entity = row.IsDBNull(8) ? null : row.GetString(8),
            Stage = (DecisionStage)row.GetInt32(9),
            Answer = row.IsDBNull(10)
                ? null
                : new RecordedAnswer(row.GetInt32(10), DecisionCodec.Headers(row.GetString(11)), Body(row)),
        };

    // Not a conditional expression: that would turn a null array into an empty body.
    private static ReadOnlyMemory<byte>? Body(SqliteDataReader row)
    {
        if (row.IsDBNull(12))
        {
            return null;
        }

        return row.GetFieldValue<byte[]>(12);
    }
}

/// <summary>Which rows of the ledger; every condition that is set must hold.</summary>
/// <param name="Service">The service.</param>
public sealed record DecisionQuery(string Service)
{
    /// <summary>Only this key.</summary>
    public string? Key { get; init; }

    /// <summary>Only this stage.</summary>
    public DecisionStage? Stage { get; init; }

    /// <summary>Only what this release was given.</summary>
    public string? Release { get; init; }

    /// <summary>Only from this time on.</summary>
    public DateTimeOffset? Since { get; init; }
}
