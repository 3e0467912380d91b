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
        string[] states = await StatesAsync();
        int n = 1;
        for (bool met = true; met; n++)
        {
            using Store store = InMemory($"{fault}-{n}");
            using FaultyWrites writes = Faulty(store, fault, n);
            foreach ((int i, Func<Store, Task> step) in Steps().Index())
            {
                if (!await SucceedsAsync(store, step))
                {
                    Assert.Equal(states[i], Dump(store.Database));
                    Assert.True(await SucceedsAsync(store, step), $"the write after number {n}");
                    Assert.Equal(states[i + 1], Dump(store.Database));
                }
            }

            met = writes.Met;
            Assert.Equal(states[^1], Dump(store.Database));
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
        string[] states = await StatesAsync();
        int n = 1;
        for (bool met = true; met; n++)
        {
            using Store store = InMemory($"crash-{fault}-{n}");
            using FaultyWrites writes = Faulty(store, fault, n);
            writes.Crashes = true;
            int done = 0;
            foreach (Func<Store, Task> step in Steps())
            {
                if (!await SucceedsAsync(store, step))
                {
                    break;
                }

                done++;
            }

            met = writes.Met;
            await EitherAsync(
                Bytes(store.Database.File),
                Bytes(store.Log),
                states[done],
                states[Math.Min(done + 1, states.Length - 1)]
            );
        }

        Assert.True(n > LeastWrites, $"{n} writes are too few to mean anything");
    }

    [Fact]
    public async Task A_write_that_takes_longer_than_its_caller_waits_takes_effect_wholly_or_not_yet()
    {
        string[] states = await StatesAsync();
        int n = 1;
        for (bool met = true; met; n++)
        {
            using Store store = InMemory($"slow-{n}");
            using FaultyWrites writes = Faulty(store, WriteFault.Waits, n);
            foreach ((int i, Func<Store, Task> step) in Steps().Index())
            {
                Task slow = Task.Run(() => step(store), Cancel);
                await Task.WhenAny(slow, writes.Waits);
                if (writes.Waits.IsCompleted && !writes.GoOn.IsSet)
                {
                    // The caller has given up by now and reads: nothing of it is to be seen, or, when it is the log's
                    // way to the file that waits, all.
                    Assert.Contains(Dump(store.Database), (string[])[states[i], states[i + 1]]);
                    writes.GoOn.Set();
                    await slow;
                    Assert.Equal(states[i + 1], Dump(store.Database));
                }

                await slow;
            }

            Assert.Equal(states[^1], Dump(store.Database));
            met = writes.Met;
        }

        Assert.True(n > LeastWrites, $"{n} writes are too few to mean anything");
    }

    // What the file says before the first step and after each: the same in every life, whichever write goes wrong.
    private async Task<string[]> StatesAsync()
    {
        using Store store = InMemory("undisturbed");
        var states = new List<string> { Dump(store.Database) };
        foreach (Func<Store, Task> step in Steps())
        {
            await step(store);
            states.Add(Dump(store.Database));
        }

        return [.. states];
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
