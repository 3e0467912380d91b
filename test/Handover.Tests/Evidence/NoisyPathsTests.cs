using CsCheck;
using Handover.Core.Evidence;
using Xunit;

namespace Handover.Tests.Evidence;

/// <summary>Noise of stable is told from a difference, path by path, and discoveries are seldom wrong.</summary>
public sealed class NoisyPathsTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    [Trait("Speed", "slow")]
    [Theory]
    [InlineData(0.05)]
    [InlineData(0.30)]
    public void Noise_alone_is_seldom_called_a_difference(double noise)
    {
        var streams = new Streams(91);
        int alarms = 0;
        for (int run = 0; run < 2_000; run++)
        {
            var paths = new NoisyPaths();
            for (int t = 0; t < 60; t++)
            {
                Feed(paths, "/price", streams, 500, noise, noise);
                if (paths.Important(["/price"]) >= Math.Log(20))
                {
                    alarms++;
                    break;
                }
            }
        }

        Assert.InRange(alarms, 1, 100);
    }

    [Fact]
    public void One_point_beyond_the_noise_is_found_and_named()
    {
        var streams = new Streams(92);
        var paths = new NoisyPaths();
        for (int t = 0; t < 120; t++)
        {
            Feed(paths, "/price", streams, 500, 0.06, 0.05);
            Feed(paths, "/text", streams, 500, 0.30, 0.30);
            Feed(paths, "/name", streams, 500, 0, 0);
        }

        NoisyPath found = paths.Differing(0.1).Single();
        Assert.Equal(("/price", 60_000L), (found.Name, found.Triples));
        Assert.InRange(found.Raw, 0.055, 0.065);
        Assert.InRange(found.Noise, 0.045, 0.055);
        Assert.Equal(3, paths.Count);
    }

    [Fact]
    public void What_is_tolerated_is_not_a_difference()
    {
        var streams = new Streams(93);
        var strict = new NoisyPaths();
        var lenient = new NoisyPaths(0.02);
        for (int t = 0; t < 60; t++)
        {
            int seed = t;
            Feed(strict, "/a", new Streams(1_000 + seed), 500, 0.06, 0.05);
            Feed(lenient, "/a", new Streams(1_000 + seed), 500, 0.06, 0.05);
        }

        Assert.Single(strict.Differing(0.1));
        Assert.Empty(lenient.Differing(0.1));
        Feed(lenient, "/a", streams, 20_000, 0.10, 0.05);
        Assert.Single(lenient.Differing(0.1));
    }

    [Fact]
    public void Evidence_is_that_of_the_sign_test()
    {
        var paths = new NoisyPaths();
        paths.Observe(Start, "/a", 9, 2, 5, 100);
        double[] thetas = [0.52, 0.55, 0.6, 0.65, 0.7, 0.8, 0.9, 0.95];
        double e = thetas.Average(th => Math.Pow(2 * th, 9) * Math.Pow(2 * (1 - th), 2));
        Assert.Equal(Math.Log(e), paths.All()[0].LogEvidence, 10);
        Assert.Equal(Math.Log((e + 1) / 2), paths.Important(["/a", "/never seen"]), 10);
        Assert.Equal(0, paths.Important([]));
    }

    [Fact]
    public void Paths_beyond_the_capacity_are_counted_together()
    {
        var paths = new NoisyPaths(0, 3);
        foreach (int i in Enumerable.Range(0, 10))
        {
            paths.Observe(Start, $"/p{i}", 1, 0, 0, 4);
        }

        Assert.Equal(3, paths.Count);
        NoisyPath rest = paths.All().Single(p => p.Name == NoisyPaths.Rest);
        Assert.Equal((8L, 40L), (rest.CandidateOnly, rest.Triples));
    }

    [Fact]
    public void The_order_of_ticks_and_of_paths_does_not_matter_and_a_saved_state_goes_on() =>
        Gen.Select(Gen.Int[0, 4], Gen.Long[0, 9], Gen.Long[0, 9], Gen.Long[0, 99])
            .Array[1, 12]
            .Sample(
                ticks =>
                {
                    var forward = new NoisyPaths(0.01);
                    var backward = new NoisyPaths(0.01);
                    foreach ((int p, long c, long s, long n) in ticks)
                    {
                        forward.Observe(Start, $"/a b/{p}", c, s, 0, n);
                    }

                    foreach ((int p, long c, long s, long n) in ticks.Reverse())
                    {
                        backward = NoisyPaths.Load(backward.Save(), 0.01)!;
                        backward.Observe(Start, $"/a b/{p}", c, s, 0, n);
                    }

                    foreach ((NoisyPath a, NoisyPath b) in forward.All().Zip(backward.All()))
                    {
                        Assert.Equal(a with { LogEvidence = 0 }, b with { LogEvidence = 0 });
                        Assert.Equal(a.LogEvidence, b.LogEvidence, 9);
                    }

                    string saved = forward.Save();
                    Assert.Equal(saved, NoisyPaths.Load(saved, 0.01)!.Save());
                    Assert.Null(NoisyPaths.Load(saved, 0.02));
                    Assert.Null(NoisyPaths.Load(saved[..saved.LastIndexOf(' ')], 0.01));
                    Assert.Null(NoisyPaths.Load(saved + " 0", 0.01));
                },
                iter: 100
            );

    [Fact]
    public void Discoveries_are_those_of_the_obvious_twin() =>
        Gen.Double[-3, 12]
            .Array[0, 30]
            .Sample(logs =>
            {
                // For every k, count who reaches J / (k rate); the largest k that enough of them reach wins.
                int most = 0;
                for (int k = 1; k <= logs.Length; k++)
                {
                    most = logs.Count(l => Math.Exp(l) >= logs.Length / (k * 0.1)) >= k ? k : most;
                }

                int[] named = FalseDiscovery.Select(logs, 0.1);
                Assert.Equal([.. logs.OrderDescending().Take(most)], named.Select(i => logs[i]).ToArray());
                Assert.Equal(named.Length, named.Distinct().Count());
            });

    [Fact]
    public void Two_strong_paths_help_each_other_over_the_line()
    {
        double half = Math.Log(4 / (2 * 0.1)) + 1e-9;
        Assert.Empty(FalseDiscovery.Select([half, 0, 0, 0], 0.1));
        Assert.Equal([0, 2], FalseDiscovery.Select([half, 0, half, 0], 0.1));
        Assert.Empty(FalseDiscovery.Select([], 0.1));
    }

    [Trait("Speed", "slow")]
    [Fact]
    public void Of_what_is_named_at_most_the_asked_part_is_wrong()
    {
        // 20 paths, of which two differ: the part of wrong names, averaged over runs.
        var streams = new Streams(94);
        double wrong = 0;
        const int Runs = 300;
        for (int run = 0; run < Runs; run++)
        {
            var paths = new NoisyPaths();
            for (int t = 0; t < 20; t++)
            {
                for (int p = 0; p < 20; p++)
                {
                    Feed(paths, $"/{p:00}", streams, 200, p < 2 ? 0.10 : 0.05, 0.05);
                }
            }

            IReadOnlyList<NoisyPath> named = paths.Differing(0.1);
            int false_ = named.Count(n => string.CompareOrdinal(n.Name, "/02") >= 0);
            wrong += named.Count == 0 ? 0 : (double)false_ / named.Count;
        }

        Assert.InRange(wrong / Runs, 0, 0.1);
    }

    private static void Feed(NoisyPaths paths, string path, Streams streams, double n, double candidate, double second)
    {
        long c = streams.Poisson(n * candidate * (1 - second));
        long s = streams.Poisson(n * second * (1 - candidate));
        paths.Observe(Start, path, c, s, 0, Math.Max(0, (long)n - c - s));
    }
}
