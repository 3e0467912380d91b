using Handover.Core.Catalog;
using Handover.Core.Payloads;

namespace Handover.Testkit.Contracts;

/// <summary>
/// What a tensor declaration means, written independently of the product and in the plainest way: the twin that the
/// compatibility rules are checked against. Datatypes are sets of sample values, not formats.
/// </summary>
public static class TensorMeaning
{
    /// <summary>Whether a release with this declaration may answer this tensor.</summary>
    public static bool Emits(TensorSpec spec, TypedTensor tensor) =>
        spec.Datatype == tensor.Datatype && Accepts(spec, tensor);

    /// <summary>Whether a reader with this declaration takes this tensor: each value, the shape, the bounds.</summary>
    public static bool Accepts(TensorSpec spec, TypedTensor tensor)
    {
        bool rank = spec.Shape.Count == tensor.Shape.Count;
        bool sizes =
            rank
            && Enumerable.Range(0, spec.Shape.Count).All(i => spec.Shape[i] < 0 || spec.Shape[i] == tensor.Shape[i]);
        bool range = spec.Range is null || tensor.Numbers.All(v => spec.Range.Min <= v && v <= spec.Range.Max);
        bool labels = spec.Labels is null || tensor.Texts.All(t => spec.Labels.ToList().Exists(l => l == t));
        return rank && sizes && range && labels && Survives(tensor.Datatype, spec.Datatype);
    }

    /// <summary>
    /// Whether the extreme and the odd values of one datatype are all unchanged by a round trip through the other.
    /// </summary>
    private static bool Survives(string from, string to)
    {
        if (from == to)
        {
            return true;
        }

        if (from is "BOOL" or "BYTES" || to is "BOOL" or "BYTES")
        {
            return false;
        }

        return Samples(from).All(v => Holds(v, to));
    }

    private static IEnumerable<decimal> Samples(string datatype) =>
        datatype switch
        {
            "INT8" => [sbyte.MinValue, -1, 0, 127, 126],
            "INT16" => [short.MinValue, -1, 32767, 32766],
            "INT32" => [int.MinValue, -1, int.MaxValue, int.MaxValue - 1],
            "INT64" => [long.MinValue, -1, long.MaxValue, long.MaxValue - 1],
            "UINT8" => [0, 255, 254],
            "UINT16" => [0, 65535, 65534],
            "UINT32" => [0, uint.MaxValue, uint.MaxValue - 1],
            "UINT64" => [0, ulong.MaxValue, ulong.MaxValue - 1],
            "FP16" => [-1, 0.5m, 2047, 65504, 0.0009765625m],
            "BF16" => [-1, 0.5m, 255, 16711680m * 65536m],
            "FP32" => [-1, 0.5m, 16777215, 16777215m * 1048576m],
            _ => [-1, 0.5m, 9007199254740991m, 9007199254740991m * 1024m],
        };

    private static bool Holds(decimal value, string datatype) =>
        datatype switch
        {
            "INT8" => Whole(value, sbyte.MinValue, sbyte.MaxValue),
            "INT16" => Whole(value, short.MinValue, short.MaxValue),
            "INT32" => Whole(value, int.MinValue, int.MaxValue),
            "INT64" => Whole(value, long.MinValue, long.MaxValue),
            "UINT8" => Whole(value, 0, byte.MaxValue),
            "UINT16" => Whole(value, 0, ushort.MaxValue),
            "UINT32" => Whole(value, 0, uint.MaxValue),
            "UINT64" => Whole(value, 0, ulong.MaxValue),
            "FP16" => (double)(Half)(double)value == (double)value && (decimal)(double)value == value,
            "BF16" => Truncated((double)value) == (double)value && (decimal)(double)value == value,
            "FP32" => Math.Abs(value) < 7e27m && (decimal)(double)(float)(double)value == value,
            _ => Exact(value),
        };

    private static bool Whole(decimal value, decimal min, decimal max) =>
        value == Math.Floor(value) && value >= min && value <= max;

    private static double Truncated(double value) =>
        (double)(float)value == value
            ? BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits((float)value) & 0xffff0000)
            : double.NaN;

    // A double converts to decimal with 15 digits only, so large whole numbers are compared as integers.
    private static bool Exact(decimal value) =>
        value == Math.Floor(value)
            ? new System.Numerics.BigInteger((double)value) == new System.Numerics.BigInteger(value)
            : (decimal)(double)value == value;
}
