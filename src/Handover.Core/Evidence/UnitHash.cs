using System.Numerics;

namespace Handover.Core.Evidence;

/// <summary>
/// The 128-bit name of a unit at a level of a metric. Its own hash, which shares nothing with the draw: what is
/// remembered or sampled by it must not depend on which release answered.
/// </summary>
internal static class UnitHash
{
    /// <summary>The hash of a metric, a level and a unit.</summary>
    public static UInt128 Of(string metric, int level, string unit)
    {
        ulong a = 0xcbf29ce484222325;
        ulong b = 0x9e3779b97f4a7c15;
        Mix(metric, ref a, ref b);
        Mix((char)level, ref a, ref b);
        Mix(unit, ref a, ref b);
        return new UInt128(Finish(a), Finish(b ^ BitOperations.RotateLeft(a, 29)));
    }

    private static void Mix(string text, ref ulong a, ref ulong b)
    {
        foreach (char c in text)
        {
            Mix(c, ref a, ref b);
        }

        Mix('\uffff', ref a, ref b);
    }

    private static void Mix(char c, ref ulong a, ref ulong b)
    {
        // Two independent multiplicative hashes (FNV-1a, and a rotate-multiply one) over the same characters.
        a = (a ^ c) * 0x100000001b3;
        b = BitOperations.RotateLeft(b ^ (c * 0xff51afd7ed558ccd), 31) * 0xc4ceb9fe1a85ec53;
    }

    private static ulong Finish(ulong h)
    {
        // The finaliser of MurmurHash3, 64 bits.
        h = (h ^ (h >> 33)) * 0xff51afd7ed558ccd;
        h = (h ^ (h >> 33)) * 0xc4ceb9fe1a85ec53;
        return h ^ (h >> 33);
    }
}
