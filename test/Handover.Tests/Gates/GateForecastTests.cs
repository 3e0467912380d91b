using Handover.Core.Catalog;
using Handover.Core.Evidence;
using Handover.Core.Foundation;
using Handover.Core.Gates;
using Handover.Tests.Evidence;
using Xunit;

namespace Handover.Tests.Gates;

/// <summary>Forecasts name the metric that decides, and come true on average.</summary>
public sealed class GateForecastTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);
    private static readonly ForecastStep[] Ramp =
    [
        new(0.01, TimeSpan.FromMinutes(5), 1_000),
        new(0.10, TimeSpan.FromMinutes(5), 1_000),
        new(0.50, TimeSpan.FromMinutes(5), 1_000),
        new(1.00, TimeSpan.FromHours(1), 0),
    ];

    [Fact]
    public void Without_proof_the_least_times_and_requests_decide()
    {
        GateForecast ahead = GateForecast.Of(Book(new GatePlan()), Ramp, 100, Errors(0.01));
        Assert.Equal(TimeSpan.FromSeconds(1_000 + 300 + 300 + 3_600), ahead.Promote);
        Assert.Null(ahead.PromotionDecidedBy);
        Assert.All(ahead.Metrics, m => Assert.Equal(TimeSpan.Zero, m.Promote));
        Assert.Equal("errors", ahead.FirstToRollBack);
        Assert.Null(GateForecast.Of(Book(new GatePlan()), Ramp, 0, Unknown).Promote);
    }

    [Fact]
    public void With_proof_the_slowest_metric_decides_and_one_that_never_can_is_named()
    {
        GatePlan plan = new() { Promote = PromotionRule.Proof };
        var objectives = new Objectives { Errors = new Ratio(0.01), P99 = TimeSpan.FromMilliseconds(250) };
        GateForecast both = GateForecast.Of(Book(plan, objectives), Ramp, 1, Errors(0.002));
        Assert.NotNull(both.Promote);
        Assert.All(both.Metrics, m => Assert.True(m.Promote > TimeSpan.Zero));
        GateForecast never = GateForecast.Of(Book(plan), Ramp, 1, Unknown);
        Assert.Null(never.Promote);
        Assert.Equal("errors", never.PromotionDecidedBy);
    }

    [Fact]
    public void A_proof_that_takes_longer_than_the_plan_makes_the_rollout_longer()
    {
        GatePlan plan = new()
        {
            Promote = PromotionRule.Proof,
            Metrics = [new MetricGate("errors", new Ratio(0.2)) { Critical = true }],
        };
        ForecastStep[] hour = [new(0.1, TimeSpan.FromHours(1), 0)];
        GateForecast slow = GateForecast.Of(Book(plan), hour, 10, Errors(0.01));
        Assert.Equal(slow.Metrics[0].Promote, slow.Promote);
        Assert.True(slow.Promote > TimeSpan.FromHours(1));
        Assert.Equal("errors", slow.PromotionDecidedBy);
        GateForecast quick = GateForecast.Of(Book(plan), hour, 10_000, Errors(0.01));
        Assert.Equal(TimeSpan.FromHours(1), quick.Promote);
        Assert.Null(quick.PromotionDecidedBy);
    }

    [Trait("Speed", "slow")]
    [Fact]
    public void A_sick_candidate_is_rolled_back_about_when_it_was_said()
    {
        // Twice as bad as the margin allows, at one share: the mean over 200 rollouts against the forecast.
        ForecastStep[] steps = [new(0.1, TimeSpan.FromHours(6), 0)];
        TimeSpan said = GateForecast.Of(Book(new GatePlan()), steps, 100, Errors(0.01)).Metrics[0].RollBack!.Value;
        var streams = new Streams(61);
        double seconds = 0;
        for (int run = 0; run < 200; run++)
        {
            GateBook book = Book(new GatePlan());
            int t = 0;
            do
            {
                t++;
                var errors = new MetricTick("errors", 0, streams.Poisson(10 * 0.024), streams.Poisson(0.9), 10, 90);
                book.Observe(new Tick(Start.AddSeconds(t), Share.FromPercent(10), 10, 90, [errors]));
            } while (book.Harm < Math.Log(20));
            seconds += t;
        }

        Assert.InRange(seconds / 200, said.TotalSeconds * 0.6, said.TotalSeconds * 1.2);
    }

    [Fact]
    public void What_has_been_gathered_shortens_what_is_left()
    {
        GatePlan plan = new()
        {
            Promote = PromotionRule.Proof,
            Metrics = [new MetricGate("errors", new Ratio(0.2)) { Critical = true }],
        };
        var objectives = new Objectives { Errors = new Ratio(0.01) };
        ForecastStep[] steps = [new(0.1, TimeSpan.FromMinutes(1), 0)];
        GateBook book = Book(plan, objectives);
        TimeSpan? before = GateForecast.Of(book, steps, 100, Unknown).Metrics[0].Promote;
        book.Observe(Clean(1, 200));
        TimeSpan? later = GateForecast.Of(book, steps, 100, Unknown).Metrics[0].Promote;
        book.Observe(Clean(2, 300));
        TimeSpan? proven = GateForecast.Of(book, steps, 100, Unknown).Metrics[0].Promote;
        Assert.InRange(before!.Value.TotalSeconds, 40, 50);
        Assert.InRange((before - later)!.Value.TotalSeconds, 10, 20);
        Assert.Equal(TimeSpan.Zero, proven);
    }

    private static IReadOnlyDictionary<string, Ratio> Unknown => new Dictionary<string, Ratio>();

    private static IReadOnlyDictionary<string, Ratio> Errors(double rate) =>
        new Dictionary<string, Ratio> { ["errors"] = new(rate) };

    private static Tick Clean(int second, long units) =>
        new(
            Start.AddSeconds(second),
            Share.FromPercent(10),
            units,
            9 * units,
            [new MetricTick("errors", 0, 0, 0, units, 9 * units)]
        );

    private static GateBook Book(GatePlan plan, Objectives? objectives = null) =>
        GateBook.Start(
            new GateSetup(plan, objectives ?? new Objectives(), RestartPlan.Over(Start, TimeSpan.FromMinutes(60)))
        );
}
