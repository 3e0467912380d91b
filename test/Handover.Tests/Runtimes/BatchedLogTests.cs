// Why: the log is evidence in an argument about who answered what; it may lose lines only when it says so.
using System.Text;
using Handover.Runtimes;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Handover.Tests.Runtimes;

public sealed class BatchedLogTests : IDisposable
{
    private readonly string _dir = Directory.CreateTempSubdirectory("handover-log-").FullName;

    public void Dispose() => Directory.Delete(_dir, recursive: true);

    [Fact]
    public async Task Every_line_of_many_writers_is_there_once_after_the_end()
    {
        string path = Path.Combine(_dir, "a.log");
        await using (var log = new BatchedLog(new RollingFile(path), NullLogger.Instance))
        {
            await Parallel.ForEachAsync(
                Enumerable.Range(0, 5000),
                TestContext.Current.CancellationToken,
                (n, _) =>
                {
                    log.Append(Encoding.UTF8.GetBytes($"line {n}"));
                    return ValueTask.CompletedTask;
                }
            );
            Assert.Equal(0, log.Dropped);
        }

        string[] lines = await File.ReadAllLinesAsync(path, TestContext.Current.CancellationToken);
        Assert.Equal(
            Enumerable.Range(0, 5000).Select(n => $"line {n}").Order(StringComparer.Ordinal),
            lines.Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public async Task A_line_is_written_soon_without_anything_following_it()
    {
        var target = new Recording();
        await using var log = new BatchedLog(target, NullLogger.Instance);
        log.Append("one"u8);
        Assert.Equal(
            "one\n",
            await target.First.Task.WaitAsync(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken)
        );
    }

    [Fact]
    public async Task Over_the_bound_lines_are_dropped_and_counted()
    {
        var target = new Recording { Hold = new ManualResetEventSlim() };
        var log = new BatchedLog(target, NullLogger.Instance);
        log.Append("first"u8);
        await target.Entered.Task.WaitAsync(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken);
        byte[] megabyte = new byte[(1 << 20) - 1];
        for (int i = 0; i < 10; i++)
        {
            log.Append(megabyte);
        }

        Assert.Equal(2, log.Dropped);
        target.Hold.Set();
        await log.DisposeAsync();
    }

    [Fact]
    public async Task A_target_that_fails_costs_lines_and_not_the_process()
    {
        var target = new Recording { Fail = true };
        var log = new BatchedLog(target, NullLogger.Instance);
        log.Append("one"u8);
        log.Append("two"u8);
        await log.DisposeAsync();
        Assert.Equal(2, log.Dropped);
    }

    [Fact]
    public void A_full_file_makes_room_and_keeps_one_old_one()
    {
        string path = Path.Combine(_dir, "b.log");
        using var file = new RollingFile(path, maxBytes: 10);
        file.Write("11111111\n"u8);
        file.Write("22222222\n"u8);
        file.Write("33333333\n"u8);
        Assert.Equal("33333333\n", File.ReadAllText(path));
        Assert.Equal("22222222\n", File.ReadAllText(path + ".1"));
        Assert.Equal(2, Directory.GetFiles(_dir).Length);
    }

    [Fact]
    public void A_log_is_readable_by_its_owner_alone()
    {
        string path = Path.Combine(_dir, "c.log");
        using var file = new RollingFile(path);
        file.Write("x\n"u8);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
    }

    private sealed class Recording : ILogTarget
    {
        public TaskCompletionSource<string> First { get; } = new();

        public TaskCompletionSource Entered { get; } = new();

        public ManualResetEventSlim? Hold { get; init; }

        public bool Fail { get; init; }

        public void Write(ReadOnlySpan<byte> lines)
        {
            Entered.TrySetResult();
            Hold?.Wait(TimeSpan.FromSeconds(10));
            if (Fail)
            {
                throw new IOException("the disk is full");
            }

            First.TrySetResult(Encoding.UTF8.GetString(lines));
        }

        public void Dispose() { }
    }
}
