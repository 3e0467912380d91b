namespace Handover.Simulation;

/// <summary>Runs many seeds. Each is a world of its own, so threads change nothing but the time it takes.</summary>
public static class SimRunner
{
    private const int Chunk = 5_000;

    /// <summary>Runs one seed, and tells what happens in it if somebody listens.</summary>
    public static (SimCounters Counters, string? Violation) RunSeed(
        ulong seed,
        Mutation mutation,
        TextWriter? trace = null
    )
    {
        SimWorld world = null!;
        Action<string>? tell = trace is null ? null : line => trace.WriteLine($"{world.Now / 1000.0, 10:0.000} {line}");
        world = new SimWorld(seed, mutation) { Trace = tell };
        try
        {
            world.Run();
        }
        catch (Exception e)
        {
            // The top of a loop over worlds: a seed that ends with an error is a seed to look at, and not the last one.
            return (world.Counters, $"CRASH at {world.Now / 1000} ms: {e.GetType().Name}: {e.Message}");
        }

        return (world.Counters, world.Checker.Violation);
    }

    /// <summary>
    /// Runs them all and adds up, in the order of the seeds, a chunk at a time: a million worlds are not kept at once.
    /// </summary>
    /// <param name="options">Which seeds.</param>
    /// <param name="progress">Told after each chunk how many seeds are done and what they came to.</param>
    public static SimSummary Run(SimOptions options, Action<int, SimSummary>? progress = null)
    {
        Func<Mutation> mutation = Mutations.Find(options.Mutation)!;
        var total = new SimCounters();
        var violations = new List<(ulong, string)>();
        var summary = new SimSummary(total, violations);
        var chunk = new (SimCounters Counters, string? Violation)[Chunk];
        for (int done = 0; done < options.Seeds; done += Chunk)
        {
            int size = Math.Min(Chunk, options.Seeds - done);
            ulong from = options.From + (ulong)done;
            Parallel.For(
                0,
                size,
                new ParallelOptions { MaxDegreeOfParallelism = options.Threads },
                i => chunk[i] = RunSeed(from + (ulong)i, mutation())
            );
            for (int i = 0; i < size; i++)
            {
                total.Add(chunk[i].Counters);
                if (chunk[i].Violation is { } violation)
                {
                    violations.Add((from + (ulong)i, violation));
                }
            }

            progress?.Invoke(done + size, summary);
        }

        return summary;
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
