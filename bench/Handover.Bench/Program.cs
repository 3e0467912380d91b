using Handover.Bench.Gates;

// Side-by-side measurements: `gates` compares verdicts with their limits, with published tables and with other tools.
return args switch
{
    ["gates", .. var rest] => GatesBench.Run(rest),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("usage: bench gates [--scale N]   (N > 1 runs N times as many trials)");
    return 2;
}
