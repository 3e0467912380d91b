using Handover.Core.Evidence;

namespace Handover.Bench.Gates;

/// <summary>A scenario of counts: traffic, shares, and how often each release is bad.</summary>
/// <param name="Rps">Requests per second, all releases together.</param>
/// <param name="TickSeconds">Seconds per tick; the evidence is looked at after each.</param>
/// <param name="Shares">The candidate's share, minute by minute.</param>
/// <param name="Stable">Stable's rate of bad requests.</param>
/// <param name="Candidate">The candidate's.</param>
internal sealed record CountScenario(double Rps, int TickSeconds, double[] Shares, double Stable, double Candidate)
{
    /// <summary>When the fault starts, in minutes; before it the candidate is like stable.</summary>
    public int OnsetMinute { get; init; }

    /// <summary>Whether both rates are multiplied by an exponential variable that is drawn anew each minute.</summary>
    public bool SharedBursts { get; init; }

    public static double[] Fixed { get; } = [.. Enumerable.Repeat(0.10, 60)];

    public static double[] Ramp { get; } =
    [.. new[] { 0.01, 0.05, 0.10, 0.25, 0.50 }.SelectMany(s => Enumerable.Repeat(s, 10))];

    public int TicksPerMinute => 60 / TickSeconds;

    public int Ticks => Shares.Length * TicksPerMinute;
}

/// <summary>How one simulated rollout ended.</summary>
/// <param name="Tick">Tick at which it was rolled back; -1 for never.</param>
/// <param name="Requests">Candidate requests up to then.</param>
/// <param name="Bad">Bad answers of the candidate up to then.</param>
/// <param name="Highest">Highest log evidence.</param>
internal readonly record struct CountRun(int Tick, double Requests, long Bad, double Highest);

/// <summary>
/// Runs scenarios many times, each with its own seed, on two cores; the result does not depend on the order.
/// </summary>
internal static class CountRuns
{
    public static readonly DateTimeOffset Start = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    /// <summary>Runs until the evidence reaches <paramref name="threshold"/> or the scenario ends.</summary>
    public static CountRun[] Run(CountScenario s, Func<CountEProcess> make, double threshold, int runs, int seed) =>
        Each(runs, seed, draws => One(s, make(), threshold, draws));

    /// <summary>Runs anything seeded, in parallel.</summary>
    public static T[] Each<T>(int runs, int seed, Func<Draws, T> one)
    {
        var results = new T[runs];
        Parallel.For(
            0,
            runs,
            new ParallelOptions { MaxDegreeOfParallelism = 2 },
            run => results[run] = one(new Draws(seed, run))
        );
        return results;
    }

    /// <summary>Draws the counts of tick <paramref name="t"/>.</summary>
    public static (double Share, long Candidate, long Stable) Draw(
        CountScenario s,
        int t,
        ref double burst,
        Draws draws
    )
    {
        int minute = t / s.TicksPerMinute;
        if (t % s.TicksPerMinute == 0)
        {
            burst = s.SharedBursts ? draws.Exponential() : 1;
        }

        double share = s.Shares[minute];
        double arrivals = s.Rps * s.TickSeconds * burst;
        double rate = minute < s.OnsetMinute ? s.Stable : s.Candidate;
        return (share, draws.Poisson(arrivals * share * rate), draws.Poisson(arrivals * (1 - share) * s.Stable));
    }

    private static CountRun One(CountScenario s, CountEProcess process, double threshold, Draws draws)
    {
        double requests = 0;
        double highest = double.NegativeInfinity;
        double burst = 1;
        long bad = 0;
        for (int t = 0; t < s.Ticks; t++)
        {
            var (share, c, k) = Draw(s, t, ref burst, draws);
            process.Observe(Start.AddSeconds(s.TickSeconds * (t + 1)), share, c, k);
            requests += s.Rps * s.TickSeconds * share;
            bad += c;
            if (c + k > 0)
            {
                highest = Math.Max(highest, process.LogEvidence);
            }

            if (highest >= threshold)
            {
                return new CountRun(t, requests, bad, highest);
            }
        }

        return new CountRun(-1, requests, bad, highest);
    }
}
