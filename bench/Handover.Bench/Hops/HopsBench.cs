using System.Globalization;

namespace Handover.Bench.Hops;

/// <summary>
/// Does one request ever meet two releases? Chains of two and of three hops are driven while releases move all the
/// time, and judged by what the members themselves wrote down. Beside it the same members stand behind a weighted
/// nginx, which decides at each hop anew: that is how many mix where nobody carries the decision along.
/// </summary>
public static class HopsBench
{
    /// <summary>Runs it; <c>--chains N</c> (default 100,000), <c>--parallel N</c>, <c>--seed N</c>.</summary>
    public static Task<int> RunAsync(string[] args)
    {
        int chains = Number(args, "--chains", 100_000);
        var options = new HopsOptions(chains, Number(args, "--parallel", 16), Number(args, "--seed", 1));
        return RunAsync(options);
    }

    private static async Task<int> RunAsync(HopsOptions options)
    {
        var table = new BenchTable("hops");
        table.Section($"{options.Chains:N0} chains of two and three hops behind Handover, while releases move");
        ChainCount handover = await HandoverChains.RunAsync(
            options,
            HandoverChains.BuiltExecutable,
            Console.Error.WriteLine
        );
        table.Judge(
            "chains driven",
            $"{handover.Chains:N0}",
            $">= {options.Chains:N0}",
            handover.Chains >= options.Chains
        );
        table.Judge("chains that met two releases", $"{handover.Mixed:N0}", "0", handover.Mixed == 0);
        table.Judge("chains with a hop that nobody logged", $"{handover.Torn:N0}", "0", handover.Torn == 0);
        table.Judge("requests without a 2xx answer", $"{handover.Failed:N0}", "0", handover.Failed == 0);
        table.Judge(
            "answers that name another release than the members",
            $"{handover.Mislabelled:N0}",
            "0",
            handover.Mislabelled == 0
        );
        table.Judge(
            "share of chains on the less used release",
            $"{handover.Lesser:P1}",
            ">= 10%",
            handover.Lesser >= 0.1
        );
        table.Judge("moves meanwhile", $"{handover.Moves:N0}", ">= 5", handover.Moves >= 5);
        table.Tell("chains a second", $"{handover.PerSecond:0}");

        table.Section("the same members behind nginx, two releases at equal weight on every hop");
        if (!NginxChains.Installed)
        {
            table.Tell("nginx", "not installed: apt-get install nginx");
            return Environment.GetEnvironmentVariable("CI") == "true" ? 1 : table.Finish();
        }

        ChainCount nginx = await NginxChains.RunAsync(
            options with
            {
                Chains = Math.Min(options.Chains, 5000),
            },
            Console.Error.WriteLine
        );
        table.Tell("chains driven", $"{nginx.Chains:N0}");
        table.Tell("chains that met two releases", $"{nginx.Mixed:N0} ({(double)nginx.Mixed / nginx.Chains:P1})");
        table.Tell("of these answered 200 all the same", $"{nginx.MixedAnswered:N0}");
        table.Judge("the count finds them", $"{nginx.Mixed:N0}", "> 0", nginx.Mixed > 0);
        return table.Finish();
    }

    private static int Number(string[] args, string name, int fallback)
    {
        int at = Array.IndexOf(args, name);
        return at >= 0 && at + 1 < args.Length ? int.Parse(args[at + 1], CultureInfo.InvariantCulture) : fallback;
    }
}

/// <summary>How much is driven.</summary>
/// <param name="Chains">Requests; half go to the two-hop service, half to the three-hop one.</param>
/// <param name="Parallel">Requests under way at once.</param>
/// <param name="Seed">Seed of who asks for what.</param>
public sealed record HopsOptions(int Chains, int Parallel, int Seed);
