using Handover.Control.Evidence;
using Handover.Core.Foundation;
using Handover.Core.Gates;
using Xunit;

namespace Handover.Tests.Record;

/// <summary>A candidate that answers differently holds for a person, who is told where it differs.</summary>
public sealed class PredictionEvidenceTests : IDisposable
{
    private readonly EvidenceWorld _world = new(
        new GatePlan
        {
            Metrics =
            [
                new MetricGate("errors", new Ratio(0.2)),
                new MetricGate("predictions", new Ratio(0.25)) { HoldOnly = true },
            ],
        }
    );

    [Fact]
    public void Before_stable_has_answered_enough_the_metric_is_missing()
    {
        Verdict verdict = _world.Second(100, _ => false, Usual);
        Assert.Contains(
            verdict.Reasons,
            r => r.StartsWith("predictions is missing: stable needs", StringComparison.Ordinal)
        );
    }

    [Fact]
    public void Equal_answers_do_not_hold()
    {
        Verdict verdict = Run(Usual);
        Assert.DoesNotContain(verdict.Reasons, r => r.Contains("predictions", StringComparison.Ordinal));
        GateReading reading = verdict.Gates.Single(g => g.Name == "predictions");
        Assert.Equal(Outcome.Promote, reading.Outcome);
        Assert.True(reading.N > 500);
    }

    [Fact]
    public void More_high_scores_hold_and_the_bin_is_named()
    {
        Verdict verdict = Run((release, i) => release == "v2" && i % 4 == 0 ? 5_000 : Usual(release, i));
        Assert.Equal(Outcome.Hold, verdict.Outcome);
        string reason = verdict.Reasons.Single(r => r.StartsWith("predictions differs", StringComparison.Ordinal));
        Assert.Contains("between the releases in above", reason);
        Assert.Contains("a person must look", reason);
        Assert.Null(verdict.SickRelease);
    }

    [Fact]
    public void Fewer_scores_of_a_kind_hold_as_well()
    {
        Verdict verdict = Run((release, i) => release == "v2" ? Math.Max(500, Usual(release, i)) : Usual(release, i));
        Assert.Contains(verdict.Reasons, r => r.StartsWith("predictions differs", StringComparison.Ordinal));
    }

    [Fact]
    public void Bins_and_counts_outlive_a_crash_and_verdicts_come_out_again()
    {
        Run(Usual);
        _world.Restart();
        Assert.Equal(13, _world.Collector.Counts("price").Count(c => c.Metric == "predictions"));
        Verdict verdict = _world.Second(50, _ => false, Usual);
        Assert.DoesNotContain(verdict.Reasons, r => r.Contains("missing", StringComparison.Ordinal));
        Assert.True(Recomputation.Run(_world.Store, "p.1").Value.Same);
    }

    public void Dispose() => _world.Dispose();

    private Verdict Run(Func<string, int, double> price)
    {
        Verdict verdict = null!;
        for (int i = 0; i < 60; i++)
        {
            if (i == 30)
            {
                // The least time of the phase, with the record of what was seen before on disk.
                _world.Clock.Advance(TimeSpan.FromSeconds(10));
            }

            verdict = _world.Second(200, _ => false, price);
        }

        return verdict;
    }

    private static double Usual(string release, int i) => (i * 7919L) % 1_000;
}
