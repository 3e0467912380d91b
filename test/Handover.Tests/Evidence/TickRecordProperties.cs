using CsCheck;
using Handover.Core.Evidence;
using Handover.Core.Foundation;
using Xunit;

namespace Handover.Tests.Evidence;

/// <summary>What is kept of ticks and of entities reads back to the same.</summary>
public sealed class TickRecordProperties
{
    private static readonly Gen<long> Count = Gen.Long[0, 1_000_000];
    private static readonly Gen<MetricTick> Metric = Gen.Select(
        Name("errors", "latency", "loss", "predictions"),
        Gen.Int[0, 31],
        Count,
        Count,
        Gen.Select(Count, Count),
        Gen.Select(Count, Count),
        (name, level, cb, sb, units, bad) =>
            new MetricTick(name, level, cb, sb, units.Item1, units.Item2)
            {
                CandidateBadRequests = bad.Item1,
                StableBadRequests = bad.Item2,
                CandidateFirst = bad.Item2,
                StableFirst = units.Item1,
            }
    );

    private static readonly Gen<PairTick> Pair = Gen.Select(
        Name("errors", "loss", "divergence"),
        Count,
        Count,
        Count,
        Gen.Long[-1, 1000],
        (name, c, s, n, both) => new PairTick(name, c, s, n) { BothBad = both < 0 ? null : both }
    );

    private static readonly Gen<Tick> Ticks = Gen.Select(
        Gen.Long[0, DateTimeOffset.MaxValue.UtcTicks],
        Gen.Int[0, Share.Whole],
        Gen.Select(Count, Count, Count, Count, Count),
        Metric.Array[0, 12],
        Pair.Array[0, 3],
        (at, share, n, metrics, pairs) =>
            new Tick(new DateTimeOffset(at, TimeSpan.Zero), new Share(share), n.Item1, n.Item2, metrics)
            {
                Pairs = pairs,
                CandidateEntities = n.Item3,
                StableEntities = n.Item4,
                Violations = n.Item5,
            }
    );

    [Fact]
    public void A_tick_reads_back_to_the_same() =>
        Ticks.Sample(
            tick =>
            {
                Tick back = TickCodec.Read(TickCodec.Write(tick)).Value;
                Assert.Equal(tick.Metrics, back.Metrics);
                Assert.Equal(tick.Pairs, back.Pairs);
                Assert.Equal(tick with { Metrics = [], Pairs = [] }, back with { Metrics = [], Pairs = [] });
            },
            iter: 500
        );

    [Fact]
    public void A_tick_from_before_first_answers_were_kept_still_reads()
    {
        Tick old = TickCodec.Read("t1 638000000000000000 100000 10 90 1 2 0 1 errors 0 3 4 50 450 5 6 0").Value;
        MetricTick metric = new("errors", 0, 3, 4, 50, 450) { CandidateBadRequests = 5, StableBadRequests = 6 };
        Assert.Equal(metric, old.Metrics.Single());
        Assert.Equal((10L, 90L, 1L, 2L, 0L), Numbers(old));
        Assert.False(TickCodec.Read("t2 638000000000000000 100000 10 90 1 2 0 1 errors 0 3 4 50 450 5 6 0").Ok);

        static (long, long, long, long, long) Numbers(Tick t) =>
            (t.CandidateRequests, t.StableRequests, t.CandidateEntities, t.StableEntities, t.Violations);
    }

    [Fact]
    public void A_tick_that_is_cut_off_or_too_long_is_refused() =>
        Gen.Select(Ticks, Gen.Double[0, 0.99])
            .Sample(
                (tick, part) =>
                {
                    string line = TickCodec.Write(tick);
                    string[] words = line.Split(' ');
                    Assert.False(TickCodec.Read(string.Join(' ', words[..(int)(words.Length * part)])).Ok);
                    Assert.False(TickCodec.Read(line + " 0").Ok);
                    Assert.False(TickCodec.Read("t9" + line[2..]).Ok);
                },
                iter: 200
            );

    [Fact]
    public void Each_entity_and_level_is_new_once_and_memory_is_bounded()
    {
        var sample = new EntitySample(1_000);
        int first = 0;
        for (int i = 0; i < 20_000; i++)
        {
            first += sample.FirstSeen($"c-{i}") ? 1 : 0;
            Assert.False(sample.FirstSeen($"c-{i}"));
            Assert.InRange(sample.Count, 0, 1_000);
        }

        Assert.InRange(first, 2_000, 8_000);
        int kept = Enumerable.Range(0, 20_000).Count(i => sample.Has($"c-{i}"));
        Assert.InRange(kept, 300, 1_000);
        Assert.Equal(kept, sample.Count);
        string inSample = Enumerable.Range(0, 20_000).Select(i => $"c-{i}").First(sample.Has);
        Assert.True(sample.FirstSeen(inSample, level: 3));
    }

    [Fact]
    public void A_sample_that_was_saved_goes_on_with_what_it_has_seen()
    {
        var sample = new EntitySample(100);
        for (int i = 0; i < 500; i++)
        {
            sample.FirstSeen($"c-{i}");
        }

        EntitySample back = EntitySample.Load([sample.Page()!.Keys], sample.Halvings, 100)!;
        Assert.Equal((sample.Count, sample.Halvings), (back.Count, back.Halvings));
        Assert.All(Enumerable.Range(0, 500), i => Assert.False(back.FirstSeen($"c-{i}")));
        Assert.Null(EntitySample.Load([new byte[17]], 0, 100));
    }

    [Fact]
    public void Pages_of_what_is_new_add_up_to_all_that_was_seen() =>
        Gen.Select(Gen.Int[0, 400].Array[1, 60], Gen.Bool)
            .Array[1, 20]
            .Sample(
                saves =>
                {
                    // The twin keeps everything; a save is lost from time to time, as when the disk is slow.
                    var sample = new EntitySample(64);
                    var disk = new List<byte[]>();
                    foreach ((int[] entities, bool lost) in saves)
                    {
                        foreach (int e in entities)
                        {
                            sample.FirstSeen($"c-{e}");
                        }

                        if (sample.Page() is { } page && !lost)
                        {
                            sample.FirstSeen("came while the page was written");
                            disk = page.Replaces ? [page.Keys] : [.. disk, page.Keys];
                            sample.Kept(page);
                        }
                    }

                    if (sample.Page() is { } rest)
                    {
                        disk = rest.Replaces ? [rest.Keys] : [.. disk, rest.Keys];
                    }

                    EntitySample back = EntitySample.Load(disk, sample.Halvings, 64)!;
                    Assert.Equal(sample.Count, back.Count);
                    int[] all = [.. Enumerable.Range(0, 401)];
                    Assert.Equal(
                        all.Select(e => sample.FirstSeen($"c-{e}")),
                        all.Select(e => back.FirstSeen($"c-{e}"))
                    );
                },
                iter: 200
            );

    [Fact]
    public void A_page_holds_only_what_is_new()
    {
        var filter = new UnitFilter();
        Assert.Null(filter.Page());
        filter.FirstBad("errors", 0, "a");
        filter.FirstBad("errors", 0, "b");
        SeenPage first = filter.Page()!;
        Assert.Equal((32, false), (first.Keys.Length, first.Replaces));
        filter.FirstBad("errors", 0, "c");
        filter.Kept(first);
        SeenPage second = filter.Page()!;
        Assert.Equal(16, second.Keys.Length);
        filter.Kept(second);
        Assert.Null(filter.Page());
        Assert.Equal(3, UnitFilter.Load([second.Keys, first.Keys])!.Count);
    }

    private static Gen<string> Name(params string[] names) => Gen.Int[0, names.Length - 1].Select(i => names[i]);
}
