using Handover.Control.Ledger;
using Handover.Core.Ledger;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Handover.Tests.Ledger;

/// <summary>The ledger's files: what is told is on disk, what a crash tears off is nobody's.</summary>
public sealed class LedgerStoreTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("handover-ledger-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task What_was_told_is_there_after_a_clean_stop()
    {
        await using (LedgerStore store = Open())
        {
            await store.TellAsync(Rows.Claim("r1"));
            await store.TellAsync(Rows.Finish("r1", "yes"));
        }

        await using LedgerStore again = Open();
        Assert.Equal("yes", Rows.Text(await again.FindAsync("price", "k")));
        Assert.Equal(LedgerOutcome.Decided, (await again.TellAsync(Rows.Claim("r2")))!.Outcome);
    }

    [Fact]
    public async Task What_was_told_is_in_the_log_of_a_process_that_dies_and_what_was_in_flight_is_unknown()
    {
        await using LedgerStore dying = Open(o => o with { FlushEvery = TimeSpan.FromHours(1) });
        await dying.TellAsync(Rows.Claim("r1"));
        await dying.TellAsync(Rows.Finish("r1", "yes"));
        await dying.TellAsync(Claim("k2", "r2"));
        string dead = Copy();
        await using LedgerStore next = Open(o => o with { Directory = dead });
        Assert.Equal("yes", Rows.Text(await next.FindAsync("price", "k")));
        Assert.Equal(DecisionStage.Unknown, (await next.FindAsync("price", "k2"))!.Stage);
        Assert.Equal(LedgerOutcome.InDoubt, (await next.TellAsync(Claim("k2", "r3")))!.Outcome);
    }

    [Fact]
    public async Task A_log_that_was_torn_at_any_byte_gives_a_prefix_of_what_was_written()
    {
        await using LedgerStore dying = Open(o => o with { FlushEvery = TimeSpan.FromHours(1) });
        for (int i = 0; i < 5; i++)
        {
            await dying.TellAsync(Claim($"k{i}", $"r{i}"));
        }

        string file = Directory.GetFiles(Path.Combine(_directory, "log")).Single();
        byte[] ahead = await File.ReadAllBytesAsync(file);

        // Records, and a little of the zeros that were written ahead of them.
        byte[] whole = ahead[..Math.Min(ahead.Length, EndOf(ahead) + 64)];
        Assert.True(whole.Length < ahead.Length);
        int before = 0;
        foreach (int length in Enumerable.Range(0, whole.Length / 13 + 1).Select(i => i * 13).Append(whole.Length))
        {
            string torn = Path.Combine(_directory, $"torn-{length}");
            Directory.CreateDirectory(Path.Combine(torn, "log"));
            await File.WriteAllBytesAsync(Path.Combine(torn, "log", Path.GetFileName(file)), whole[..length]);
            int found = 0;
            using LedgerLog log = LedgerLog.Open(
                Path.Combine(torn, "log"),
                record => Assert.Equal($"k{found++}", record.Key),
                (_, left) => Assert.True(left > 0)
            );
            Assert.True(found >= before);
            before = found;
        }

        Assert.Equal(5, before);
    }

    [Fact]
    public async Task A_flipped_bit_ends_the_log_there()
    {
        await using LedgerStore dying = Open(o => o with { FlushEvery = TimeSpan.FromHours(1) });
        await dying.TellAsync(Claim("k0", "r0"));
        await dying.TellAsync(Claim("k1", "r1"));
        string dead = Copy();
        string file = Directory.GetFiles(Path.Combine(dead, "log")).Single();
        byte[] bytes = await File.ReadAllBytesAsync(file);
        bytes[EndOf(bytes) - 10] ^= 1;
        await File.WriteAllBytesAsync(file, bytes);
        await using LedgerStore next = Open(o => o with { Directory = dead });
        Assert.NotNull(await next.FindAsync("price", "k0"));
        Assert.Null(await next.FindAsync("price", "k1"));
    }

    [Fact]
    public async Task Zeros_ahead_are_the_end_and_anything_behind_them_is_told()
    {
        await using LedgerStore dying = Open(o => o with { FlushEvery = TimeSpan.FromHours(1) });
        await dying.TellAsync(Claim("k0", "r0"));
        string file = Directory.GetFiles(Path.Combine(_directory, "log")).Single();
        byte[] bytes = await File.ReadAllBytesAsync(file);
        string copy = Path.Combine(_directory, "copy");
        Directory.CreateDirectory(copy);
        foreach (bool rubbish in (bool[])[false, true])
        {
            bytes[^1] = rubbish ? (byte)1 : (byte)0;
            await File.WriteAllBytesAsync(Path.Combine(copy, Path.GetFileName(file)), bytes);
            var found = new List<string>();
            long left = 0;
            LedgerLog.Open(copy, r => found.Add(r.Key), (_, n) => left = n).Dispose();
            Assert.Equal(["k0"], found);
            Assert.Equal(rubbish, left > 0);
        }
    }

    [Fact]
    public async Task Many_writes_share_an_fsync_and_the_log_is_emptied_behind_them()
    {
        await using LedgerStore store = Open(o => o with { FlushRows = 500 });
        LedgerReply?[] replies = await Task.WhenAll(
            Enumerable.Range(0, 3000).Select(i => store.TellAsync(Claim($"k{i}", $"r{i}")).AsTask())
        );
        Assert.All(replies, r => Assert.Equal(LedgerOutcome.Applied, r!.Outcome));
        Assert.True(store.Counts.Commits < 1000, $"{store.Counts.Commits} fsyncs");
        await store.FlushAsync(default);
        Assert.True(Directory.GetFiles(Path.Combine(_directory, "log")).Length <= 1);
        Assert.Equal("r7", (await store.FindAsync("price", "k7"))!.RequestId);
        Assert.Equal(3000, (await store.PageAsync(new DecisionQuery("price"), 0, 5000, default)).Count);
    }

    [Fact]
    public async Task Of_many_claims_of_one_key_one_is_applied()
    {
        await using LedgerStore store = Open();
        LedgerReply?[] replies = await Task.WhenAll(
            Enumerable.Range(0, 200).Select(i => store.TellAsync(Rows.Claim($"r{i}")).AsTask())
        );
        Assert.Single(replies, r => r!.Outcome == LedgerOutcome.Applied);
        Assert.Equal(199, replies.Count(r => r!.Outcome == LedgerOutcome.Running));
    }

    [Fact]
    public async Task A_log_that_cannot_be_written_is_a_null_reply_and_nothing_is_remembered()
    {
        await using LedgerStore store = Open(o => o with { FlushEvery = TimeSpan.FromHours(1) });
        string log = Path.Combine(_directory, "log");
        Directory.Delete(log, recursive: true);
        await File.WriteAllTextAsync(log, "in the way");
        Assert.Null(await store.TellAsync(Rows.Claim("r1")));
        Assert.Null(await store.FindAsync("price", "k"));
        File.Delete(log);
        Directory.CreateDirectory(log);
        Assert.Equal(LedgerOutcome.Applied, (await store.TellAsync(Rows.Claim("r2")))!.Outcome);
        Assert.True(store.Counts.Failed >= 1);
    }

    [Fact]
    public async Task Over_its_bound_claims_are_refused_and_ends_are_still_taken()
    {
        await using LedgerStore store = Open(o =>
            o with
            {
                MostUnflushed = 2,
                FlushRows = 1000,
                FlushEvery = TimeSpan.FromHours(1),
            }
        );
        for (int i = 0; i < 3; i++)
        {
            Assert.NotNull(await store.TellAsync(Claim($"k{i}", $"r{i}")));
        }

        Assert.Null(await store.TellAsync(Claim("k9", "r9")));
        Assert.NotNull(await store.TellAsync(new LedgerWrite.Withdraw("price", "k0", "r0")));
        await store.FlushAsync(default);
        Assert.NotNull(await store.TellAsync(Claim("k9", "r9")));
    }

    [Fact]
    public async Task The_spool_outlives_the_process_and_is_merged_before_anything_is_decided()
    {
        await using (LedgerStore store = Open())
        {
            await store.TellAsync(Rows.Claim("r1"));
            await store.SpoolAsync(Rows.Finish("r1", "yes"));
            Assert.NotNull(await store.SpoolAsync(Claim("k2", "r2")));
        }

        await using LedgerStore again = Open();
        Assert.Equal(LedgerOutcome.Decided, (await again.TellAsync(Rows.Claim("r3")))!.Outcome);
        Assert.Equal("r2", (await again.FindAsync("price", "k2"))!.RequestId);
        Assert.Equal(0, again.Counts.Spooled);
    }

    [Fact]
    public async Task Nothing_is_decided_while_the_spool_cannot_be_merged()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "needs a device that is always full");
        await using LedgerStore store = Open();

        // The first file of the log takes nothing; the next one is as good as any.
        string first = Path.Combine(_directory, "log", $"{1:D12}.log");
        File.CreateSymbolicLink(first, "/dev/full");
        await store.SpoolAsync(Rows.Finish("r1", "yes"));
        LedgerReply? reply = await store.TellAsync(Rows.Claim("r2"));
        for (int i = 0; i < 100 && reply is null; i++)
        {
            reply = await store.TellAsync(Rows.Claim("r2"));
        }

        Assert.Equal(LedgerOutcome.Decided, reply?.Outcome);
        Assert.Equal((0, 0), (store.Counts.Spooled, store.Counts.RanTwice));
    }

    [Fact]
    public async Task A_long_outage_is_merged_in_parts()
    {
        await using (LedgerStore store = Open(o => o with { QueueLength = 1 }))
        {
            for (int i = 0; i < 40; i++)
            {
                await store.SpoolAsync(Claim($"k{i}", $"r{i}"));
            }
        }

        await using LedgerStore again = Open(o => o with { BatchLength = 7 });
        for (int i = 0; i < 40; i++)
        {
            Assert.Equal($"r{i}", (await again.FindAsync("price", $"k{i}"))!.RequestId);
        }

        Assert.Equal(0, again.Counts.Spooled);
    }

    [Fact]
    public async Task What_ran_twice_during_an_outage_is_found_and_counted()
    {
        await using LedgerStore store = Open();
        await store.TellAsync(Rows.Claim("r1"));
        await store.TellAsync(Rows.Finish("r1", "yes"));
        await store.SpoolAsync(Rows.Finish("r2", "no"));
        Assert.Equal("yes", Rows.Text(await store.FindAsync("price", "k")));
        Assert.Equal(1, store.Counts.RanTwice);
    }

    [Fact]
    public async Task Old_decisions_are_forgotten_and_runs_are_not()
    {
        LedgerTable table = LedgerTable.Open(Path.Combine(_directory, "ledger.db"));
        Decision old = Rows.Done("r1", "yes") with { Key = "old" };
        Decision running = Rows.InFlight("r2") with { Key = "running" };
        table.Write([new("price", "old", old), new("price", "running", running)]);
        Assert.Equal(1, table.DeleteOld("price", Rows.Start.AddDays(8), 500));
        Assert.Null(table.Find("price", "old"));
        Assert.NotNull(table.Find("price", "running"));
        table.Dispose();
    }

    [Fact]
    public void A_row_comes_back_from_log_and_table_as_it_was()
    {
        Decision row = Rows.Done("r1", "yes") with { Entity = "c-1", Epoch = 7 };
        Decision bare = Rows.InFlight("r2") with { Key = "k2" };
        Decision large = Rows.Done("r3", "") with { Key = "k3", Answer = new RecordedAnswer(200, [], null) };
        using LedgerTable table = LedgerTable.Open(Path.Combine(_directory, "ledger.db"));
        table.Write([new("price", "k", row), new("price", "k2", bare), new("price", "k3", large)]);
        foreach (Decision wrote in new[] { row, bare, large })
        {
            using var bytes = new MemoryStream();
            DecisionCodec.Write(new BinaryWriter(bytes), new LogRecord("price", wrote.Key, wrote));
            bytes.Position = 0;
            Same(wrote, DecisionCodec.Read(new BinaryReader(bytes)).Row!);
            Same(wrote, table.Find("price", wrote.Key)!);
        }

        static void Same(Decision a, Decision b)
        {
            Assert.Equal(a with { Answer = null }, b with { Answer = null });
            Assert.Equal(a.Answer?.Headers, b.Answer?.Headers);
            Assert.Equal(a.Answer?.Body is null, b.Answer?.Body is null);
            Assert.Equal(Rows.Text(a), Rows.Text(b));
        }
    }

    private LedgerStore Open(Func<LedgerOptions, LedgerOptions>? set = null)
    {
        var options = new LedgerOptions { Directory = _directory, Within = TimeSpan.FromSeconds(10) };
        return LedgerStore.Open(
            set?.Invoke(options) ?? options,
            _ => null,
            TimeProvider.System,
            NullLogger<LedgerStore>.Instance
        );
    }

    private static LedgerWrite.Claim Claim(string key, string requestId) =>
        new(Rows.InFlight(requestId) with { Key = key }, ReplaySafe: false);

    /// <summary>The files as a process that dies now leaves them.</summary>
    private string Copy()
    {
        string to = Path.Combine(_directory, "dead");
        foreach (string file in Directory.GetFiles(_directory, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(to, Path.GetRelativePath(_directory, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            using FileStream from = new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using FileStream into = File.Create(target);
            from.CopyTo(into);
        }

        return to;
    }

    private static int EndOf(byte[] log) => log.AsSpan().LastIndexOfAnyExcept((byte)0) + 1;
}
