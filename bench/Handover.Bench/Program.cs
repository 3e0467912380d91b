using Handover.Bench.Contracts;
using Handover.Bench.Cutover;
using Handover.Bench.Gates;
using Handover.Bench.Hops;
using Handover.Bench.Mutants;
using Handover.Bench.Plots;
using Handover.Bench.Rollouts;
using Handover.Bench.Shadow;

// Side-by-side measurements: `gates` compares verdicts with their limits, with published tables and with other tools;
// `shadow` the paired tests; `mutants` the tests themselves; `rollouts` runs whole rollouts on recorded traffic;
// `cutover` switches under load beside other proxies.
return args switch
{
    ["gates", .. var rest] => GatesBench.Run(rest),
    ["mutants", .. var rest] => MutantsBench.Run(rest),
    ["plots"] => PlotsBench.Run(),
    ["shadow", .. var rest] => await ShadowBench.RunAsync(rest),
    ["contracts", .. var rest] => ContractsBench.Run(rest),
    ["rollouts", .. var rest] => RolloutsBench.Run(rest),
    ["hops", .. var rest] => await HopsBench.RunAsync(rest),
    ["cutover", .. var rest] => await CutoverBench.RunAsync(rest),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("usage: bench gates [--scale N]     (N > 1 runs N times as many trials)");
    Console.Error.WriteLine("       bench mutants [--tests FOLDER]   (where Handover.Tests was built)");
    Console.Error.WriteLine("       bench shadow [--scale N]");
    Console.Error.WriteLine("       bench plots                      (the pictures of docs/statistics.md)");
    Console.Error.WriteLine(
        "       bench contracts [--pairs N] (default 100,000 random pairs each, of schemas and tensors)"
    );
    Console.Error.WriteLine(
        "       bench cutover [--quick]     (what a switch costs callers; nginx, HAProxy, Caddy beside)"
    );
    Console.Error.WriteLine("       bench rollouts [--runs N]   (default 200 seeds each)");
    Console.Error.WriteLine(
        "       bench hops [--chains N]     (default 100,000; members judged by their own logs, nginx beside)"
    );
    return 2;
}
