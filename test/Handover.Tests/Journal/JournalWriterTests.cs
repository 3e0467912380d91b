using Handover.Control.Journal;
using Handover.Control.Stores;
using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Core.Traffic;
using Handover.Ports;
using Handover.Testkit;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Handover.Tests.Journal;

public sealed class JournalWriterTests : IAsyncDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("journal-").FullName;
    private readonly LogLines _log = new();
    private readonly ClockFake _clock = new(Exchanges.Start);
    private JournalPolicy? _policy = new();
    private JournalWriter? _journal;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string File => Path.Combine(_directory, "journal.db");

    [Fact]
    public async Task What_was_recorded_is_found_again_whole()
    {
        JournalWriter journal = Open();
        Exchange live = Exchanges.One(1);
        Exchange copy = Exchanges.One(1, "v2", Purpose.Shadow);
        Exchange shadow = copy with { Entity = null, Response = null, Request = null };
        journal.Record(live);
        journal.Record(shadow);
        await journal.FlushAsync(Cancel);
        IReadOnlyList<Exchange> found = await journal.FindAsync("price", ["r-1", "r-2"], Cancel);
        Assert.Equal(2, found.Count);
        Assert.Equal(Exchanges.Text(live.Response), Exchanges.Text(found[0].Response));
        Assert.Equal(live with { Request = null, Response = null }, found[0] with { Request = null, Response = null });
        Assert.Equal(shadow, found[1]);
        Assert.Empty(await journal.FindAsync("other", ["r-1"], Cancel));
    }

    [Fact]
    public async Task Recent_answers_come_newest_first_and_by_condition()
    {
        JournalWriter journal = Open();
        for (int i = 0; i < 50; i++)
        {
            journal.Record(Exchanges.One(i, i % 2 == 0 ? "v1" : "v2"));
        }

        journal.Record(Exchanges.One(50) with { Outcome = ExchangeOutcome.ModelError });
        journal.Record(Exchanges.One(51) with { Inference = false });
        await journal.FlushAsync(Cancel);
        var all = new JournalQuery("price");
        Assert.Equal("r-51", (await journal.RecentAsync(all, 1, Cancel)).Single().RequestId);
        Assert.Equal("r-49", (await journal.RecentAsync(all with { Replayable = true }, 1, Cancel)).Single().RequestId);
        IReadOnlyList<Exchange> second = await journal.RecentAsync(all with { Release = "v2" }, 100, Cancel);
        Assert.Equal(25, second.Count);
        Assert.All(second, e => Assert.Equal("v2", e.Release));
        Assert.Equal(6, (await journal.RecentAsync(all with { Entity = "c-1" }, 100, Cancel)).Count);
        DateTimeOffset since = Exchanges.Start.AddMilliseconds(48);
        Assert.Equal(3, (await journal.RecentAsync(all with { Since = since }, 100, Cancel)).Count);
        Assert.Empty(await journal.RecentAsync(all with { Purpose = Purpose.Warm }, 100, Cancel));
    }

    [Fact]
    public async Task A_query_pages_through_everything_oldest_first()
    {
        JournalWriter journal = Open();
        for (int i = 0; i < 1000; i++)
        {
            journal.Record(Exchanges.One(i));
        }

        await journal.FlushAsync(Cancel);
        var ids = new List<string>();
        await foreach (Exchange exchange in journal.QueryAsync(new JournalQuery("price"), Cancel))
        {
            ids.Add(exchange.RequestId);
        }

        Assert.Equal(Enumerable.Range(0, 1000).Select(i => $"r-{i}"), ids);
    }

    [Fact]
    public async Task Over_its_bounds_the_journal_drops_and_counts_and_never_waits()
    {
        JournalWriter journal = Open(o => o with { QueueLength = 8, BatchLength = 8 });
        using SqliteDatabase other = SqliteDatabase.Open(File);
        other.Write(_ =>
        {
            // Another writer has the file, so the loop is stuck and the queue fills.
            for (int i = 0; i < 1000; i++)
            {
                journal.Record(Exchanges.One(i));
            }

            Assert.InRange(journal.Dropped, 1000 - 3 * 8, 1000);
            return 0;
        });
        await journal.FlushAsync(Cancel);
        int kept = (await journal.RecentAsync(new JournalQuery("price"), 2000, Cancel)).Count;
        Assert.Equal(1000, kept + journal.Dropped);
        Assert.True(kept >= 8);
    }

    [Fact]
    public async Task Bodies_that_wait_are_bounded_in_bytes()
    {
        JournalWriter journal = Open(o => o with { QueueBytes = 10_000, BodyBytes = 4000 });
        using SqliteDatabase other = SqliteDatabase.Open(File);
        other.Write(_ =>
        {
            for (int i = 0; i < 100; i++)
            {
                journal.Record(Exchanges.One(i) with { Request = new byte[4000], Response = new byte[5000] });
            }

            Assert.InRange(journal.Dropped, 98, 98);
            return 0;
        });
        await journal.FlushAsync(Cancel);
        Exchange kept = (await journal.RecentAsync(new JournalQuery("price"), 1, Cancel)).Single();
        Assert.NotNull(kept.Request);
        Assert.Null(kept.Response);
    }

    [Fact]
    public async Task A_sample_keeps_live_and_shadow_of_a_request_together()
    {
        _policy = new JournalPolicy { Sample = new Ratio(0.3) };
        JournalWriter journal = Open();
        for (int i = 0; i < 1000; i++)
        {
            journal.Record(Exchanges.One(i));
            journal.Record(Exchanges.One(i, "v2", Purpose.Shadow));
        }

        await journal.FlushAsync(Cancel);
        IReadOnlyList<Exchange> all = await journal.RecentAsync(new JournalQuery("price"), 5000, Cancel);
        Assert.InRange(all.Count, 2 * 240, 2 * 360);
        Assert.All(all.GroupBy(e => e.RequestId), g => Assert.Equal(2, g.Count()));
        Assert.Equal(0, journal.Dropped);
    }

    [Fact]
    public async Task Without_payloads_or_service_nothing_more_than_agreed_is_kept()
    {
        _policy = new JournalPolicy { Payloads = false };
        JournalWriter journal = Open();
        journal.Record(Exchanges.One(1));
        await journal.FlushAsync(Cancel);
        Exchange kept = (await journal.FindAsync("price", ["r-1"], Cancel)).Single();
        Assert.Null(kept.Request);
        _policy = null;
        journal.Record(Exchanges.One(2));
        await journal.FlushAsync(Cancel);
        Assert.Empty(await journal.FindAsync("price", ["r-2"], Cancel));
    }

    [Fact]
    public async Task Redacted_values_never_reach_the_disk_and_the_request_still_has_its_shape()
    {
        _policy = new JournalPolicy { Redact = ["/customer", "/inputs/0/data/1"] };
        JournalWriter journal = Open();
        const string Body = """{"customer":{"name":"Ada Lovelace","age":36,"tags":["x"]},"inputs":[{"data":[1,77]}]}""";
        journal.Record(Exchanges.One(1) with { Request = Exchanges.Bytes(Body) });
        const string Twice = """{"customer":"Ada Lovelace","customer":{"name":"x"}}""";
        journal.Record(Exchanges.One(2) with { Request = Exchanges.Bytes(Twice) });
        journal.Record(Exchanges.One(3) with { Request = Exchanges.Bytes("customer=Ada Lovelace") });
        await journal.FlushAsync(Cancel);
        IReadOnlyList<Exchange> kept = await journal.FindAsync("price", ["r-1", "r-2", "r-3"], Cancel);
        Assert.Equal(
            """{"customer":{"name":"redacted","age":0,"tags":["redacted"]},"inputs":[{"data":[1,0]}]}""",
            Exchanges.Text(kept[0].Request)
        );
        Assert.Null(kept[1].Request);
        Assert.Null(kept[2].Request);
        await journal.DisposeAsync();
        _journal = null;
        Assert.DoesNotContain("Lovelace", await ReadFiles(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Old_records_go_by_the_services_own_age()
    {
        _policy = new JournalPolicy { Retain = TimeSpan.FromHours(1) };
        JournalWriter journal = Open(o => o with { SweepLength = 10, SweepEvery = TimeSpan.FromMinutes(1) });
        for (int i = 0; i < 100; i++)
        {
            journal.Record(Exchanges.One(i));
        }

        journal.Record(Exchanges.One(100) with { At = Exchanges.Start.AddHours(1) });
        await journal.FlushAsync(Cancel);
        _clock.Now = Exchanges.Start.AddMinutes(90);
        for (int i = 0; i < 12; i++)
        {
            await journal.FlushAsync(Cancel);
        }

        Assert.Equal(["r-100"], (await journal.RecentAsync(new("price"), 500, Cancel)).Select(e => e.RequestId));
    }

    [Fact]
    public async Task A_damaged_file_is_moved_aside_and_a_new_one_begun()
    {
        await System.IO.File.WriteAllTextAsync(File, new string('x', 8192), Cancel);
        JournalWriter journal = Open();
        journal.Record(Exchanges.One(1));
        await journal.FlushAsync(Cancel);
        Assert.Single(await journal.FindAsync("price", ["r-1"], Cancel));
        string moved = Assert.Single(Directory.GetFiles(_directory, "journal.db.damaged-20261122T120000Z"));
        Assert.Equal(8192, new FileInfo(moved).Length);
        Assert.Contains($"moved to {moved}", Assert.Single(_log.Said), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_written_is_there_after_a_restart()
    {
        JournalWriter journal = Open();
        journal.Record(Exchanges.One(1));
        await journal.DisposeAsync();
        Assert.Single(await Open().FindAsync("price", ["r-1"], Cancel));
    }

    [Fact]
    public async Task A_full_disk_costs_records_and_one_line_of_log_and_ends_by_itself()
    {
        JournalWriter journal = Open();
        journal.Record(Exchanges.One(0));
        await journal.FlushAsync(Cancel);
        using (SqliteDatabase other = SqliteDatabase.Open(File))
        {
            const string Refuse =
                "CREATE TRIGGER full BEFORE INSERT ON exchange BEGIN SELECT RAISE(ABORT, 'full'); END";
            other.Write(c => SqliteDatabase.Execute(c, Refuse));
            for (int i = 1; i <= 5; i++)
            {
                journal.Record(Exchanges.One(i));
                await journal.FlushAsync(Cancel);
            }

            Assert.Equal(5, journal.Dropped);
            Assert.Single(_log.Said);
            other.Write(c => SqliteDatabase.Execute(c, "DROP TRIGGER full"));
        }

        journal.Record(Exchanges.One(6));
        await journal.FlushAsync(Cancel);
        Assert.Equal(2, (await journal.RecentAsync(new JournalQuery("price"), 10, Cancel)).Count);
        Assert.Contains("5 exchanges were dropped", _log.Said.Last(), StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        if (_journal is not null)
        {
            await _journal.DisposeAsync();
        }

        Directory.Delete(_directory, recursive: true);
    }

    private JournalWriter Open(Func<JournalOptions, JournalOptions>? with = null)
    {
        var options = new JournalOptions { File = File };
        return _journal = new JournalWriter(
            with?.Invoke(options) ?? options,
            _ => _policy,
            _clock,
            LoggerFactory.Create(b => b.AddProvider(_log)).CreateLogger<JournalWriter>()
        );
    }

    private async Task<string> ReadFiles()
    {
        string all = "";
        foreach (string file in Directory.GetFiles(_directory))
        {
            all += System.Text.Encoding.Latin1.GetString(await System.IO.File.ReadAllBytesAsync(file, Cancel));
        }

        return all;
    }

    private sealed class ClockFake(DateTimeOffset now) : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = now;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
