using System.Text;
using Handover.Core.Catalog;
using Handover.Core.Divergence;
using Handover.Core.Foundation;
using Handover.Core.Gates;
using Handover.Core.Rollouts;
using Handover.Core.Traffic;
using Handover.Ports;
using Handover.Tests.Journal;
using Xunit;

namespace Handover.Tests.Record;

/// <summary>From three answers to one request to a verdict about decisions that flip at a threshold.</summary>
public sealed class FlipEvidenceTests : IDisposable
{
    private readonly EvidenceWorld _world = new(service: EvidenceWorld.Plain with { Protocol = WireProtocol.Json });
    private int _next;

    public FlipEvidenceTests() => Begin(new PathTolerance("/fraud") { Threshold = 0.8, Harm = HarmfulFlip.Up });

    [Fact]
    public void Decisions_that_flip_beyond_stables_noise_roll_back()
    {
        Ask(200, served: _ => 0.79, again: _ => 0.79, candidate: i => i % 10 == 0 ? 0.81 : 0.79);
        Verdict verdict = Judge();
        Assert.Equal((Outcome.RollBack, "flips"), (verdict.Outcome, verdict.Culprit));
        Assert.Contains("in 20 of 200 requests", verdict.Reasons[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Answers_that_all_differ_and_flips_in_the_harmless_direction_or_of_stable_itself_do_not()
    {
        Ask(100, served: _ => 0.7, again: _ => 0.7, candidate: _ => 0.5);
        Ask(100, served: _ => 0.9, again: _ => 0.9, candidate: _ => 0.1);
        Ask(200, served: _ => 0.79, again: i => i % 2 * 0.9, candidate: i => (i + 1) % 2 * 0.9);
        Verdict verdict = Judge();
        Assert.Equal(Outcome.Promote, verdict.Outcome);
        GateReading flips = verdict.Gates.Single(g => g.Name == "flips");
        Assert.Contains("in 100 of 400 requests", flips.Detail, StringComparison.Ordinal);
        Assert.Contains(
            verdict.Gates,
            g => g.Name == "divergence" && g.Detail.StartsWith("100%", StringComparison.Ordinal)
        );
    }

    [Fact]
    public void Too_few_requests_that_were_asked_three_times_hold()
    {
        Ask(89, served: _ => 0.5, again: _ => 0.5, candidate: _ => 0.5);
        Verdict verdict = Judge();
        Assert.Equal(Outcome.Hold, verdict.Outcome);
        Assert.Contains(verdict.Reasons, r => r.Contains("89 of at least 90", StringComparison.Ordinal));
    }

    [Fact]
    public void Flips_of_one_entity_count_once()
    {
        Ask(150, served: _ => 0.5, again: _ => 0.5, candidate: _ => 0.5);
        Ask(100, served: _ => 0.79, again: _ => 0.79, candidate: _ => 0.81, entity: "the one");
        GateReading flips = Judge().Gates.Single(g => g.Name == "flips");
        Assert.Contains("in 1 of 151 requests", flips.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Evidence_goes_on_after_a_restart_and_holds_when_answers_are_compared_by_other_rules()
    {
        Ask(200, served: _ => 0.5, again: _ => 0.5, candidate: _ => 0.5);
        Assert.Equal(Outcome.Promote, Judge().Outcome);
        _world.Restart();
        Assert.Equal(Outcome.Promote, Judge().Outcome);
        Begin(new PathTolerance("/fraud") { Threshold = 0.9, Harm = HarmfulFlip.Up });
        Verdict verdict = Judge();
        Assert.Equal(Outcome.Hold, verdict.Outcome);
        Assert.Contains(verdict.Reasons, r => r.Contains("compared by other rules", StringComparison.Ordinal));
    }

    public void Dispose() => _world.Dispose();

    private void Begin(PathTolerance compare)
    {
        _world.State = _world.State with
        {
            Plan = _world.State.Plan with
            {
                Phases =
                [
                    new Phase.Start(TimeSpan.FromMinutes(1)),
                    new Phase.Shadow(Share.All, 90) { Redraw = Share.All },
                    new Phase.Retire(TimeSpan.FromHours(1)),
                ],
                Gates = new GatePlan
                {
                    Metrics =
                    [
                        new MetricGate("errors", new Ratio(0.2)),
                        new MetricGate(MetricGate.Flips, new Ratio(0.005)),
                    ],
                },
                Compare = [compare],
            },
            Share = Share.None,
        };
        _world.Restart();

        // The phase is settled when it is looked at first.
        Judge();
    }

    private Verdict Judge()
    {
        _world.Clock.Advance(TimeSpan.FromSeconds(10));
        return _world.Collector.Judge(_world.State, _world.Clock.GetUtcNow())[0].Verdict;
    }

    private void Ask(
        int requests,
        Func<int, double> served,
        Func<int, double> again,
        Func<int, double> candidate,
        string? entity = null
    )
    {
        for (int i = 0; i < requests; i++)
        {
            string id = $"r-{_next++}";
            Exchange live = Exchanges.One(_next, "v1") with
            {
                RequestId = id,
                Entity = entity ?? id,
                Purpose = Purpose.Live,
                Reason = AssignReason.Stable,
                CandidateShare = Share.None,
                At = _world.Clock.GetUtcNow(),
                Response = Answer(served(i)),
            };
            _world.Collector.Record(live);
            _world.Collector.Record(live with { Purpose = Purpose.Redraw, Response = Answer(again(i)) });
            _world.Collector.Record(
                live with
                {
                    Release = "v2",
                    Purpose = Purpose.Shadow,
                    Response = Answer(candidate(i)),
                }
            );
        }
    }

    private static byte[] Answer(double fraud) =>
        Encoding.UTF8.GetBytes(FormattableString.Invariant($$"""{"fraud":{{fraud}}}"""));
}
