using Handover.Control.Evidence;
using Handover.Control.Labels;
using Handover.Core.Foundation;
using Handover.Core.Gates;
using Handover.Core.Rollouts;
using Handover.Ports;
using Handover.Tests.Journal;
using Xunit;

namespace Handover.Tests.Record;

/// <summary>Stable against itself: whatever the gates find there is a false alarm.</summary>
public sealed class SameReleaseTrialTests
{
    private const int Runs = 60;

    [Fact]
    public void Independent_failures_alarm_no_more_often_than_alpha_allows()
    {
        int alarms = Alarms((random, _) => random.NextDouble() < 0.02, entities: 2000);
        Assert.InRange(alarms, 0, 8);
    }

    [Fact]
    public void Customers_that_always_fail_alarm_no_more_often_because_each_counts_once()
    {
        int alarms = Alarms((_, entity) => entity % 25 == 0, entities: 1000);
        Assert.InRange(alarms, 0, 8);
    }

    [Fact]
    public void An_alarm_level_that_is_too_loose_shows()
    {
        int alarms = Alarms((random, _) => random.NextDouble() < 0.02, entities: 2000, alpha: 0.5);
        Assert.InRange(alarms, 9, Runs);
    }

    private static int Alarms(Func<Random, int, bool> fails, int entities, double alpha = 0.05)
    {
        var random = new Random(7);
        List<Exchange> recorded = [];
        for (int i = 0; i < 5000; i++)
        {
            int entity = random.Next(entities);
            recorded.Add(
                Exchanges.One(i) with
                {
                    Entity = $"c-{entity}",
                    At = Exchanges.Start.AddMilliseconds(20 * i),
                    Outcome = fails(random, entity) ? ExchangeOutcome.ModelError : ExchangeOutcome.Ok,
                }
            );
        }

        var plan = new RolloutPlan
        {
            Name = "aa",
            Service = "price",
            To = "v1",
            Salt = "aa",
            Phases = StrategyPhases.For(Strategy.Parallel),
            Gates = new GatePlan { Alpha = new Ratio(alpha), Metrics = [new MetricGate("errors", Ratio.Zero)] },
        };
        var trial = new SameReleaseTrial(
            EvidenceWorld.Plain,
            plan,
            recorded[..1000],
            recorded[1000..],
            new Dictionary<string, LabelledExchange>()
        );
        return Enumerable.Range(0, Runs).Count(i => trial.Run($"t-{i}") is { Culprit: "errors", Looks: > 0 });
    }
}
