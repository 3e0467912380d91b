using System.Diagnostics;
using Handover.Control.Resources;
using Handover.Control.Stores;
using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Core.Rollouts;

namespace Handover.Bench.Rollouts;

/// <summary>
/// Whole rollouts of the diamonds sample on recorded traffic, by the sample's own plans: how often a release that is
/// the same as stable is taken back, and how often one that fails on one request in twenty is not.
/// </summary>
internal static class RolloutsBench
{
    private const int MostFalse = 16;
    private const int LeastCaught = 198;

    public static int Run(string[] args)
    {
        int runs = args is ["--runs", var n] ? int.Parse(n) : 200;
        string root = BenchTable.Root();
        ILookup<string, RecordedAnswer> recorded = RecordedTraffic.Load(
            Path.Combine(root, "testdata", "recorded", "diamonds.csv")
        );
        var table = new BenchTable("rollouts");
        string folder = Directory.CreateTempSubdirectory("handover-bench-").FullName;
        try
        {
            using var database = SqliteDatabase.Open(Path.Combine(folder, "state.db"), SqliteDurability.Normal);
            var store = new RolloutStore(database);
            var samples = new Samples(Path.Combine(root, "samples", "diamonds"), recorded, store);
            table.Section($"Rollouts of the diamonds sample on recorded traffic, {runs} seeds each, 300 requests/s");
            Same(table, samples, runs);
            Flaky(table, "flaky.yaml, 5 % errors", samples.Flaky, runs);
            Flaky(table, "the same without its shadow", samples.FlakyLive, runs);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        return table.Finish();
    }

    private static void Same(BenchTable table, Samples samples, int runs)
    {
        (RolloutState State, TimeSpan Took)[] ends = Each(table, "v1 -> v1-copy", runs, samples.Same);
        int back = ends.Count(e => e.State.Status == RolloutStatus.RolledBack);
        int done = ends.Count(e => e.State.Status == RolloutStatus.Succeeded);
        table.Judge(
            "v1 -> v1-copy (a-a.yaml): rolled back",
            $"{back} of {runs} ({done} succeeded)",
            $"<= {MostFalse * runs / 200}",
            back <= MostFalse * runs / 200
        );
        table.Judge("v1 -> v1-copy: ended", $"{back + done} of {runs}", $"{runs}", back + done == runs);
    }

    private static void Flaky(BenchTable table, string plan, Func<int, SimulatedRollout> make, int runs)
    {
        string what = $"v1 -> v2-flaky ({plan})";
        (RolloutState State, TimeSpan Took)[] ends = Each(table, what, runs, make);
        RolloutState[] back = [.. ends.Select(e => e.State).Where(s => s.Status == RolloutStatus.RolledBack)];
        int least = LeastCaught * runs / 200;
        table.Judge($"{what}: rolled back", $"{back.Length} of {runs}", $">= {least}", back.Length >= least);
        foreach (var phase in back.GroupBy(s => $"{s.Phase.Kind} {s.PhaseIndex + 1}").OrderBy(g => g.Key))
        {
            table.Tell($"{what}: rolled back in phase {phase.Key}", $"{phase.Count()}");
        }

        int named = back.Count(s => s.Verdict is { Culprit: "errors", SickRelease: "v2-flaky" });
        table.Tell($"{what}: errors named, and the release", $"{named} of {back.Length}");
    }

    private static (RolloutState State, TimeSpan Took)[] Each(
        BenchTable table,
        string what,
        int runs,
        Func<int, SimulatedRollout> make
    )
    {
        long start = Stopwatch.GetTimestamp();
        (RolloutState State, TimeSpan Took)[] ends = [.. Enumerable.Range(1, runs).Select(seed => make(seed).Run())];
        double[] took = [.. ends.Select(e => e.Took.TotalSeconds).Order()];
        table.Tell(
            $"{what}: virtual seconds, median and longest",
            FormattableString.Invariant($"{took[took.Length / 2]:0.0}, {took[^1]:0.0}")
        );
        table.Tell(
            $"{what}: seconds of this machine",
            FormattableString.Invariant($"{Stopwatch.GetElapsedTime(start).TotalSeconds:0.0}")
        );
        foreach (var reason in ends.Where(e => e.State.Status != RolloutStatus.Succeeded).GroupBy(Why).Take(5))
        {
            table.Tell($"{what}: {reason.Key}", $"{reason.Count()}");
        }

        return ends;
    }

    private static string Why((RolloutState State, TimeSpan Took) end) =>
        end.State.Verdict is { Culprit: { } culprit } ? $"{end.State.Status} by {culprit}" : $"{end.State.Status}";

    /// <summary>The sample's service and plans, as a node reads them.</summary>
    private sealed class Samples(string folder, ILookup<string, RecordedAnswer> recorded, RolloutStore store)
    {
        private readonly RecordedAnswer[] _v1 = [.. recorded["v1"]];
        private readonly RecordedAnswer[] _flaky = [.. recorded["v2-flaky"]];
        private readonly Service _service = Read<Resource.OfService>(folder, "service/service.yaml").Value;
        private readonly RolloutPlan _same = Read<Resource.OfRollout>(folder, "rollouts/a-a.yaml").Value;
        private readonly RolloutPlan _bad = Read<Resource.OfRollout>(folder, "rollouts/flaky.yaml").Value;

        public SimulatedRollout Same(int seed) =>
            new(_service, Salted(_same, seed), store, seed)
            {
                Stable = new RecordedTraffic(_v1, new Draws(seed, stream: 1)),
            };

        public SimulatedRollout Flaky(int seed) => Flaky(seed, _bad);

        private SimulatedRollout Flaky(int seed, RolloutPlan plan) =>
            new(_service, Salted(plan, seed), store, seed)
            {
                Stable = new RecordedTraffic(_v1, new Draws(seed, stream: 1)),
                Candidate = new RecordedTraffic(_flaky, new Draws(seed, stream: 2)),
                ErrorRate = 0.05,
            };

        // Nothing but live traffic: customers meet the errors, and the first share must find them.
        public SimulatedRollout FlakyLive(int seed) =>
            Flaky(
                seed,
                _bad with
                {
                    Name = $"{_bad.Name}-live",
                    Phases = [.. _bad.Phases.Where(p => p is not Phase.Shadow)],
                }
            );

        // Another salt reaches other customers; with one salt all runs would share the luck of one draw.
        private static RolloutPlan Salted(RolloutPlan plan, int seed) => plan with { Salt = $"{plan.Salt}-{seed}" };

        private static T Read<T>(string folder, string file)
            where T : Resource
        {
            Result<ResourceSet> read = ResourceReader.Read(File.ReadAllText(Path.Combine(folder, file)), file);
            return read.Value.Resources.OfType<T>().First();
        }
    }
}
