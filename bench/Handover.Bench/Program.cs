using Handover.Bench.Gates;
using Handover.Bench.Rollouts;

// Side-by-side measurements: `gates` compares verdicts with their limits, with published tables and with other tools;
// `rollouts` runs whole rollouts on recorded traffic.
return args switch
{
    ["gates", .. var rest] => GatesBench.Run(rest),
    ["rollouts", .. var rest] => RolloutsBench.Run(rest),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("usage: bench gates [--scale N]     (N > 1 runs N times as many trials)");
    Console.Error.WriteLine("       bench rollouts [--runs N]   (default 200 seeds each)");
    return 2;
}
