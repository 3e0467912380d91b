using System.Globalization;
using System.Text.Json;
using Handover.Control.Notify;
using Handover.Core.Evidence;
using Handover.Core.Foundation;
using Handover.Core.Gates;
using Handover.Core.Rollouts;
using Microsoft.Data.Sqlite;

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
        """
            DROP TABLE rollout_verdict;
            DELETE FROM rollout_evidence;
            CREATE TABLE rollout_verdict (
                rollout TEXT NOT NULL, seq INTEGER NOT NULL, at TEXT NOT NULL, body TEXT NOT NULL,
                PRIMARY KEY (rollout, seq)) WITHOUT ROWID;
            CREATE TABLE rollout_setup (rollout TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
            CREATE TABLE rollout_tick (
                rollout TEXT NOT NULL, seq INTEGER NOT NULL, body TEXT NOT NULL,
                PRIMARY KEY (rollout, seq)) WITHOUT ROWID;
            """,
        """
            CREATE TABLE rollout_seen (
                rollout TEXT NOT NULL, kind TEXT NOT NULL, seq INTEGER NOT NULL, keys BLOB NOT NULL,
                PRIMARY KEY (rollout, kind, seq));
            """,
        """
            CREATE TABLE rollout_open (service TEXT PRIMARY KEY, rollout TEXT NOT NULL) WITHOUT ROWID;
            INSERT OR IGNORE INTO rollout_open
                SELECT json_extract(body, '$.plan.service'), rollout FROM rollout_event
                WHERE seq = 1 AND rollout NOT IN (
                    SELECT rollout FROM rollout_event
                    WHERE kind IN ('succeeded', 'rolledBack', 'refused', 'failed'));
            """,
    ];

    /// <summary>Most verdicts that are kept of one rollout.</summary>
    public const int MostVerdicts = 10_000;

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
    /// one state directory must never both go on. So does a rollout that starts while another of its service is open.
    /// </summary>
    /// <param name="rollout">Its id.</param>
    /// <param name="version">Events that are stored already.</param>
    /// <param name="events">What happened since.</param>
    /// <param name="told">What consumers are to be told of it; kept in the same transaction.</param>
    public void Append(
        string rollout,
        long version,
        IReadOnlyList<RolloutEvent> events,
        IReadOnlyList<NotificationDraft>? told = null
    ) =>
        _database.Write(connection =>
        {
            NotificationOutbox.Insert(connection, told ?? []);
            foreach (RolloutEvent e in events)
            {
                version++;
                KeepOneOpen(connection, rollout, e);
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

    // Two open rollouts would pull one service's routing to and fro.
    private void KeepOneOpen(SqliteConnection connection, string rollout, RolloutEvent e)
    {
        if (e is RolloutEvent.Started { Plan.Service: var service })
        {
            const string insert = "INSERT OR IGNORE INTO rollout_open VALUES ($service, $rollout)";
            if (SqliteDatabase.Execute(connection, insert, ("$service", service), ("$rollout", rollout)) == 0)
            {
                const string other = "SELECT rollout FROM rollout_open WHERE service = $service";
                object? open = SqliteDatabase.Scalar(connection, other, ("$service", service));
                throw new StoreException(
                    new Problem("conflict", $"rollout {open} is under way for '{service}'.")
                    {
                        File = _database.File,
                        Fix = "Wait for it, or end it with 'handover rollback'.",
                    }
                );
            }
        }
        else if (e is RolloutEvent.Succeeded or RolloutEvent.RolledBack or RolloutEvent.Refused or RolloutEvent.Failed)
        {
            const string delete = "DELETE FROM rollout_open WHERE rollout = $rollout";
            SqliteDatabase.Execute(connection, delete, ("$rollout", rollout));
        }
    }

    /// <summary>
    /// Keeps the checkpoint, the ticks that led to it and the verdict that followed, in one transaction: after a crash
    /// the evidence and its record agree.
    /// </summary>
    internal void SaveEvidence(string rollout, EvidenceSave save) =>
        _database.Write(connection =>
        {
            SqliteDatabase.Execute(
                connection,
                """
                INSERT INTO rollout_evidence VALUES ($rollout, $body) ON CONFLICT (rollout) DO UPDATE SET body = $body;
                INSERT OR IGNORE INTO rollout_setup VALUES ($rollout, $setup);
                """,
                ("$rollout", rollout),
                ("$body", save.Checkpoint),
                ("$setup", save.Setup)
            );
            long seq = save.FirstTick;
            foreach (string tick in save.Ticks)
            {
                SqliteDatabase.Execute(
                    connection,
                    "INSERT INTO rollout_tick VALUES ($rollout, $seq, $body)",
                    ("$rollout", rollout),
                    ("$seq", seq++),
                    ("$body", tick)
                );
            }

            foreach ((string kind, SeenPage page) in save.Seen)
            {
                SeenPages.Append(connection, rollout, kind, page);
            }

            if (save.Verdict is { } verdict)
            {
                AppendVerdict(connection, rollout, verdict);
            }

            return true;
        });

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

    /// <summary>The pages of entities that a rollout has seen, by what they were seen at.</summary>
    internal ILookup<string, byte[]> Seen(string rollout) =>
        _database.Read(connection => SeenPages.Load(connection, rollout));

    /// <summary>Forgets which entities an ended rollout has seen; its ticks and verdicts stay.</summary>
    internal void ForgetSeen(string rollout) => _database.Write(connection => SeenPages.Forget(connection, rollout));

    /// <summary>What the tests of a rollout were set up with; null when it never gathered evidence.</summary>
    public GateSetup? Setup(string rollout) =>
        _database.Read(connection =>
            SqliteDatabase.Scalar(
                connection,
                "SELECT body FROM rollout_setup WHERE rollout = $rollout",
                ("$rollout", rollout)
            )
                is string body
                ? JsonSerializer.Deserialize<GateSetup>(body, CoreJson.Options)
                : null
        );

    /// <summary>
    /// Every tick that the gates consumed, in order, as <see cref="TickCodec"/> wrote it.
    /// </summary>
    public IReadOnlyList<string> Ticks(string rollout) =>
        _database.Read(connection =>
            SqliteDatabase.Query(
                connection,
                "SELECT body FROM rollout_tick WHERE rollout = $rollout ORDER BY seq",
                row => row.GetString(0),
                ("$rollout", rollout)
            )
        );

    /// <summary>The verdicts that were kept, oldest first, at most <see cref="MostVerdicts"/>.</summary>
    public IReadOnlyList<VerdictRecord> Verdicts(string rollout) =>
        _database.Read(connection =>
            SqliteDatabase.Query(
                connection,
                "SELECT seq, body FROM rollout_verdict WHERE rollout = $rollout ORDER BY seq",
                row =>
                    JsonSerializer.Deserialize<VerdictRecord>(row.GetString(1), CoreJson.Options)! with
                    {
                        Seq = row.GetInt64(0),
                    },
                ("$rollout", rollout)
            )
        );

    /// <summary>Forgets ticks of rollouts whose last verdict is older; the verdicts themselves stay.</summary>
    public void ForgetTicks(DateTimeOffset before) =>
        _database.Write(connection =>
            SqliteDatabase.Execute(
                connection,
                """
                DELETE FROM rollout_tick WHERE rollout IN
                    (SELECT rollout FROM rollout_verdict GROUP BY rollout HAVING max(at) < $before)
                """,
                ("$before", Stamp(before))
            )
        );

    private static void AppendVerdict(SqliteConnection connection, string rollout, VerdictRecord verdict) =>
        SqliteDatabase.Execute(
            connection,
            """
            INSERT INTO rollout_verdict
                SELECT $rollout, coalesce(max(seq), 0) + 1, $at, $body FROM rollout_verdict WHERE rollout = $rollout
                HAVING coalesce(max(seq), 0) < $most
            """,
            ("$rollout", rollout),
            ("$at", Stamp(verdict.At)),
            ("$body", JsonSerializer.Serialize(verdict, CoreJson.Options)),
            ("$most", MostVerdicts)
        );

    private static string Stamp(DateTimeOffset at) => at.ToUniversalTime().ToString("O", CultureInfo.InvariantCulture);

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
