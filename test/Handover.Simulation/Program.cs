using System.Diagnostics;
using Handover.Simulation;

// ./do sim [--seeds N] [--from S] [--mutation NAME] [--threads N]
var options = SimOptions.Parse(args);
if (options.Problem is { } problem)
{
    Console.Error.WriteLine(problem);
    return 2;
}

var clock = Stopwatch.StartNew();
SimSummary summary = SimRunner.Run(options);
SimCounters total = summary.Counters;
foreach ((ulong seed, string violation) in summary.Violations.Take(10))
{
    Console.WriteLine($"seed {seed}: {violation}");
}

Console.WriteLine(
    FormattableString.Invariant(
        $"{total.Dispatches} dispatches, {total.Aborts} aborts, {total.Resolves} resolved by time, "
    )
        + FormattableString.Invariant(
            $"{total.PulledOutcomes} outcomes pulled, {total.LostReplies} lost replies, {total.Late} held > 2 s, "
        )
        + FormattableString.Invariant($"{options.Seeds * 8 / clock.Elapsed.TotalSeconds:0} x real time")
);
Console.WriteLine(
    FormattableString.Invariant($"sim: {options.Seeds} seeds, {total.Commits} commits, ")
        + FormattableString.Invariant($"{summary.Violations.Count} violations, digest {total.Digest:x16}")
);
return summary.Violations.Count > 0 ? 1 : 0;
