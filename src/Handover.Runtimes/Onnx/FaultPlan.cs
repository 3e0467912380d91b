// Why: a release that is slow or flaky must exist for real, to prove that the gates catch it; and the same seed must
// give the same run again.
using System.Globalization;
using Handover.Core.Foundation;

namespace Handover.Runtimes.Onnx;

/// <summary>Faults that a model server makes on demand: <c>errors=5%,delay=80ms,stall=1%,slowstart=2s</c>.</summary>
public sealed record FaultPlan
{
    /// <summary>No faults.</summary>
    public static FaultPlan None { get; } = new();

    /// <summary>Share of inference calls that are answered with 500.</summary>
    public Ratio Errors { get; init; } = Ratio.Zero;

    /// <summary>Share of inference calls that are never answered.</summary>
    public Ratio Stall { get; init; } = Ratio.Zero;

    /// <summary>Time that is added to every inference call; at most 10 minutes.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>Time from the start during which the server says that it is not ready; at most 10 minutes.</summary>
    public TimeSpan SlowStart { get; init; }

    /// <summary>Reads the value of <c>--fault</c>; null or empty is no faults. Every mistake is named.</summary>
    public static Result<FaultPlan> Parse(string? text)
    {
        var plan = new FaultPlan();
        var problems = new List<Problem>();
        var seen = new HashSet<string>();
        string[] parts = (text ?? "").Split(',', StringSplitOptions.TrimEntries);
        foreach (string part in string.IsNullOrWhiteSpace(text) ? [] : parts)
        {
            int equals = part.IndexOf('=', StringComparison.Ordinal);
            string name = equals < 0 ? part : part[..equals].TrimEnd();
            string value = equals < 0 ? "" : part[(equals + 1)..].TrimStart();
            FaultPlan? next = name switch
            {
                "errors" => Share(value) is { } share ? plan with { Errors = share } : null,
                "stall" => Share(value) is { } share ? plan with { Stall = share } : null,
                "delay" => Duration(value) is { } time ? plan with { Delay = time } : null,
                "slowstart" => Duration(value) is { } time ? plan with { SlowStart = time } : null,
                _ => null,
            };
            if (next is null || !seen.Add(name))
            {
                problems.Add(
                    new("fault-invalid", $"'{part}' is not a fault{(next is null ? "" : " that may be given twice")}.")
                    {
                        Fix = "Write errors=5%, stall=1%, delay=80ms or slowstart=2s, joined by commas.",
                    }
                );
            }

            plan = next ?? plan;
        }

        if (plan.Errors.Value + plan.Stall.Value > 1)
        {
            problems.Add(new("fault-invalid", "errors and stall are more than 100 % together."));
        }

        return problems.Count > 0 ? Result<FaultPlan>.Failed(problems) : plan;
    }

    /// <summary>What happens to call number <paramref name="call"/>, from 0: a pure function of the seed.</summary>
    public Fault Draw(long seed, long call)
    {
        double u = Uniform(unchecked((ulong)seed * 0x9E3779B97F4A7C15UL + (ulong)call));
        return u < Errors.Value ? Fault.Error
            : u < Errors.Value + Stall.Value ? Fault.Stall
            : Fault.None;
    }

    /// <summary>SplitMix64's output function (Steele, Lea, Flood 2014), as a number in [0, 1).</summary>
    private static double Uniform(ulong state)
    {
        ulong z = unchecked(state + 0x9E3779B97F4A7C15UL);
        z = unchecked((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL);
        z = unchecked((z ^ (z >> 27)) * 0x94D049BB133111EBUL);
        return ((z ^ (z >> 31)) >> 11) * (1.0 / (1UL << 53));
    }

    private static Ratio? Share(string value) =>
        value.EndsWith('%') && Number(value[..^1]) is { } percent && percent <= 100 ? Ratio.FromPercent(percent) : null;

    private static TimeSpan? Duration(string value)
    {
        double? ms =
            value.EndsWith("ms", StringComparison.Ordinal) ? Number(value[..^2])
            : value.EndsWith('s') ? Number(value[..^1]) * 1000
            : value.EndsWith('m') ? Number(value[..^1]) * 60_000
            : null;
        return ms is <= 600_000 ? TimeSpan.FromMilliseconds(ms.Value) : null;
    }

    private static double? Number(string text) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value)
        && double.IsFinite(value)
            ? value
            : null;
}

/// <summary>What happens to one call.</summary>
public enum Fault
{
    /// <summary>It is answered.</summary>
    None,

    /// <summary>It gets a 500.</summary>
    Error,

    /// <summary>It never gets an answer.</summary>
    Stall,
}
