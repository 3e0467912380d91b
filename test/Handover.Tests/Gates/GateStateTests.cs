using Handover.Core.Catalog;
using Handover.Core.Evidence;
using Handover.Core.Foundation;
using Handover.Core.Gates;
using Handover.Tests.Evidence;
using Xunit;

namespace Handover.Tests.Gates;

/// <summary>Evidence survives a restart to the last bit, shadow evidence decides, and a tick costs no memory.</summary>
public sealed class GateStateTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);
    private static readonly GatePlan Everything = new()
    {
        Metrics =
        [
            new("errors", new Ratio(0.2)) { Critical = true },
            new("latency", new Ratio(0.2)),
            new("loss", new Ratio(0.05)),
            new("predictions", new Ratio(0.25)) { HoldOnly = true },
        ],
    };

    [Fact]
    public void A_book_that_was_saved_and_loaded_goes_on_bit_for_bit()
    {
        GateBook through = GateBook.Start(Setup());
        GateBook interrupted = GateBook.Start(Setup());
        var streams = new Streams(51);
        for (int t = 1; t <= 120; t++)
        {
            Tick tick = Random(t, streams);
            through.Observe(tick);
            interrupted = GateBook.Load(Setup(), interrupted.Save()).Value;
            interrupted.Observe(tick);
        }

        Assert.Equal(BitConverter.DoubleToInt64Bits(through.Harm), BitConverter.DoubleToInt64Bits(interrupted.Harm));
        Assert.Equal(through.Save(), interrupted.Save());
        Assert.Equal(through.Counts, interrupted.Counts);
        Assert.Equal(Words(through), Words(interrupted));
        Assert.Equal(120, interrupted.Ticks);
    }

    [Fact]
    public void Evidence_is_not_carried_over_to_other_gates()
    {
        string saved = GateBook.Start(Setup()).Save();
        GateSetup other = Setup() with { Plan = Everything with { Alpha = new Ratio(0.01) } };
        Assert.Equal("evidence-of-another-plan", GateBook.Load(other, saved).Problems[0].Code);
    }

    [Theory]
    [InlineData(0.2)]
    [InlineData(0.5)]
    [InlineData(0.99)]
    public void Damaged_evidence_is_refused(double part)
    {
        GateBook book = GateBook.Start(Setup());
        book.Observe(Random(1, new Streams(52)));
        string saved = book.Save();
        Assert.False(GateBook.Load(Setup(), saved[..(int)(saved.Length * part)]).Ok);
        Assert.False(GateBook.Load(Setup(), saved + " 1").Ok);
        Assert.False(GateBook.Load(Setup(), "").Ok);
    }

    [Fact]
    public void A_tick_allocates_nothing_after_the_first()
    {
        GateBook book = GateBook.Start(Setup());
        var streams = new Streams(53);
        Tick[] ticks = [.. Enumerable.Range(1, 50).Select(t => Random(t, streams))];
        book.Observe(ticks[0]);
        _ = book.Harm;
        long before = GC.GetAllocatedBytesForCurrentThread();
        foreach (Tick tick in ticks)
        {
            book.Observe(tick);
            _ = book.Harm;
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void In_shadow_a_candidate_with_the_larger_loss_is_rolled_back()
    {
        GateBook book = GateBook.Start(Setup());
        Shadow(book, new PairTick("loss", 330, 170, 500));
        Verdict verdict = book.Judge(Input());
        Assert.Equal(Outcome.RollBack, verdict.Outcome);
        Assert.Equal("loss", verdict.Culprit);
        Assert.Contains("on the same requests", verdict.Reasons[0]);
    }

    [Fact]
    public void In_shadow_raw_divergence_informs_and_never_decides()
    {
        GateBook book = GateBook.Start(Setup());
        Shadow(book, new PairTick("divergence", 1_500, 0, 2_000));
        Verdict verdict = book.Judge(Input() with { ShadowPairs = 2_000, LeastPairs = 2_000 });
        Assert.Equal(Outcome.Promote, verdict.Outcome);
        Assert.Contains(verdict.Gates, g => g.Name == "divergence" && g.Detail.Contains("75% of 2,000"));
    }

    [Fact]
    public void In_shadow_too_few_pairs_hold()
    {
        GateBook book = GateBook.Start(Setup());
        Shadow(book, new PairTick("loss", 10, 12, 22));
        Verdict verdict = book.Judge(Input() with { ShadowPairs = 22, LeastPairs = 2_000 });
        Assert.Equal(Outcome.Hold, verdict.Outcome);
        Assert.Contains("22 of at least 2,000 shadow pairs", verdict.Reasons[0]);
    }

    [Fact]
    public void In_shadow_clean_pairs_prove_the_objective()
    {
        GatePlan plan = new()
        {
            Promote = PromotionRule.Proof,
            Metrics = [new MetricGate("errors", new Ratio(0.2)), new MetricGate("latency", new Ratio(0.2))],
        };
        var setup = Setup() with
        {
            Plan = plan,
            Objectives = new Objectives { Errors = new Ratio(0.01) },
        };
        GateBook book = GateBook.Start(setup);
        Shadow(book, new PairTick("errors", 0, 0, 500) { BothBad = 0 });
        Assert.Equal(Outcome.Promote, book.Judge(Input()).Outcome);
        GateBook unknown = GateBook.Start(setup);
        Shadow(unknown, new PairTick("errors", 0, 0, 500));
        Assert.Equal(Outcome.Hold, unknown.Judge(Input()).Outcome);
    }

    [Fact]
    public void A_forecast_is_the_sum_of_the_longer_of_time_and_requests()
    {
        ForecastStep[] steps =
        [
            new(0.01, TimeSpan.FromMinutes(5), 1_000),
            new(0.50, TimeSpan.FromMinutes(5), 1_000),
            new(1.00, TimeSpan.FromHours(1), 0),
        ];
        Assert.Equal(TimeSpan.FromSeconds(1_000 + 300 + 3_600), Forecast.NoHarm(steps, 100));
        Assert.Null(Forecast.NoHarm(steps, 0));
    }

    [Fact]
    public void Forecasts_of_proof_agree_with_the_measured_medians()
    {
        // statistics.md 1.8: 100 requests per second at 10 %, base 0.5 %, margin 1.5: measured 11.5 min, beta 5 %, the
        // information limit 12.2 min. Here each route has half of beta, so beta is doubled.
        ForecastStep[] steps = [new(0.10, TimeSpan.FromHours(1), 0)];
        TimeSpan proof = Forecast.Prove(steps, 100, new Ratio(0.005), 0.5, 0.1)!.Value;
        Assert.InRange(proof.TotalMinutes, 11.5, 12.5);
        TimeSpan objective = Forecast.ProveObjective(steps, 100, new Ratio(0.01), 0.05)!.Value;
        Assert.InRange(objective.TotalSeconds, 43, 44);
        Assert.Null(Forecast.Prove([new(1, TimeSpan.FromHours(1), 0)], 100, new Ratio(0.005), 0.5, 0.05));
        TimeSpan harm = Forecast.RollBack(steps, 100, new Ratio(0.01), 3, 0.2, 0.05)!.Value;
        Assert.InRange(harm.TotalSeconds, 30, 120);
    }

    private static GateSetup Setup() =>
        new(
            Everything,
            new Objectives { Errors = new Ratio(0.02), P99 = TimeSpan.FromMilliseconds(250) },
            RestartPlan.Over(Start, TimeSpan.FromMinutes(10))
        )
        {
            Shadows = true,
        };

    private static void Shadow(GateBook book, PairTick pairs) =>
        book.Observe(new Tick(Start.AddSeconds(5), Share.None, 0, 500, []) { Pairs = [pairs] });

    private static Tick Random(int t, Streams streams)
    {
        var metrics = new List<MetricTick> { new("errors", 0, streams.Poisson(0.5), streams.Poisson(4), 50, 450) };
        foreach (string name in (string[])["latency", "loss"])
        {
            for (int j = 0; j < (name == "latency" ? 7 : 6); j++)
            {
                metrics.Add(new MetricTick(name, j, streams.Poisson(3), streams.Poisson(27), 50, 450));
            }
        }

        metrics.AddRange(
            Enumerable
                .Range(0, 4)
                .Select(j => new MetricTick("predictions", j, streams.Poisson(5), 45, 50, 450)
                {
                    CandidateFirst = streams.Poisson(2),
                    StableFirst = streams.Poisson(18),
                })
        );
        return new Tick(Start.AddSeconds(5 * t), Share.FromPercent(10), 50, 450, metrics)
        {
            Pairs = [new PairTick("loss", streams.Poisson(5), streams.Poisson(5), 100) { BothBad = 1 }],
        };
    }

    private static string Words(GateBook book) => string.Join('\n', book.Judge(Input()).Gates);

    private static JudgeInput Input() => new(JudgedPhase.Shadow, Start.AddMinutes(5), Share.None, "v1", "v2");
}
