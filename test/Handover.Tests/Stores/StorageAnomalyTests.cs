using System.Globalization;
using Handover.Control.Notify;
using Handover.Control.Stores;
using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Core.Moves;
using Handover.Core.Rollouts;
using Handover.Core.Traffic;
using Handover.Testkit.Stores;
using Microsoft.Data.Sqlite;
using SQLitePCL;
using Xunit;

namespace Handover.Tests.Stores;

/// <summary>
/// The state file after a crash at every point of every write, and with every write failing or waiting: what was
/// acknowledged is there, what was not is there wholly or not at all, and moves go on. The crash is made of the bytes
/// that SQLite had written (its log cut at every frame, inside every frame, with rubbish behind); the failures are
/// SQLite's own, at the n-th commit and at the n-th page by which the file may not grow. A disk that reorders what was
/// fsynced, or says that it has synced and has not, is not simulated.
/// </summary>
public sealed partial class StorageAnomalyTests : IDisposable
{
    private const string Service = "price";
    private const int LogHead = 32;
    private const int FrameHead = 24;
    private const int Page = 4096;
    private const int Sector = 512;
    private static readonly string[] Tables =
    [
        "epoch_row",
        "epoch_member",
        "epoch_history",
        "rollout_event",
        "rollout_open",
        "notification",
        "migration",
    ];

    // A newer version of the program brings tables of its own.
    private static readonly string[] Later =
    [
        "CREATE TABLE later (body TEXT NOT NULL)",
        "INSERT INTO later SELECT body FROM rollout_event; CREATE INDEX later_body ON later (body)",
    ];

    private readonly string _directory = Directory.CreateTempSubdirectory("handover-anomaly-").FullName;
    private readonly TestClock _clock = new();
    private int _copies;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    // Hundreds of files whose syncs are counted and not made: on a disk they would only be slow.
    private readonly string _memory = Directory
        .CreateDirectory(
            Path.Combine(Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), $"handover-{Guid.NewGuid():N}")
        )
        .FullName;

    public void Dispose()
    {
        Directory.Delete(_directory, recursive: true);
        Directory.Delete(_memory, recursive: true);
    }

    [Fact]
    public async Task A_crash_at_any_byte_of_the_log_leaves_exactly_what_was_acknowledged()
    {
        using Store store = Open("whole");
        byte[] file = Compacted(store);
        var acknowledged = new List<(long Length, string State)> { (0, Dump(store.Database)) };
        foreach (Func<Store, Task> step in Steps())
        {
            await step(store);
            acknowledged.Add((new FileInfo(store.Log).Length, Dump(store.Database)));
        }

        byte[] log = Bytes(store.Log);
        int frames = (log.Length - LogHead) / (FrameHead + Page);
        Assert.True(frames > 30, $"{frames} frames are too few to mean anything");
        for (int frame = 0; frame <= frames; frame++)
        {
            int edge = LogHead + (frame * (FrameHead + Page));
            int middle = Math.Min(log.Length, edge + ((FrameHead + Page) / 2));
            byte[] rubbish = [.. log[..edge], .. Enumerable.Range(0, Page).Select(i => (byte)(i * 31))];
            foreach (
                (long cut, byte[] torn) in ((long, byte[])[])
                    [(edge, log[..edge]), (middle, log[..middle]), (edge, rubbish)]
            )
            {
                string expected = acknowledged.Last(a => a.Length <= cut).State;
                await ReopenAsync(file, torn, expected);
            }
        }
    }

    [Fact]
    public async Task A_sector_that_reached_the_disk_late_takes_back_its_own_commit_and_nothing_before_it()
    {
        using Store store = Open("whole");
        byte[] file = Compacted(store);
        var acknowledged = new List<(long Length, string State)> { (LogHead, Dump(store.Database)) };
        foreach (Func<Store, Task> step in Steps())
        {
            await step(store);
            acknowledged.Add((new FileInfo(store.Log).Length, Dump(store.Database)));
        }

        byte[] log = Bytes(store.Log);
        int torn = 0;
        for (int commit = 1; commit < acknowledged.Count; commit++)
        {
            (long from, string before) = acknowledged[commit - 1];
            long to = acknowledged[commit].Length;

            // Everything that the commit wrote is there but for one sector: another one for each commit.
            long[] written =
            [
                .. Enumerable
                    .Range((int)(from / Sector), (int)(((to - 1) / Sector) - (from / Sector) + 1))
                    .Select(s => Math.Max(from, (long)s * Sector))
                    .Where(at => Filled(log, at, to)),
            ];
            if (written.Length > 0)
            {
                long late = written[commit * 7 % written.Length];
                byte[] lying = log[..(int)to];
                Array.Clear(lying, (int)late, (int)(EndOf(late, to) - late));
                await ReopenAsync(file, lying, before);
                torn++;
            }
        }

        Assert.True(torn >= 10, $"only {torn} commits had a sector that could be late");
    }

    [Fact]
    public async Task A_crash_inside_a_checkpoint_loses_nothing()
    {
        using Store store = Open("whole");
        byte[] before = Compacted(store);
        foreach (Func<Store, Task> step in Steps())
        {
            await step(store);
        }

        string state = Dump(store.Database);
        byte[] log = Bytes(store.Log);
        byte[] after = Compacted(store);
        for (int pages = 0; pages <= after.Length / Page; pages++)
        {
            byte[] mixed = [.. after[..(pages * Page)], .. before.Skip(pages * Page)];
            await ReopenAsync(mixed, log, state);
        }
    }

    [Fact]
    public async Task A_commit_that_fails_has_not_happened()
    {
        using Store store = Open("uncommitted");
        foreach (Func<Store, Task> step in Steps())
        {
            string before = Dump(store.Database);
            OnCommit(store, _ => 1);
            Assert.False(await SucceedsAsync(store, step));
            OnCommit(store, null);
            Assert.Equal(before, Dump(store.Database));
            Assert.True(await SucceedsAsync(store, step));
        }
    }

    [Fact]
    public async Task A_full_disk_refuses_the_write_whole_and_says_so()
    {
        using Store store = Open("full");
        await store.Epochs.EnsureAsync(Service, Routing.Only(Service, "v1"), Cancel);
        int refused = 0;
        for (int version = 0; version < 40; version++)
        {
            string before = Dump(store.Database);
            store.Database.Write(c => SqliteDatabase.Execute(c, $"PRAGMA max_page_count = {Pages(c)}"));
            Exception? full = Xunit.Record.Exception(() => store.Rollouts.Append("p.1", version, [Big(version)]));
            store.Database.Write(c => SqliteDatabase.Execute(c, "PRAGMA max_page_count = 1000000"));
            if (full is not null)
            {
                refused++;
                Assert.Equal("disk-full", Assert.IsType<StoreException>(full).Problem.Code);
                Assert.Equal(before, Dump(store.Database));
                store.Rollouts.Append("p.1", version, [Big(version)]);
            }

            Assert.NotEqual(before, Dump(store.Database));
        }

        Assert.True(refused >= 5, $"the disk was full {refused} times");
    }

    [Fact]
    public async Task A_write_that_has_to_wait_for_another_writer_is_done_afterwards()
    {
        using Store store = Open("waiting");
        foreach (Func<Store, Task> step in Steps())
        {
            string before = Dump(store.Database);
            using var other = new SqliteConnection($"Data Source={store.Database.File};Pooling=False");
            other.Open();
            SqliteTransaction busy = other.BeginTransaction(deferred: false);
            Task write = Task.Run(() => step(store), Cancel);
            Assert.Equal(before, Dump(store.Database));
            busy.Rollback();
            await write;
            Assert.NotEqual(before, Dump(store.Database));
        }
    }

    // A life of a service: created, joined, moved, given up, moved back; a rollout beside it.
    private List<Func<Store, Task>> Steps()
    {
        var steps = new List<Func<Store, Task>>
        {
            s => s.Epochs.EnsureAsync(Service, Routing.Only(Service, "v1"), Cancel),
            s => s.Epochs.JoinAsync(Service, new EpochMember("gw", "a"), Cancel),
            s => Task.Run(() => s.Rollouts.Append("p.1", 0, [Big(0)]), Cancel),
            s => Task.Run(() => s.Database.Migrate("later", Later), Cancel),
        };
        for (int i = 0; i < 3; i++)
        {
            int epoch = 1 + i;
            int attempt = 2 * i;
            Routing target = Routing.Only(Service, i % 2 == 0 ? "v2" : "v1");
            steps.Add(s => BeginAsync(s, epoch, attempt, target));
            steps.Add(s => s.Epochs.AbortAsync(Service, attempt + 1, "engine", "tried", Cancel));
            steps.Add(s => BeginAsync(s, epoch, attempt + 1, target));
            steps.Add(s => s.Epochs.CommitAsync(Service, attempt + 2, "engine", Cancel));
            steps.Add(s => Task.Run(() => s.Rollouts.Append("p.1", epoch, [Big(epoch)], [Told(epoch)]), Cancel));
        }

        return steps;
    }

    private static Task BeginAsync(Store s, long epoch, long attempt, Routing target) =>
        s.Epochs.BeginAsync(Service, epoch, attempt, target, TimeSpan.FromMilliseconds(400), "engine", Cancel);

    // What is opened again says what was acknowledged, its history has no gap, and the next move goes through.
    private async Task ReopenAsync(byte[] file, byte[] log, string expected)
    {
        string directory = Path.Combine(_directory, $"copy-{_copies++}");
        Directory.CreateDirectory(directory);
        string path = Path.Combine(directory, "state.db");
        await File.WriteAllBytesAsync(path, file, Cancel);
        await File.WriteAllBytesAsync($"{path}-wal", log, Cancel);
        using (Store again = OpenAt(path))
        {
            Assert.Equal(expected, Dump(again.Database));
            await MoveOnAsync(again);
        }

        Directory.Delete(directory, recursive: true);
    }

    private async Task MoveOnAsync(Store store)
    {
        EpochRow row = await store.Epochs.EnsureAsync(Service, Routing.Only(Service, "v1"), Cancel);
        if (row.Holding)
        {
            row = (await store.Epochs.AbortAsync(Service, row.Attempt, "engine", "left open", Cancel)).Row;
        }

        Routing target = Routing.Only(Service, "v3");
        await BeginAsync(store, row.Epoch, row.Attempt, target);
        EpochReply reply = await store.Epochs.CommitAsync(Service, row.Attempt + 1, "engine", Cancel);
        Assert.True(reply.Applied);
        IReadOnlyList<Handover.Ports.EpochHistory> history = await store.Epochs.HistoryAsync(Service, Cancel);
        long[] epochs = [.. history.Where(h => h.Action is "create" or "commit").Select(h => h.Epoch)];
        Assert.Equal(Enumerable.Range(1, epochs.Length).Select(e => (long)e), epochs);
        Assert.Equal(reply.Row.Epoch, epochs[^1]);
    }

    private static async Task<bool> SucceedsAsync(Store store, Func<Store, Task> step)
    {
        try
        {
            await step(store);
            return true;
        }
        catch (StoreException)
        {
            return false;
        }
    }

    private static void OnCommit(Store store, delegate_commit? commit)
    {
        // The writer is only ever seen inside a write; the hook stays on its connection.
        store.Writer ??= store.Database.Write(c => c);
        raw.sqlite3_commit_hook(store.Writer.Handle, commit, null);
    }

    // A rollout begins once; what comes after is the wish to go back.
    private static RolloutEvent Big(int i) =>
        i > 0
            ? new RolloutEvent.RollbackDecided(DateTimeOffset.UnixEpoch, "ann", Long(i))
            : new RolloutEvent.Started(
                DateTimeOffset.UnixEpoch,
                "ann",
                "p.1",
                new RolloutPlan
                {
                    Name = Long(i),
                    Service = Service,
                    To = "v2",
                    Salt = "p",
                    Phases = [new Phase.Retire(TimeSpan.Zero)],
                },
                "v1",
                Impact.Low,
                []
            );

    private static string Long(int i) => new((char)('a' + (i % 26)), 3000);

    // Who is told of it, in the same write.
    private static NotificationDraft Told(int i) =>
        new(Service, "warehouse", $"n-{i}", "rollback", DateTimeOffset.UnixEpoch, seq => $"{seq}");

    private static long Pages(SqliteConnection connection) =>
        (long)SqliteDatabase.Scalar(connection, "PRAGMA page_count")!;

    private static string Dump(SqliteDatabase database) =>
        database.Read(connection =>
            string.Join(
                '\n',
                Tables.SelectMany(table =>
                    SqliteDatabase.Query(
                        connection,
                        $"SELECT * FROM {table} ORDER BY 1, 2",
                        row =>
                            table
                            + string.Concat(
                                Enumerable
                                    .Range(0, row.FieldCount)
                                    .Select(i => $"|{Convert.ToString(row.GetValue(i), CultureInfo.InvariantCulture)}")
                            )
                    )
                )
            )
        );

    private static long EndOf(long at, long most) => Math.Min(most, ((at / Sector) + 1) * Sector);

    // A sector of zeros is the same early and late.
    private static bool Filled(byte[] log, long at, long most) =>
        log.AsSpan((int)at, (int)(EndOf(at, most) - at)).ContainsAnyExcept((byte)0);

    // Everything in the file, nothing in the log.
    private static byte[] Compacted(Store store)
    {
        using var other = new SqliteConnection($"Data Source={store.Database.File};Pooling=False");
        other.Open();
        using SqliteCommand checkpoint = other.CreateCommand();
        checkpoint.CommandText = "PRAGMA wal_checkpoint(TRUNCATE)";
        using (SqliteDataReader answer = checkpoint.ExecuteReader())
        {
            Assert.True(answer.Read());
            Assert.Equal(0, answer.GetInt64(0));
        }

        return Bytes(store.Database.File);
    }

    private static byte[] Bytes(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        byte[] bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }

    private Store Open(string name) => OpenAt(Path.Combine(_directory, name, "state.db"));

    private Store OpenAt(string path)
    {
        SqliteDatabase database = SqliteDatabase.Open(path);
        _ = new NotificationOutbox(database);
        return new Store(database, SqliteEpochStore.Open(database, _clock), new RolloutStore(database));
    }

    private sealed record Store(SqliteDatabase Database, SqliteEpochStore Epochs, RolloutStore Rollouts) : IDisposable
    {
        public string Log => $"{Database.File}-wal";

        public SqliteConnection? Writer { get; set; }

        public void Dispose() => Database.Dispose();
    }
}
