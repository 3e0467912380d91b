using Handover.Core.Foundation;
using Handover.Ports;
using Microsoft.Data.Sqlite;

namespace Handover.Control.Stores;

/// <summary>
/// One SQLite file, opened the one way that all stores rely on: WAL, so that readers never wait for the writer; one
/// writer at a time, in this process by a lock and between processes by SQLite's; and, for what safety rests on, an
/// fsync before a commit returns. Every failure comes out as a <see cref="StoreException"/> that names the file and
/// what to do.
/// </summary>
public sealed class SqliteDatabase : IDisposable
{
    private readonly Lock _writing = new();
    private readonly string _connectionString;
    private readonly SqliteDurability _durability;
    private readonly SqliteConnection _writer;
    private bool _disposed;

    private SqliteDatabase(string file, SqliteDurability durability)
    {
        File = file;
        _durability = durability;
        _connectionString = new SqliteConnectionStringBuilder
        {
            DataSource = file,
            Mode = SqliteOpenMode.ReadWriteCreate,
            DefaultTimeout = 5,
        }.ToString();
        _writer = Connect();
    }

    /// <summary>Full path of the file.</summary>
    public string File { get; }

    /// <summary>Opens the file, making it (and its directory) when it is absent.</summary>
    public static SqliteDatabase Open(string file, SqliteDurability durability = SqliteDurability.Full)
    {
        string path = Path.GetFullPath(file);
        return Guarded(
            path,
            () =>
            {
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                return new SqliteDatabase(path, durability);
            }
        );
    }

    /// <summary>
    /// Brings a room's tables up to date: steps that were not applied yet are, in one transaction. Steps are only ever
    /// appended. A file that a newer program wrote is refused.
    /// </summary>
    /// <param name="room">Whose tables, e.g. <c>epochs</c>.</param>
    /// <param name="steps">SQL scripts, oldest first.</param>
    public void Migrate(string room, IReadOnlyList<string> steps) =>
        Write(connection =>
        {
            Execute(
                connection,
                "CREATE TABLE IF NOT EXISTS migration (room TEXT PRIMARY KEY, version INTEGER NOT NULL)"
            );
            const string known = "SELECT version FROM migration WHERE room = $room";
            long version = (long)(Scalar(connection, known, ("$room", room)) ?? 0L);
            if (version > steps.Count)
            {
                throw new StoreException(
                    new Problem(
                        "newer-state-file",
                        $"its {room} tables have version {version}; this program knows up to {steps.Count}."
                    )
                    {
                        File = File,
                        Fix = "Run the newer version of handover, or give it another state directory.",
                    }
                );
            }

            foreach (string step in steps.Skip((int)version))
            {
                Execute(connection, step);
            }

            Execute(
                connection,
                "INSERT INTO migration VALUES ($room, $version) ON CONFLICT (room) DO UPDATE SET version = $version",
                ("$room", room),
                ("$version", steps.Count)
            );
            return true;
        });

    /// <summary>
    /// Runs <paramref name="work"/> in one transaction that has the write lock from its start, and commits it. When it
    /// throws nothing of it stays.
    /// </summary>
    public T Write<T>(Func<SqliteConnection, T> work)
    {
        lock (_writing)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return Guarded(
                File,
                () =>
                {
                    using SqliteTransaction transaction = _writer.BeginTransaction(deferred: false);
                    T result = work(_writer);
                    Failpoint.Pass(Failpoint.StoreBeforeCommit);
                    transaction.Commit();
                    Failpoint.Pass(Failpoint.StoreAfterCommit);
                    return result;
                }
            );
        }
    }

    /// <summary>Runs <paramref name="work"/> on a connection of its own, seeing one consistent state.</summary>
    public T Read<T>(Func<SqliteConnection, T> work) =>
        Guarded(
            File,
            () =>
            {
                ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed), this);
                using SqliteConnection connection = Connect();
                using SqliteTransaction transaction = connection.BeginTransaction(deferred: true);
                T result = work(connection);
                transaction.Commit();
                return result;
            }
        );

    /// <summary>
    /// A connection for one reader who asks often: what <see cref="Read"/> opens anew for each question. The caller
    /// disposes it, uses it from one thread at a time and runs its work through <see cref="Guard"/>.
    /// </summary>
    public SqliteConnection OpenReader() => Guarded(File, Connect);

    /// <summary>Runs work on this file outside <see cref="Read"/> and <see cref="Write"/>.</summary>
    public T Guard<T>(Func<T> work) => Guarded(File, work);

    /// <summary>
    /// Runs one or more statements inside the connection's transaction; returns the rows that changed.
    /// </summary>
    public static int Execute(SqliteConnection connection, string sql, params (string Name, object? Value)[] values)
    {
        using SqliteCommand command = Command(connection, sql, values);
        return command.ExecuteNonQuery();
    }

    /// <summary>The first column of the first row; null when there is none (or it is NULL).</summary>
    public static object? Scalar(SqliteConnection connection, string sql, params (string Name, object? Value)[] values)
    {
        using SqliteCommand command = Command(connection, sql, values);
        return command.ExecuteScalar() is { } value and not DBNull ? value : null;
    }

    /// <summary>Every row, as <paramref name="map"/> reads it.</summary>
    public static List<T> Query<T>(
        SqliteConnection connection,
        string sql,
        Func<SqliteDataReader, T> map,
        params (string Name, object? Value)[] values
    )
    {
        using SqliteCommand command = Command(connection, sql, values);
        using SqliteDataReader reader = command.ExecuteReader();
        var rows = new List<T>();
        while (reader.Read())
        {
            rows.Add(map(reader));
        }

        return rows;
    }

    public void Dispose()
    {
        lock (_writing)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            _writer.Dispose();
            using var pooled = new SqliteConnection(_connectionString);
            SqliteConnection.ClearPool(pooled);
        }
    }

    private static SqliteCommand Command(SqliteConnection connection, string sql, (string Name, object? Value)[] values)
    {
        SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        foreach ((string name, object? value) in values)
        {
            command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        }

        return command;
    }

    private SqliteConnection Connect()
    {
        var connection = new SqliteConnection(_connectionString);
        try
        {
            connection.Open();
            string synchronous = _durability == SqliteDurability.Full ? "FULL" : "NORMAL";
            Execute(
                connection,
                $"PRAGMA journal_mode = WAL; PRAGMA synchronous = {synchronous}; PRAGMA foreign_keys = ON"
            );
            return connection;
        }
        catch (SqliteException)
        {
            // A pooled handle would still show this file after somebody moved it away and began a new one.
            SqliteConnection.ClearPool(connection);
            connection.Dispose();
            throw;
        }
    }

    private static T Guarded<T>(string file, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (SqliteException e)
        {
            throw new StoreException(SqliteProblem.Of(e, file), e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var problem = new Problem("state-file-io", $"the state file cannot be used: {e.Message}")
            {
                File = file,
                Fix = "Check that the directory exists, is writable and has space.",
            };
            throw new StoreException(problem, e);
        }
    }
}

/// <summary>When a commit counts as done.</summary>
public enum SqliteDurability
{
    /// <summary>After an fsync: it outlives a power cut. For everything that safety rests on.</summary>
    Full,

    /// <summary>
    /// After it reached the operating system: it outlives kill -9, and a power cut may lose the newest.
    /// </summary>
    Normal,
}
