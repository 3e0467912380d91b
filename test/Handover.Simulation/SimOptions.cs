using System.Globalization;

namespace Handover.Simulation;

/// <summary>What the command line asks for.</summary>
public sealed record SimOptions
{
    public int Seeds { get; init; } = 20_000;
    public ulong From { get; init; } = 1;
    public string Mutation { get; init; } = "none";
    public int Threads { get; init; } = Math.Min(2, Environment.ProcessorCount);

    /// <summary>Whether to tell what happens in the first seed, and to run no other.</summary>
    public bool Trace { get; init; }

    /// <summary>What is wrong with the command line; null when nothing is.</summary>
    public string? Problem { get; init; }

    public static SimOptions Parse(string[] args)
    {
        var options = new SimOptions();
        for (int i = 0; i < args.Length; i += 2)
        {
            string value = i + 1 < args.Length ? args[i + 1] : "";
            SimOptions? next = args[i] switch
            {
                "--seeds" when Number(value, out ulong n) && n is > 0 and <= 10_000_000 => options with
                {
                    Seeds = (int)n,
                },
                "--from" when Number(value, out ulong n) => options with { From = n },
                "--trace" when Number(value, out ulong n) => options with { From = n, Trace = true },
                "--threads" when Number(value, out ulong n) && n is > 0 and <= 64 => options with { Threads = (int)n },
                "--mutation" when Mutations.Find(value) is not null => options with { Mutation = value },
                _ => null,
            };
            if (next is null)
            {
                return options with
                {
                    Problem =
                        $"'{args[i]} {value}' is not understood. Use: --seeds N, --from S, --threads N, --trace SEED, "
                        + "--mutation NAME, "
                        + $"where NAME is one of: {string.Join(", ", Mutations.Names)}.",
                };
            }

            options = next;
        }

        return options;
    }

    private static bool Number(string text, out ulong number) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
