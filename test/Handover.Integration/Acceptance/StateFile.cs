using System.Text.Json;
using Microsoft.Data.Sqlite;

namespace Handover.Integration.Acceptance;

/// <summary>
/// Looks into a node's state file from outside, read-only, while the node runs and after it was killed: what the store
/// says is the only authority on whether a move was open.
/// </summary>
internal sealed class StateFile : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _holding;
    private readonly SqliteCommand _newest;

    public StateFile(string state)
    {
        var source = new SqliteConnectionStringBuilder
        {
            DataSource = Path.Combine(state, "state.db"),
            Mode = SqliteOpenMode.ReadOnly,
            Pooling = false,
        };
        _connection = new SqliteConnection(source.ToString());
        _connection.Open();
        _holding = Command("SELECT 1 FROM epoch_row WHERE target IS NOT NULL");
        _newest = Command(
            """
            SELECT rollout, kind, body FROM rollout_event
            WHERE rollout = (
                SELECT rollout FROM rollout_event WHERE seq = 1 ORDER BY json_extract(body, '$.at') DESC LIMIT 1)
            ORDER BY seq
            """
        );
    }

    /// <summary>Whether a move is open.</summary>
    public bool Holding => _holding.ExecuteScalar() is not null;

    /// <summary>The newest rollout: its id and phase, and whether it is open.</summary>
    public (string Id, string Phase, bool Open) Newest()
    {
        (string Id, string Phase, bool Open) newest = ("", "", false);
        using SqliteDataReader row = _newest.ExecuteReader();
        while (row.Read())
        {
            string kind = row.GetString(1);
            newest = kind switch
            {
                "started" => (row.GetString(0), "", true),
                "phaseEntered" => newest with { Phase = PhaseIn(row.GetString(2)) },
                "succeeded" or "rolledBack" or "refused" or "failed" => newest with { Open = false },
                _ => newest,
            };
        }

        return newest;
    }

    /// <summary>The stable release of the one service.</summary>
    public string Stable()
    {
        using SqliteCommand routing = Command("SELECT json_extract(routing, '$.stable') FROM epoch_row");
        return (string)routing.ExecuteScalar()!;
    }

    /// <summary>
    /// Rollouts whose rollback was decided (which is persisted before anybody is told), and those of them that ended in
    /// another way or not at all.
    /// </summary>
    public (long Wished, IReadOnlyList<string> Undone) Rollbacks()
    {
        using SqliteCommand wishes = Command(
            """
            SELECT w.rollout, EXISTS (
                SELECT 1 FROM rollout_event d WHERE d.rollout = w.rollout AND d.kind = 'rolledBack')
            FROM rollout_event w WHERE w.kind = 'rollbackDecided'
            """
        );
        long wished = 0;
        var undone = new List<string>();
        using SqliteDataReader row = wishes.ExecuteReader();
        while (row.Read())
        {
            wished++;
            undone.AddRange(row.GetInt64(1) == 1 ? [] : [row.GetString(0)]);
        }

        return (wished, undone);
    }

    /// <summary>Epochs that the history lacks, has twice or has out of order, and those where it ends early.</summary>
    public (long Epochs, long Gaps) Epochs()
    {
        long expected = 0;
        long gaps = 0;
        using SqliteCommand all = Command(
            "SELECT epoch FROM epoch_history WHERE action IN ('create', 'commit') ORDER BY seq"
        );
        using (SqliteDataReader row = all.ExecuteReader())
        {
            while (row.Read())
            {
                expected++;
                gaps += row.GetInt64(0) == expected ? 0 : 1;
            }
        }

        using SqliteCommand last = Command("SELECT epoch FROM epoch_row");
        return (expected, gaps + ((long)last.ExecuteScalar()! == expected ? 0 : 1));
    }

    public void Dispose()
    {
        _holding.Dispose();
        _newest.Dispose();
        _connection.Dispose();
    }

    private static string PhaseIn(string body)
    {
        using JsonDocument json = JsonDocument.Parse(body);
        return json.RootElement.EnumerateObject().First(p => p.Name == "kind").Value.GetString() ?? "";
    }

    private SqliteCommand Command(string text)
    {
        SqliteCommand command = _connection.CreateCommand();
        command.CommandText = text;
        return command;
    }
}
