using System.Diagnostics;
using Handover.Simulation;

// ./do sim [--seeds N] [--from S] [--mutation NAME] [--threads N] [--trace SEED]
var options = SimOptions.Parse(args);
if (options.Problem is { } problem)
{
    Console.Error.WriteLine(problem);
    return 2;
}

if (options.Trace)
{
    (_, string? violation) = SimRunner.RunSeed(options.From, Mutations.Find(options.Mutation)!(), Console.Out);
    Console.WriteLine(violation ?? "no violation");
    return violation is null ? 0 : 1;
}

var clock = Stopwatch.StartNew();
int told = 0;
SimSummary summary = SimRunner.Run(
    options,
    (done, sofar) =>
    {
        foreach ((ulong seed, string violation) in sofar.Violations.Skip(told).Take(10 - told))
        {
            Console.WriteLine($"seed {seed}: {violation}");
            told++;
        }

        if (options.Seeds > 20_000 && done % 20_000 == 0)
        {
            Console.Error.WriteLine(
                FormattableString.Invariant($"{done} of {options.Seeds} seeds, {sofar.Violations.Count} violations, ")
                    + FormattableString.Invariant($"{clock.Elapsed.TotalSeconds:0} s")
            );
        }
    }
);
SimCounters total = summary.Counters;
foreach (SimEvent[] line in Enum.GetValues<SimEvent>().Chunk(6))
{
    Console.WriteLine("  " + string.Join("  ", line.Select(e => $"{e} {total[e]}")));
}

// A long run of the sound program must have met everything there is to meet.
bool unmet = options is { Mutation: "none", Seeds: >= 10_000 } && total.Unmet.Count > 0;
if (unmet)
{
    Console.WriteLine($"never met: {string.Join(", ", total.Unmet)}");
}

Console.WriteLine(
    FormattableString.Invariant($"sim: {options.Seeds} seeds, {total[SimEvent.Commits]} commits, ")
        + FormattableString.Invariant($"{summary.Violations.Count} violations, digest {total.Digest:x16}, ")
        + FormattableString.Invariant($"{options.Seeds * 8.0 / clock.Elapsed.TotalSeconds:0} x real time")
);
return summary.Violations.Count > 0 || unmet ? 1 : 0;
