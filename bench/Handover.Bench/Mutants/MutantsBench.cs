using System.Collections.Concurrent;
using System.Diagnostics;

namespace Handover.Bench.Mutants;

/// <summary>
/// How good the tests of Evidence and Gates are: each listed mistake is built into the code, and some test must notice.
/// </summary>
internal static class MutantsBench
{
    private const double Least = 0.9;

    public static int Run(string[] args)
    {
        string root = BenchTable.Root();
        string tests = args is ["--tests", var folder]
            ? Path.GetFullPath(folder)
            : Path.Combine(root, "artifacts", "bin", "Handover.Tests", "release");
        var compiler = new CoreCompiler(root);
        var places = new ConcurrentBag<MutantTests>();
        for (int i = 0; i < 2; i++)
        {
            places.Add(new MutantTests(tests, Path.Combine(root, "artifacts", "mutants", $"{i}")));
        }

        // The code as it is must pass, compiled the same way: else every mutant would look killed.
        var watch = Stopwatch.StartNew();
        (byte[]? sound, string? why) = compiler.Compile(null);
        string? failed = why ?? Try(places, sound!, TimeSpan.FromMinutes(10));
        TimeSpan most = (5 * watch.Elapsed) + TimeSpan.FromSeconds(20);
        if (failed is not null)
        {
            Console.Error.WriteLine($"bench mutants: the code without any mutation fails: {failed}");
            return 1;
        }

        Console.WriteLine(
            $"\n{MutantList.All.Length} mutants; the sound code passes in {watch.Elapsed.TotalSeconds:0} s"
        );
        var verdicts = new string?[MutantList.All.Length];
        Parallel.For(
            0,
            verdicts.Length,
            new ParallelOptions { MaxDegreeOfParallelism = 2 },
            i =>
            {
                (byte[]? assembly, string? broken) = compiler.Compile(MutantList.All[i]);
                verdicts[i] = assembly is null ? $"! {broken}" : Try(places, assembly, most);
                if (verdicts[i] is null || assembly is null)
                {
                    Console.WriteLine($"  {verdicts[i] ?? "survived"}: {MutantList.All[i]}");
                }
            }
        );
        return Report(verdicts);
    }

    private static string? Try(ConcurrentBag<MutantTests> places, byte[] assembly, TimeSpan most)
    {
        MutantTests? place;
        while (!places.TryTake(out place))
        {
            Thread.Yield();
        }

        string? failed = place.Run(assembly, most);
        places.Add(place);
        return failed;
    }

    private static int Report(string?[] verdicts)
    {
        var table = new BenchTable("mutants");
        for (int i = 0; i < verdicts.Length; i++)
        {
            // A mutant that cannot be built is a mistake in the list, and counts as one.
            bool killed = verdicts[i] is { } by && !by.StartsWith('!');
            table.Judge($"{MutantList.All[i]}", killed ? verdicts[i]! : verdicts[i] ?? "survived", "killed", killed);
        }

        double part = (double)verdicts.Count(v => v is not null && !v.StartsWith('!')) / verdicts.Length;
        bool unbuilt = verdicts.Any(v => v?.StartsWith('!') == true);
        Console.WriteLine(FormattableString.Invariant($"\n{part:P0} killed, at least {Least:P0} asked"));
        table.Finish();
        return part >= Least && !unbuilt ? 0 : 1;
    }
}
