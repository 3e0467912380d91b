using Handover.Control.Stores;
using Xunit;

namespace Handover.Tests.Stores;

/// <summary>The n-th write or sync goes wrong, for every n.</summary>
public sealed partial class StorageAnomalyTests
{
    private const int LeastWrites = 100;

    // Pages in the log after which SQLite brings them to the file itself, so that writes of both go wrong; its own
    // default is 1,000.
    private const int Often = 4;

    [Theory]
    [InlineData(WriteFault.Fails)]
    [InlineData(WriteFault.DiskFull)]
    [InlineData(WriteFault.Torn)]
    public async Task A_write_that_fails_is_refused_whole_and_the_next_one_goes_through(WriteFault fault)
    {
        string wanted = await FinalAsync();
        int n = 1;
        for (bool met = true; met; n++)
        {
            using Store store = InMemory($"{fault}-{n}");
            using FaultyWrites writes = Faulty(store, fault, n);
            foreach (Func<Store, Task> step in Steps())
            {
                string before = Dump(store.Database);
                if (!await SucceedsAsync(store, step))
                {
                    Assert.Equal(before, Dump(store.Database));
                    Assert.True(await SucceedsAsync(store, step), $"the write after number {n}");
                }
            }

            met = writes.Met;
            Assert.Equal(wanted, Dump(store.Database));
            writes.Dispose();
            await MoveOnAsync(store);
        }

        Assert.True(n > LeastWrites, $"{n} writes are too few to mean anything");
    }

    [Theory]
    [InlineData(WriteFault.Fails)]
    [InlineData(WriteFault.Torn)]
    public async Task A_crash_at_a_write_leaves_what_was_acknowledged_and_the_rest_wholly_or_not(WriteFault fault)
    {
        int n = 1;
        for (bool met = true; met; n++)
        {
            using Store store = InMemory($"crash-{fault}-{n}");
            using Store mirror = InMemory($"mirror-{fault}-{n}");
            using FaultyWrites writes = Faulty(store, fault, n);
            writes.Crashes = true;
            string before = Dump(store.Database);
            string after = before;
            foreach (Func<Store, Task> step in Steps())
            {
                await step(mirror);
                (before, after) = (after, Dump(mirror.Database));
                if (!await SucceedsAsync(store, step))
                {
                    break;
                }

                Assert.Equal(after, Dump(store.Database));
                before = after;
            }

            met = writes.Met;
            await EitherAsync(Bytes(store.Database.File), Bytes(store.Log), before, after);
        }

        Assert.True(n > LeastWrites, $"{n} writes are too few to mean anything");
    }

    [Fact]
    public async Task A_write_that_takes_longer_than_its_caller_waits_takes_effect_wholly_or_not_yet()
    {
        int n = 1;
        for (bool met = true; met; n++)
        {
            using Store store = InMemory($"slow-{n}");
            using Store mirror = InMemory($"slow-mirror-{n}");
            using FaultyWrites writes = Faulty(store, WriteFault.Waits, n);
            string before = Dump(store.Database);
            foreach (Func<Store, Task> step in Steps())
            {
                await step(mirror);
                string after = Dump(mirror.Database);
                Task slow = Task.Run(() => step(store), Cancel);
                while (!slow.IsCompleted && !writes.Waiting.Wait(TimeSpan.FromMilliseconds(1), Cancel))
                {
                    // It has neither come to the write nor ended.
                }

                if (!slow.IsCompleted && !writes.GoOn.IsSet)
                {
                    // The caller has given up by now and reads: nothing of it is to be seen, or, when it is the log's
                    // way to the file that waits, all.
                    Assert.Contains(Dump(store.Database), (string[])[before, after]);
                    writes.GoOn.Set();
                }

                await slow;
                Assert.Equal(after, Dump(store.Database));
                before = after;
            }

            met = writes.Met;
        }

        Assert.True(n > LeastWrites, $"{n} writes are too few to mean anything");
    }

    private async Task<string> FinalAsync()
    {
        using Store store = InMemory("final");
        foreach (Func<Store, Task> step in Steps())
        {
            await step(store);
        }

        return Dump(store.Database);
    }

    private static FaultyWrites Faulty(Store store, WriteFault fault, int n)
    {
        store.Writer ??= store.Database.Write(c => c);
        SqliteDatabase.Execute(store.Writer, FormattableString.Invariant($"PRAGMA wal_autocheckpoint = {Often}"));
        return new FaultyWrites(store.Writer) { Fault = fault, At = n };
    }

    private async Task EitherAsync(byte[] file, byte[] log, string before, string after)
    {
        string path = Path.Combine(_memory, $"copy-{_copies++}", "state.db");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await File.WriteAllBytesAsync(path, file, Cancel);
        await File.WriteAllBytesAsync($"{path}-wal", log, Cancel);
        using (Store again = OpenAt(path))
        {
            Assert.Contains(Dump(again.Database), (string[])[before, after]);
            await MoveOnAsync(again);
        }

        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
    }

    private Store InMemory(string name) => OpenAt(Path.Combine(_memory, name, "state.db"));
}
