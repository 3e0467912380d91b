namespace Handover.Core.Payloads;

/// <summary>
/// What the Open Inference datatypes can hold, and into which others each fits without losing a value. One table for
/// the readers and for the contract rules, so that they can never disagree.
/// </summary>
public static class Datatypes
{
    // Significand bits decide what a float can hold exactly; exponent bits decide how far it reaches.
    private static readonly Dictionary<string, Format> Formats = new(StringComparer.Ordinal)
    {
        ["BOOL"] = new(FormatKind.Boolean, 1, 0),
        ["UINT8"] = new(FormatKind.Unsigned, 8, 0),
        ["UINT16"] = new(FormatKind.Unsigned, 16, 0),
        ["UINT32"] = new(FormatKind.Unsigned, 32, 0),
        ["UINT64"] = new(FormatKind.Unsigned, 64, 0),
        ["INT8"] = new(FormatKind.Signed, 7, 0),
        ["INT16"] = new(FormatKind.Signed, 15, 0),
        ["INT32"] = new(FormatKind.Signed, 31, 0),
        ["INT64"] = new(FormatKind.Signed, 63, 0),
        ["FP16"] = new(FormatKind.Float, 11, 5),
        ["BF16"] = new(FormatKind.Float, 8, 8),
        ["FP32"] = new(FormatKind.Float, 24, 8),
        ["FP64"] = new(FormatKind.Float, 53, 11),
        ["BYTES"] = new(FormatKind.Text, 0, 0),
    };

    /// <summary>All names, narrow before wide.</summary>
    public static IReadOnlyCollection<string> All => Formats.Keys;

    /// <summary>Whether this is one of the names.</summary>
    public static bool Known(string datatype) => Formats.ContainsKey(datatype);

    /// <summary>Whether values are whole numbers.</summary>
    public static bool IsInteger(string datatype) =>
        Formats.TryGetValue(datatype, out Format f) && f.Kind is FormatKind.Signed or FormatKind.Unsigned;

    /// <summary>Whether values are floating-point numbers, which may be NaN or infinite.</summary>
    public static bool IsFloat(string datatype) =>
        Formats.TryGetValue(datatype, out Format f) && f.Kind == FormatKind.Float;

    /// <summary>
    /// Whether every value of <paramref name="from"/> is a value of <paramref name="to"/>: int8 to 16 to 32 to 64,
    /// uintN to a wider int, integers into floats with enough significand bits, fp16 and bf16 to fp32 to fp64. Never
    /// int64 to fp64, never signed to unsigned, never anything to or from text or truth values. False for unknown
    /// names.
    /// </summary>
    public static bool FitsInto(string from, string to)
    {
        if (!Formats.TryGetValue(from, out Format f) || !Formats.TryGetValue(to, out Format t))
        {
            return false;
        }

        return string.Equals(from, to, StringComparison.Ordinal)
            || (f.Kind, t.Kind) switch
            {
                (FormatKind.Unsigned, FormatKind.Unsigned) => t.Bits >= f.Bits,
                (FormatKind.Unsigned, FormatKind.Signed) => t.Bits >= f.Bits,
                (FormatKind.Signed, FormatKind.Signed) => t.Bits >= f.Bits,
                // Enough significand bits imply enough reach: the narrowest float ends at 65,504 and takes 8 bits at
                // most.
                (FormatKind.Unsigned or FormatKind.Signed, FormatKind.Float) => t.Bits >= f.Bits,
                (FormatKind.Float, FormatKind.Float) => t.Bits >= f.Bits && t.Exponent >= f.Exponent,
                _ => false,
            };
    }

    /// <summary>The smallest and largest value of a whole-number or truth type; null for floats and text.</summary>
    public static (double Min, double Max)? Bounds(string datatype) =>
        Formats.TryGetValue(datatype, out Format f)
            ? f.Kind switch
            {
                FormatKind.Boolean => (0, 1),
                FormatKind.Unsigned => (0, Math.Pow(2, f.Bits) - 1),
                FormatKind.Signed => (-Math.Pow(2, f.Bits), Math.Pow(2, f.Bits) - 1),
                _ => null,
            }
            : null;

    private enum FormatKind
    {
        Boolean,
        Unsigned,
        Signed,
        Float,
        Text,
    }

    private readonly record struct Format(FormatKind Kind, int Bits, int Exponent);
}
