using Handover.Control.Evidence;
using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Core.Gates;
using Handover.Core.Traffic;
using Handover.Ports;
using Handover.Tests.Journal;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Handover.Tests.Record;

/// <summary>Contracts while serving: the first answer that breaks one decides, and is shown.</summary>
public sealed class ContractWatchTests : IAsyncDisposable
{
    private static readonly MetricGate Errors = new("errors", new Ratio(0.2));
    private static readonly MetricGate Contract = new("contract", Ratio.Zero);

    private readonly List<IAsyncDisposable> _watches = [];
    private readonly List<EvidenceWorld> _worlds = [];

    [Fact]
    public void The_first_violation_of_the_candidate_rolls_back_and_can_be_derived_again()
    {
        (EvidenceWorld world, ContractWatch watch) = World([Errors, Contract]);
        Assert.Equal(Outcome.Hold, Serve(world, watch, 200, _ => 100).Outcome);
        Verdict verdict = Serve(world, watch, 200, release => release == "v2" ? 2_000_000 : 100);
        Assert.Equal((Outcome.RollBack, "contract", "v2"), (verdict.Outcome, verdict.Culprit, verdict.SickRelease));
        Assert.Contains(
            "consumer quote: output price has the value 2000000",
            verdict.Reasons[0],
            StringComparison.Ordinal
        );
        Assert.True(Recomputation.Run(world.Store, "p.1").Value.Same);
        BrokenContract broken = world.Collector.Broken(world.State)[0];
        Assert.Equal(("v2", Purpose.Live, "consumer quote"), (broken.Release, broken.Purpose, broken.Owner));
        Assert.Contains("2000000", broken.Document, StringComparison.Ordinal);
    }

    [Fact]
    public void By_policy_it_holds_and_unlisted_it_is_watched_all_the_same()
    {
        foreach (
            MetricGate[] gates in (MetricGate[][])
                [
                    [Errors, Contract with { HoldOnly = true }],
                    [Errors],
                ]
        )
        {
            (EvidenceWorld world, ContractWatch watch) = World(gates);
            Verdict verdict = Serve(world, watch, 200, release => release == "v2" ? 2_000_000 : 100);
            Assert.Equal(Outcome.Hold, verdict.Outcome);
            Assert.StartsWith("v2 breaks a contract: consumer quote", verdict.Reasons[0], StringComparison.Ordinal);
        }
    }

    [Fact]
    public void What_stable_breaks_too_is_for_a_person()
    {
        (EvidenceWorld world, ContractWatch watch) = World([Errors, Contract]);
        Verdict verdict = Serve(world, watch, 200, _ => 2_000_000);
        Assert.Equal(Outcome.Hold, verdict.Outcome);
        Assert.Contains("but so does v1", verdict.Reasons[0], StringComparison.Ordinal);
    }

    [Fact]
    public void A_shadow_answer_and_one_that_cannot_be_read_are_violations_too()
    {
        (EvidenceWorld world, ContractWatch watch) = World([Errors, Contract]);
        Exchange shadow = Exchanges.One(1, "v2", Purpose.Shadow) with
        {
            At = world.Clock.GetUtcNow(),
            Response = Exchanges.Bytes("<html>"),
        };
        watch.Record(shadow);
        Verdict verdict = Serve(world, watch, 10, _ => 100);
        Assert.Equal(Outcome.RollBack, verdict.Outcome);
        Assert.Equal(Purpose.Shadow, world.Collector.Broken(world.State)[0].Purpose);
    }

    [Fact]
    public void Where_the_service_redacts_no_value_is_told()
    {
        var policy = new JournalPolicy { Redact = ["/outputs/0/data/0"] };
        (EvidenceWorld world, ContractWatch watch) = World([Errors, Contract], policy);
        Verdict verdict = Serve(world, watch, 200, release => release == "v2" ? 2_000_000 : 100);
        BrokenContract broken = world.Collector.Broken(world.State)[0];
        Assert.Equal("consumer quote: /outputs/price breaks the rule range (values are redacted)", broken.Detail);
        Assert.DoesNotContain("2000000", broken.Document + verdict.Reasons[0], StringComparison.Ordinal);
    }

    [Fact]
    public void After_the_rollout_and_a_restart_the_broken_answers_are_still_there()
    {
        (EvidenceWorld world, ContractWatch watch) = World([Errors, Contract]);
        Serve(world, watch, 200, release => release == "v2" ? 2_000_000 : 100);
        world.State = world.State with { EndedAt = world.Clock.GetUtcNow() };
        world.Collector.End(world.State);
        var after = new EvidenceCollector(world.Store, world.Clock, () => CatalogSnapshot.Empty);
        Assert.Equal("v2", after.Broken(world.State)[0].Release);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (IAsyncDisposable watch in _watches)
        {
            await watch.DisposeAsync();
        }

        _worlds.ForEach(w => w.Dispose());
    }

    private (EvidenceWorld World, ContractWatch Watch) World(MetricGate[] gates, JournalPolicy? policy = null)
    {
        Service service = EvidenceWorld.Plain with { Journal = policy ?? new JournalPolicy() };
        var world = new EvidenceWorld(new GatePlan { Metrics = gates }, service);
        _worlds.Add(world);
        var price = new TensorSpec("price", "FP64", [-1, 1]) { Range = new ValueRange(0, 1_000_000) };
        var quote = new Consumer("quote", "price", ConsumerRole.Decision, new Signature([price]));
        var catalog = new CatalogSnapshot
        {
            Services = new Dictionary<string, Service> { ["price"] = service },
            Consumers = new Dictionary<(string, string), Consumer> { [("price", "quote")] = quote },
        };
        var watch = new ContractWatch(world.Collector, () => catalog, NullLogger<ContractWatch>.Instance);
        _watches.Add(watch);
        return (world, watch);
    }

    private static Verdict Serve(EvidenceWorld world, ContractWatch watch, int requests, Func<string, double> price)
    {
        for (int i = 0; i < requests; i++)
        {
            watch.Record(world.Send($"e-{Guid.NewGuid():n}", _ => false, (release, _) => price(release)));
        }

        SpinWait.SpinUntil(() => watch.Idle, TimeSpan.FromSeconds(10));
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        return world.Collector.Judge(world.State, world.Clock.GetUtcNow())[0].Verdict;
    }
}
