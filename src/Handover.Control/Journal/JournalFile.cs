using System.Globalization;
using System.Text.Json;
using Handover.Control.Stores;
using Handover.Core.Foundation;
using Handover.Core.Traffic;
using Handover.Ports;
using Microsoft.Data.Sqlite;

namespace Handover.Control.Journal;

/// <summary>
/// The journal's tables. A file of its own, because it is the one state file that may be thrown away: damage to it must
/// cost the records and nothing else.
/// </summary>
internal sealed class JournalFile : IDisposable
{
    private const string Columns =
        "request_id, service, release, epoch, reason, purpose, entity, share, at, latency, held, status, outcome, "
        + "inference, method, path, content_type, request, response, segment, "
        + "first_byte, failure";

    private static readonly string[] Steps =
    [
        """
            CREATE TABLE exchange (
                id INTEGER PRIMARY KEY, request_id TEXT NOT NULL, service TEXT NOT NULL, release TEXT NOT NULL,
                epoch INTEGER NOT NULL, reason TEXT NOT NULL, purpose TEXT NOT NULL, entity TEXT,
                share INTEGER NOT NULL, at INTEGER NOT NULL, latency INTEGER NOT NULL, held INTEGER NOT NULL,
                status INTEGER NOT NULL, outcome TEXT NOT NULL, inference INTEGER NOT NULL,
                method TEXT NOT NULL, path TEXT NOT NULL, content_type TEXT, request BLOB, response BLOB) STRICT;
            CREATE INDEX exchange_request ON exchange (request_id);
            CREATE INDEX exchange_time ON exchange (service, at);
            CREATE INDEX exchange_entity ON exchange (service, entity, at) WHERE entity IS NOT NULL;
            """,
        "ALTER TABLE exchange ADD COLUMN segment TEXT",
        """
            ALTER TABLE exchange ADD COLUMN first_byte INTEGER;
            ALTER TABLE exchange ADD COLUMN failure TEXT;
            """,
    ];

    private readonly SqliteDatabase _database;

    private JournalFile(SqliteDatabase database) => _database = database;

    /// <summary>Opens the file; one that is damaged is moved aside and a new one is begun.</summary>
    /// <param name="file">Where.</param>
    /// <param name="now">For the name of a file that is moved aside.</param>
    /// <param name="movedTo">Where a damaged file went; null when there was none.</param>
    public static JournalFile Open(string file, DateTimeOffset now, out string? movedTo)
    {
        movedTo = null;
        try
        {
            return Opened(file);
        }
        catch (StoreException e) when (e.Problem.Code == "corrupt-state-file")
        {
            movedTo = MoveAside(file, now);
            return Opened(file);
        }
    }

    /// <summary>Writes a batch in one transaction.</summary>
    public void Add(IReadOnlyList<Exchange> batch) => _database.Write(connection => Insert(connection, batch));

    /// <summary>
    /// Deletes at most <paramref name="limit"/> records of a service from before <paramref name="before"/>.
    /// </summary>
    public int DeleteOld(string service, DateTimeOffset before, int limit) =>
        _database.Write(connection =>
            SqliteDatabase.Execute(
                connection,
                """
                DELETE FROM exchange WHERE id IN
                    (SELECT id FROM exchange WHERE service = $service AND at < $before ORDER BY at LIMIT $limit)
                """,
                ("$service", service),
                ("$before", Micros(before)),
                ("$limit", limit)
            )
        );

    /// <summary>Services that have records, found by hopping along the index instead of reading all of it.</summary>
    public IReadOnlyList<string> Services()
    {
        const string Sql = """
            WITH RECURSIVE hop(name) AS (
                SELECT min(service) FROM exchange
                UNION ALL
                SELECT (SELECT min(service) FROM exchange WHERE service > name) FROM hop WHERE name IS NOT NULL)
            SELECT name FROM hop WHERE name IS NOT NULL
            """;
        return _database.Read(connection => SqliteDatabase.Query(connection, Sql, row => row.GetString(0)));
    }

    /// <summary>Newest first.</summary>
    public IReadOnlyList<Exchange> Recent(JournalQuery query, int limit) =>
        Select(query, "ORDER BY at DESC, id DESC LIMIT $limit", ("$limit", limit)).ConvertAll(r => r.Exchange);

    /// <summary>Oldest first, from after the record <paramref name="after"/>, with each record's number.</summary>
    public List<(long Id, Exchange Exchange)> Page(JournalQuery query, long after, int limit) =>
        Select(query, "AND id > $after ORDER BY id LIMIT $limit", ("$after", after), ("$limit", limit));

    /// <summary>Number of the newest record; 0 when there is none.</summary>
    public long Head() =>
        (long)(_database.Read(c => SqliteDatabase.Scalar(c, "SELECT coalesce(max(id), 0) FROM exchange")) ?? 0L);

    public IReadOnlyList<Exchange> Find(string service, IReadOnlyCollection<string> requestIds)
    {
        var found = new List<Exchange>();
        foreach (string[] chunk in requestIds.Chunk(500))
        {
            string sql =
                $"SELECT id, {Columns} FROM exchange WHERE service = $service "
                + "AND request_id IN (SELECT value FROM json_each($ids)) ORDER BY id";
            found.AddRange(
                _database.Read(connection =>
                    SqliteDatabase.Query(
                        connection,
                        sql,
                        row => Map(row).Exchange,
                        ("$service", service),
                        ("$ids", JsonSerializer.Serialize(chunk))
                    )
                )
            );
        }

        return found;
    }

    /// <summary>Closes the file and moves it away with its companions; returns where to.</summary>
    public static string MoveAside(string file, DateTimeOffset now)
    {
        string stamp = now.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        string target = $"{file}.damaged-{stamp}";
        for (int i = 2; File.Exists(target); i++)
        {
            target = $"{file}.damaged-{stamp}-{i}";
        }

        foreach (string suffix in (string[])["", "-wal", "-shm"])
        {
            if (File.Exists(file + suffix))
            {
                File.Move(file + suffix, target + suffix);
            }
        }

        return target;
    }

    public void Dispose() => _database.Dispose();

    private static JournalFile Opened(string file)
    {
        SqliteDatabase database = SqliteDatabase.Open(file, SqliteDurability.Normal);
        try
        {
            database.Migrate("journal", Steps);
            return new JournalFile(database);
        }
        catch (StoreException)
        {
            database.Dispose();
            throw;
        }
    }

    private List<(long Id, Exchange Exchange)> Select(
        JournalQuery query,
        string rest,
        params (string Name, object? Value)[] more
    )
    {
        var where = new List<string> { "service = $service" };
        var values = new List<(string, object?)>(more) { ("$service", query.Service) };
        void Only(string condition, string name, object? value)
        {
            if (value is not null)
            {
                where.Add(condition);
                values.Add((name, value));
            }
        }

        Only("release = $release", "$release", query.Release);
        Only("entity = $entity", "$entity", query.Entity);
        Only("purpose = $purpose", "$purpose", query.Purpose?.ToString());
        Only("at > $since", "$since", query.Since is { } since ? Micros(since) : null);
        if (query.Replayable)
        {
            where.Add("inference = 1 AND outcome = 'Ok' AND request IS NOT NULL");
        }

        string sql = $"SELECT id, {Columns} FROM exchange WHERE {string.Join(" AND ", where)} {rest}";
        return _database.Read(connection => SqliteDatabase.Query(connection, sql, Map, [.. values]));
    }

    private static int Insert(SqliteConnection connection, IReadOnlyList<Exchange> batch)
    {
        using SqliteCommand command = connection.CreateCommand();
        string[] names = [.. Columns.Split(", ").Select(c => "$" + c)];
        command.CommandText = $"INSERT INTO exchange ({Columns}) VALUES ({string.Join(", ", names)})";
        SqliteParameter[] values = [.. names.Select(n => command.Parameters.AddWithValue(n, DBNull.Value))];
        foreach (Exchange exchange in batch)
        {
            object?[] row = Row(exchange);
            for (int i = 0; i < row.Length; i++)
            {
                values[i].Value = row[i] ?? DBNull.Value;
            }

            command.ExecuteNonQuery();
        }

        return batch.Count;
    }

    private static object?[] Row(Exchange e) =>
        [
            e.RequestId,
            e.Service,
            e.Release,
            e.Epoch,
            e.Reason.ToString(),
            e.Purpose.ToString(),
            e.Entity,
            e.CandidateShare.Parts,
            Micros(e.At),
            (long)e.Latency.TotalMicroseconds,
            (long)e.Held.TotalMicroseconds,
            e.Status,
            e.Outcome.ToString(),
            e.Inference ? 1 : 0,
            e.Method,
            e.Path,
            e.ContentType,
            e.Request?.ToArray(),
            e.Response?.ToArray(),
            e.Segment,
            e.FirstByte is { } first ? (long)first.TotalMicroseconds : null,
            e.Failure,
        ];

    private static (long Id, Exchange Exchange) Map(SqliteDataReader row) =>
        (
            row.GetInt64(0),
            new Exchange
            {
                RequestId = row.GetString(1),
                Service = row.GetString(2),
                Release = row.GetString(3),
                Epoch = row.GetInt64(4),
                Reason = Enum.Parse<AssignReason>(row.GetString(5)),
                Purpose = Enum.Parse<Purpose>(row.GetString(6)),
                Entity = row.IsDBNull(7) ? null : row.GetString(7),
                CandidateShare = new Share(row.GetInt32(8)),
                At = DateTimeOffset.UnixEpoch.AddMicroseconds(row.GetInt64(9)),
                Latency = TimeSpan.FromMicroseconds(row.GetInt64(10)),
                Held = TimeSpan.FromMicroseconds(row.GetInt64(11)),
                Status = row.GetInt32(12),
                Outcome = Enum.Parse<ExchangeOutcome>(row.GetString(13)),
                Inference = row.GetInt64(14) == 1,
                Method = row.GetString(15),
                Path = row.GetString(16),
                ContentType = row.IsDBNull(17) ? null : row.GetString(17),
                Request = Body(row, 18),
                Response = Body(row, 19),
                Segment = row.IsDBNull(20) ? null : row.GetString(20),
                FirstByte = row.IsDBNull(21) ? null : TimeSpan.FromMicroseconds(row.GetInt64(21)),
                Failure = row.IsDBNull(22) ? null : row.GetString(22),
            }
        );

    // Not a conditional expression: that would turn a null array into an empty body.
    private static ReadOnlyMemory<byte>? Body(SqliteDataReader row, int column)
    {
        if (row.IsDBNull(column))
        {
            return null;
        }

        return row.GetFieldValue<byte[]>(column);
    }

    private static long Micros(DateTimeOffset at) =>
        (at - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
}
