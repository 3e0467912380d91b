namespace Handover.Simulation;

/// <summary>Runs many seeds. Each is a world of its own, so threads change nothing but the time it takes.</summary>
public static class SimRunner
{
    /// <summary>Runs one seed.</summary>
    public static (SimCounters Counters, string? Violation) RunSeed(ulong seed, Mutation mutation)
    {
        var world = new SimWorld(seed, mutation);
        world.Run();
        return (world.Counters, world.Checker.Violation);
    }

    /// <summary>Runs them all and adds up, in the order of the seeds.</summary>
    public static SimSummary Run(SimOptions options)
    {
        Func<Mutation> mutation = Mutations.Find(options.Mutation)!;
        var results = new (SimCounters Counters, string? Violation)[options.Seeds];
        Parallel.For(
            0,
            options.Seeds,
            new ParallelOptions { MaxDegreeOfParallelism = options.Threads },
            i => results[i] = RunSeed(options.From + (ulong)i, mutation())
        );
        var total = new SimCounters();
        var violations = new List<(ulong, string)>();
        for (int i = 0; i < results.Length; i++)
        {
            total.Add(results[i].Counters);
            if (results[i].Violation is { } violation)
            {
                violations.Add((options.From + (ulong)i, violation));
            }
        }

        return new SimSummary(total, violations);
    }

    /// <summary>The first seed that catches a mutation; null when none of them does.</summary>
    public static (ulong Seed, string Violation)? FirstCatch(Func<Mutation> mutation, ulong from, int seeds)
    {
        for (ulong seed = from; seed < from + (ulong)seeds; seed++)
        {
            if (RunSeed(seed, mutation()).Violation is { } violation)
            {
                return (seed, violation);
            }
        }

        return null;
    }
}

/// <summary>What many seeds came to.</summary>
/// <param name="Counters">Added up.</param>
/// <param name="Violations">The seeds that broke an invariant, and which.</param>
public sealed record SimSummary(SimCounters Counters, IReadOnlyList<(ulong Seed, string Violation)> Violations);
