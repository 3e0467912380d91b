using CsCheck;
using Handover.Core.Evidence;
using Handover.Core.Foundation;
using Xunit;

namespace Handover.Tests.Evidence;

/// <summary>Obvious twins of what is around the e-processes: restarts, overshoot, split, objective, units.</summary>
public sealed class TwinTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void The_split_is_the_urn_that_learns_unit_by_unit() =>
        Gen.Select(Gen.Bool.Array[1, 60], Gen.Double[0.05, 0.95])
            .Sample(
                (units, share) =>
                {
                    // A Beta prior worth a hundred units: each unit is predicted from those before it.
                    double log = 0;
                    double candidate = 100 * share;
                    double all = 100;
                    foreach (bool mine in units)
                    {
                        log += Math.Log((mine ? candidate : all - candidate) / all);
                        log -= Math.Log(mine ? share : 1 - share);
                        candidate += mine ? 1 : 0;
                        all++;
                    }

                    long count = units.LongCount(mine => mine);
                    double found = DirichletMixture.LogEvidence(count, units.Length - count, share);
                    Assert.Equal(log, found, 1e-9);
                },
                iter: 200
            );

    [Fact]
    public void Evidence_against_an_objective_is_the_mean_over_rates_of_likelihood_ratios() =>
        Gen.Select(Gen.Double[0.001, 0.4], Gen.Long[0, 20], Gen.Long[0, 400])
            .Sample(
                (limit, bad, good) =>
                {
                    double[] odds = [1.1, 1.2, 1.35, 1.5, 1.75, 2, 2.5, 3, 4, 6, 10, 20, 50, 200];
                    double[] above = [.. odds.Select(r => limit * r / (1 - limit + (limit * r)))];
                    double[] below = [.. new[] { 0.8, 0.65, 0.5, 0.35, 0.2, 0.1, 0.03 }.Select(f => f * limit)];
                    double harm = above.Average(Ratio);
                    double safe = (Ratio(0) / 2) + (below.Average(Ratio) / 2);
                    ObjectiveEProcess h = ObjectiveEProcess.Harm(limit, null);
                    ObjectiveEProcess s = ObjectiveEProcess.Safe(limit);
                    h.Observe(Start, bad, bad + good);
                    s.Observe(Start, bad, bad + good);
                    Assert.Equal(harm, Math.Exp(h.LogEvidence), 1e-9 * (1 + harm));
                    Assert.Equal(safe, Math.Exp(s.LogEvidence), 1e-9 * (1 + safe));

                    double Ratio(double rate) => Math.Pow(rate / limit, bad) * Math.Pow((1 - rate) / (1 - limit), good);
                },
                iter: 200
            );

    [Theory]
    [InlineData(0, 0.7)]
    [InlineData(59, 0.7)]
    [InlineData(60, 0.73)]
    [InlineData(300, 0.85)]
    [InlineData(100_000, 1.0)]
    public void Bets_start_when_their_time_has_come(int seconds, double begun)
    {
        // Ten later starts, each a minute; one certain event multiplies what has begun and leaves the reserve.
        var plan = new RestartPlan(Start, TimeSpan.FromMinutes(1), 10);
        var process = new CountEProcess(0, [Math.Log(2)], [1.0], plan);
        process.Observe(Start.AddSeconds(seconds), 0.5, 1, 0);
        double factor = 2 / 1.5;
        Assert.Equal((begun * factor) + (1 - begun), Math.Exp(process.LogEvidence), 1e-12);
        ObjectiveEProcess objective = ObjectiveEProcess.Harm(0.5, plan);
        objective.Observe(Start.AddSeconds(seconds), 1, 1);
        ObjectiveEProcess at = ObjectiveEProcess.Harm(0.5, null);
        at.Observe(Start, 1, 1);
        double whole = Math.Exp(at.LogEvidence);
        Assert.Equal((begun * whole) + (1 - begun), Math.Exp(objective.LogEvidence), 1e-12);
        PairedEProcess pairs = PairedEProcess.Harm(0, plan);
        pairs.Observe(Start.AddSeconds(seconds), 1, 0, 0, 0);
        PairedEProcess first = PairedEProcess.Harm(0, null);
        first.Observe(Start, 1, 0, 0, 0);
        double pair = Math.Exp(first.LogEvidence);
        Assert.Equal((begun * pair) + (1 - begun), Math.Exp(pairs.LogEvidence), 1e-12);
    }

    [Fact]
    public void Restarts_are_a_minute_apart_and_wider_in_long_rollouts()
    {
        Assert.Equal(
            new RestartPlan(Start, TimeSpan.FromMinutes(1), 50),
            RestartPlan.Over(Start, TimeSpan.FromMinutes(50))
        );
        Assert.Equal(
            new RestartPlan(Start, TimeSpan.FromMinutes(2), 750),
            RestartPlan.Over(Start, TimeSpan.FromHours(25))
        );
        Assert.Equal(0, RestartPlan.Over(Start, TimeSpan.FromSeconds(59)).Count);
        Assert.Equal(0, RestartPlan.Over(Start, TimeSpan.FromHours(1)).Due(Start.AddHours(-1)));
    }

    [Fact]
    public void Evidence_of_something_rarer_is_that_of_more_with_the_releases_exchanged() =>
        Gen.Select(Gen.Double[0.05, 0.95], Gen.Double[0, 1], Gen.Long[0, 30], Gen.Long[0, 30])
            .Sample(
                (rho, margin, c, s) =>
                {
                    CountEProcess fewer = CountEProcess.Fewer(margin, null);
                    CountEProcess more = CountEProcess.Harm(margin, null);
                    fewer.Observe(Start, rho, c, s);
                    more.Observe(Start, 1 - rho, s, c);
                    Assert.Equal(more.LogEvidence, fewer.LogEvidence, 1e-9);
                },
                iter: 200
            );

    [Fact]
    public void A_share_that_changes_is_taken_at_its_own_time()
    {
        CountEProcess one = CountEProcess.Harm(0, null);
        one.Observe(Start, 0.1, 2, 3);
        one.Observe(Start, 0.5, 2, 3);
        one.Observe(Start, 0.1, 1, 0);
        double[] grid = EProcessOracle.HarmGrid(0);
        Assert.Equal(
            Math.Log(EProcessOracle.Counts(0, grid, [(0.1, 2L, 3L), (0.5, 2L, 3L), (0.1, 1L, 0L)])),
            one.LogEvidence,
            1e-9
        );
    }

    [Fact]
    public void Splitting_a_tick_between_gateways_changes_nothing() =>
        Gen.Select(Gen.Double[0.01, 0.99], Gen.Long[0, 40], Gen.Long[0, 40], Gen.Double[0, 1], Gen.Double[0, 1])
            .Sample(
                (rho, c, s, partC, partS) =>
                {
                    CountEProcess whole = CountEProcess.Harm(0.2, null);
                    CountEProcess split = CountEProcess.Harm(0.2, null);
                    (long c1, long s1) = ((long)(c * partC), (long)(s * partS));
                    whole.Observe(Start, rho, c, s);
                    split.Observe(Start, rho, c1, s1);
                    split.Observe(Start, rho, c - c1, s - s1);
                    Assert.Equal(whole.LogEvidence, split.LogEvidence, 1e-9 * (1 + Math.Abs(whole.LogEvidence)));
                },
                iter: 300
            );

    [Fact]
    public void Beyond_its_cap_evidence_is_not_boosted_any_more()
    {
        // A capped process that has decided goes on like one without a cap.
        CountEProcess capped = CountEProcess.Harm(0, null, Math.Log(3));
        capped.Observe(Start, 0.1, 6, 1);
        double before = capped.LogEvidence;
        Assert.True(before > Math.Log(3));
        CountEProcess plain = CountEProcess.Harm(0, null);
        plain.Observe(Start, 0.1, 6, 1);
        double gap = before - plain.LogEvidence;
        capped.Observe(Start, 0.1, 1, 20);
        plain.Observe(Start, 0.1, 1, 20);
        Assert.Equal(gap, capped.LogEvidence - plain.LogEvidence, 1e-12);
        Assert.Throws<InvariantException>(() => new CountEProcess(0, [-1.0], [1.0], null, 3));
    }
}
