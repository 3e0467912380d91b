using Handover.Control.Stores;
using Handover.Core.Foundation;
using Handover.Core.Moves;
using Handover.Core.Traffic;
using Handover.Ports;
using Handover.Testkit.Stores;
using Xunit;

namespace Handover.Tests.Stores;

/// <summary>The SQLite store: the common suite, and what may happen to a file.</summary>
public sealed class SqliteEpochStoreTests : EpochStoreCompliance, IDisposable
{
    private const string Service = "price";
    private static readonly TimeSpan Hold = TimeSpan.FromMilliseconds(400);
    private readonly string _directory = Directory.CreateTempSubdirectory("handover-epochs-").FullName;
    private readonly List<SqliteDatabase> _open = [];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _open.ForEach(d => d.Dispose());
        Directory.Delete(_directory, recursive: true);
    }

    protected override IEpochStorePort Make() => Open("state.db");

    [Fact]
    public async Task What_was_committed_is_there_after_it_is_opened_again()
    {
        SqliteEpochStore store = Open("state.db");
        await Move(store, 1);
        _open[0].Dispose();
        EpochRow? row = await Open("state.db").ReadAsync(Service, Cancel);
        Assert.Equal((2, 1, false), (row!.Epoch, row.Attempt, row.Holding));
    }

    [Fact]
    public void A_file_that_is_no_database_is_named_and_what_to_do_is_said()
    {
        string file = Path.Combine(_directory, "state.db");
        File.WriteAllText(file, new string('x', 8192));
        var e = Assert.Throws<StoreException>(() => Open("state.db"));
        Assert.Equal("corrupt-state-file", e.Problem.Code);
        Assert.Equal(file, e.Problem.File);
        Assert.Contains("backup", e.Problem.Fix, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_document_is_a_problem_and_never_half_a_document()
    {
        SqliteEpochStore store = Open("state.db");
        await store.EnsureAsync(Service, Routing.Only(Service, "v1"), Cancel);
        _open[0].Write(c => SqliteDatabase.Execute(c, "UPDATE epoch_row SET routing = substr(routing, 1, 20)"));
        var e = await Assert.ThrowsAsync<StoreException>(() => store.ReadAsync(Service, Cancel));
        Assert.Equal("corrupt-state-file", e.Problem.Code);
    }

    [Fact]
    public void A_file_of_a_newer_program_is_refused()
    {
        Open("state.db");
        _open[0].Write(c => SqliteDatabase.Execute(c, "UPDATE migration SET version = 99"));
        var e = Assert.Throws<StoreException>(() => SqliteEpochStore.Open(_open[0], Clock));
        Assert.Equal("newer-state-file", e.Problem.Code);
    }

    [Fact]
    public async Task A_full_disk_loses_nothing_and_the_call_can_be_repeated()
    {
        SqliteEpochStore store = Open("state.db");
        await Move(store, 1);
        long pages = _open[0].Write(c => (long)SqliteDatabase.Scalar(c, "PRAGMA page_count")!);
        _open[0].Write(c => SqliteDatabase.Scalar(c, $"PRAGMA max_page_count = {pages}"));
        Problem? full = null;
        long epoch = 2;
        while (full is null && epoch < 200)
        {
            try
            {
                await Move(store, epoch);
                epoch++;
            }
            catch (StoreException e)
            {
                full = e.Problem;
            }
        }

        Assert.Equal("disk-full", full?.Code);
        _open[0].Write(c => SqliteDatabase.Scalar(c, "PRAGMA max_page_count = 100000"));
        EpochRow row = (await store.ReadAsync(Service, Cancel))!;
        Assert.Equal(epoch, row.Epoch);
        await store.AbortAsync(Service, row.Attempt, "me", "disk", Cancel);
        row = (await store.ReadAsync(Service, Cancel))!;
        await store.BeginAsync(Service, row.Epoch, row.Attempt, Routing.Only(Service, "v9"), Hold, "me", Cancel);
        Assert.True((await store.CommitAsync(Service, row.Attempt + 1, "me", Cancel)).Applied);
        await AssertSoundAsync(store);
    }

    [Fact]
    public async Task A_log_torn_at_any_write_opens_as_a_prefix_of_what_happened()
    {
        SqliteEpochStore store = Open("state.db");
        _open[0].Write(c => SqliteDatabase.Scalar(c, "PRAGMA wal_autocheckpoint = 0"));
        for (long epoch = 1; epoch <= 3; epoch++)
        {
            await Move(store, epoch);
        }

        IReadOnlyList<EpochHistory> whole = await store.HistoryAsync(Service, Cancel);
        byte[] log = ReadShared("state.db-wal");
        byte[] main = ReadShared("state.db");
        const int frame = 4096 + 24;
        int longest = -1;
        for (int cut = 32; cut <= log.Length; cut += frame / 2)
        {
            string name = $"torn-{cut}.db";
            await File.WriteAllBytesAsync(Path.Combine(_directory, name), main, Cancel);
            byte[] torn = log[..cut];
            torn.AsSpan(Math.Max(32, cut - 7)).Fill(0x5a);
            await File.WriteAllBytesAsync(Path.Combine(_directory, $"{name}-wal"), torn, Cancel);
            SqliteEpochStore reopened = Open(name);
            IReadOnlyList<EpochHistory> there = await reopened.HistoryAsync(Service, Cancel);
            IEnumerable<(long, string)> prefix = whole.Take(there.Count).Select(h => (h.Epoch, h.Action));
            Assert.Equal(prefix, there.Select(h => (h.Epoch, h.Action)));
            Assert.True(there.Count >= longest, "a longer log never shows less");
            longest = there.Count;
            if (there.Count > 0)
            {
                await AssertSoundAsync(reopened);
            }
        }

        Assert.True(longest >= whole.Count - 1);
    }

    private static async Task AssertSoundAsync(SqliteEpochStore store)
    {
        EpochRow row = (await store.ReadAsync(Service, Cancel))!;
        IReadOnlyList<EpochHistory> history = await store.HistoryAsync(Service, Cancel);
        var epochs = history.Where(h => h.Action is "create" or "commit").Select(h => h.Epoch).ToList();
        Assert.Equal(Enumerable.Range(1, epochs.Count).Select(e => (long)e), epochs);
        Assert.Equal(row.Epoch, epochs[^1]);
        Assert.Equal(row.Attempt, history[^1].Attempt);
        Assert.Equal(row.Holding, history[^1].Action == "begin");
    }

    private static async Task Move(SqliteEpochStore store, long epoch)
    {
        EpochRow row = await store.EnsureAsync(Service, Routing.Only(Service, "v1"), Cancel);
        Routing target = Routing.Only(Service, $"v{epoch + 1}");
        await store.BeginAsync(Service, row.Epoch, row.Attempt, target, Hold, "me", Cancel);
        await store.CommitAsync(Service, row.Attempt + 1, "me", Cancel);
    }

    private byte[] ReadShared(string name)
    {
        using var file = new FileStream(
            Path.Combine(_directory, name),
            FileMode.Open,
            FileAccess.Read,
            FileShare.ReadWrite | FileShare.Delete
        );
        byte[] bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }

    private SqliteEpochStore Open(string name)
    {
        SqliteDatabase database = SqliteDatabase.Open(Path.Combine(_directory, name));
        _open.Add(database);
        return SqliteEpochStore.Open(database, Clock);
    }
}
