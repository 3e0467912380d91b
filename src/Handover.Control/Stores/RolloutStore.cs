using System.Globalization;
using System.Text.Json;
using Handover.Core.Foundation;
using Handover.Core.Gates;
using Handover.Core.Rollouts;

namespace Handover.Control.Stores;

/// <summary>
/// Rollouts as append-only streams of events, fsynced before anything acts on them, plus the newest checkpoint of each
/// rollout's evidence and every change of its verdict.
/// </summary>
public sealed class RolloutStore
{
    private static readonly string[] Steps =
    [
        """
            CREATE TABLE rollout_event (
                rollout TEXT NOT NULL, seq INTEGER NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL,
                PRIMARY KEY (rollout, seq)) WITHOUT ROWID;
            CREATE TABLE rollout_evidence (rollout TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
            CREATE TABLE rollout_verdict (
                rollout TEXT NOT NULL, seq INTEGER NOT NULL, at TEXT NOT NULL, body TEXT NOT NULL,
                PRIMARY KEY (rollout, seq)) WITHOUT ROWID;
            """,
    ];

    private readonly SqliteDatabase _database;

    /// <summary>Opens the tables, making them when they are absent.</summary>
    public RolloutStore(SqliteDatabase database)
    {
        _database = database;
        _database.Migrate("rollouts", Steps);
    }

    /// <summary>Every rollout's events, oldest rollout first.</summary>
    public IReadOnlyList<IReadOnlyList<RolloutEvent>> Load()
    {
        var rows = _database.Read(connection =>
            SqliteDatabase.Query(
                connection,
                "SELECT rollout, body FROM rollout_event ORDER BY rollout, seq",
                row => (Rollout: row.GetString(0), Body: row.GetString(1))
            )
        );
        return
        [
            .. rows.GroupBy(row => row.Rollout)
                .Select(group => (IReadOnlyList<RolloutEvent>)[.. group.Select(row => Decode(group.Key, row.Body))])
                .OrderBy(events => events[0].At),
        ];
    }

    /// <summary>
    /// Appends after <paramref name="version"/> events. Another writer that was faster makes it throw: two engines on
    /// one state directory must never both go on.
    /// </summary>
    public void Append(string rollout, long version, IReadOnlyList<RolloutEvent> events) =>
        _database.Write(connection =>
        {
            foreach (RolloutEvent e in events)
            {
                version++;
                SqliteDatabase.Execute(
                    connection,
                    "INSERT INTO rollout_event VALUES ($rollout, $seq, $kind, $body)",
                    ("$rollout", rollout),
                    ("$seq", version),
                    ("$kind", JsonNamingPolicy.CamelCase.ConvertName(e.GetType().Name)),
                    ("$body", JsonSerializer.Serialize(e, CoreJson.Options))
                );
            }

            return true;
        });

    /// <summary>Replaces the checkpoint of a rollout's evidence.</summary>
    public void SaveEvidence(string rollout, string body) =>
        _database.Write(connection =>
            SqliteDatabase.Execute(
                connection,
                "INSERT INTO rollout_evidence VALUES ($rollout, $body) ON CONFLICT (rollout) DO UPDATE SET body = $body",
                ("$rollout", rollout),
                ("$body", body)
            )
        );

    /// <summary>The checkpoint of a rollout's evidence; null when there is none.</summary>
    public string? LoadEvidence(string rollout) =>
        _database.Read(connection =>
            (string?)
                SqliteDatabase.Scalar(
                    connection,
                    "SELECT body FROM rollout_evidence WHERE rollout = $rollout",
                    ("$rollout", rollout)
                )
        );

    /// <summary>Keeps a verdict for the record.</summary>
    public void AppendVerdict(string rollout, DateTimeOffset at, Verdict verdict) =>
        _database.Write(connection =>
            SqliteDatabase.Execute(
                connection,
                """
                INSERT INTO rollout_verdict VALUES ($rollout,
                    (SELECT coalesce(max(seq), 0) + 1 FROM rollout_verdict WHERE rollout = $rollout), $at, $body)
                """,
                ("$rollout", rollout),
                ("$at", at.ToString("O", CultureInfo.InvariantCulture)),
                ("$body", JsonSerializer.Serialize(verdict, CoreJson.Options))
            )
        );

    /// <summary>The verdicts that were kept, oldest first.</summary>
    public IReadOnlyList<(DateTimeOffset At, Verdict Verdict)> Verdicts(string rollout) =>
        _database.Read(connection =>
            SqliteDatabase.Query(
                connection,
                "SELECT at, body FROM rollout_verdict WHERE rollout = $rollout ORDER BY seq",
                row =>
                    (
                        DateTimeOffset.Parse(row.GetString(0), CultureInfo.InvariantCulture),
                        JsonSerializer.Deserialize<Verdict>(row.GetString(1), CoreJson.Options)!
                    ),
                ("$rollout", rollout)
            )
        );

    private RolloutEvent Decode(string rollout, string body)
    {
        try
        {
            return JsonSerializer.Deserialize<RolloutEvent>(body, CoreJson.Options)!;
        }
        catch (Exception e) when (e is JsonException or InvariantException or NotSupportedException)
        {
            var problem = new Problem(
                "corrupt-state-file",
                $"an event of rollout {rollout} cannot be read: {e.Message}"
            )
            {
                File = _database.File,
                Fix = "Restore the file from a backup, or move it away to begin anew.",
            };
            throw new StoreException(problem, e);
        }
    }
}
