namespace Handover.Core.Contracts.Compatibility;

/// <summary>
/// UCUM codes as far as models use them: which codes are one unit, and which are exact multiples of another (Unified
/// Code for Units of Measure, tables 1 to 5). Units with an offset (temperature) and currencies convert into nothing.
/// </summary>
public static class UnitCodes
{
    private static readonly Dictionary<string, (string Kind, decimal Size)> Known = new(StringComparer.Ordinal)
    {
        ["1"] = ("1", 1m),
        ["%"] = ("1", 0.01m),
        ["[ppth]"] = ("1", 0.001m),
        ["[ppm]"] = ("1", 0.000_001m),
        ["[ppb]"] = ("1", 0.000_000_001m),
        ["ns"] = ("time", 0.000_000_001m),
        ["us"] = ("time", 0.000_001m),
        ["ms"] = ("time", 0.001m),
        ["s"] = ("time", 1m),
        ["min"] = ("time", 60m),
        ["h"] = ("time", 3_600m),
        ["d"] = ("time", 86_400m),
        ["wk"] = ("time", 604_800m),
        ["nm"] = ("length", 0.000_000_001m),
        ["um"] = ("length", 0.000_001m),
        ["mm"] = ("length", 0.001m),
        ["cm"] = ("length", 0.01m),
        ["m"] = ("length", 1m),
        ["km"] = ("length", 1_000m),
        ["[in_i]"] = ("length", 0.0254m),
        ["[ft_i]"] = ("length", 0.3048m),
        ["[mi_i]"] = ("length", 1_609.344m),
        ["mg"] = ("mass", 0.001m),
        ["[car_m]"] = ("mass", 0.2m),
        ["g"] = ("mass", 1m),
        ["kg"] = ("mass", 1_000m),
        ["t"] = ("mass", 1_000_000m),
        ["[lb_av]"] = ("mass", 453.592_37m),
        ["mL"] = ("volume", 0.001m),
        ["L"] = ("volume", 1m),
        ["bit"] = ("data", 0.125m),
        ["By"] = ("data", 1m),
        ["KiBy"] = ("data", 1_024m),
        ["MiBy"] = ("data", 1_048_576m),
        ["GiBy"] = ("data", 1_073_741_824m),
        ["W"] = ("power", 1m),
        ["kW"] = ("power", 1_000m),
        ["J"] = ("energy", 1m),
        ["kJ"] = ("energy", 1_000m),
        ["kW.h"] = ("energy", 3_600_000m),
    };

    /// <summary>Whether two codes are one unit; text in braces is an annotation and says nothing.</summary>
    public static bool Same(string? a, string? b) => a is not null && b is not null && Plain(a) == Plain(b);

    /// <summary>
    /// What a number in <paramref name="from"/> is multiplied by to be one in <paramref name="to"/>; null where there is
    /// no exact factor.
    /// </summary>
    public static decimal? Factor(string from, string to)
    {
        if (
            !Known.TryGetValue(Plain(from), out (string Kind, decimal Size) a)
            || !Known.TryGetValue(Plain(to), out (string Kind, decimal Size) b)
            || a.Kind != b.Kind
        )
        {
            return null;
        }

        decimal factor = a.Size / b.Size;
        return factor * b.Size == a.Size ? factor / 1.000_000_000_000_000_000_000_000_000m : null;
    }

    private static string Plain(string code)
    {
        int brace = code.IndexOf('{', StringComparison.Ordinal);
        string plain = brace < 0 ? code : code[..brace];
        return plain.Length == 0 ? "1" : plain;
    }
}
