using System.Numerics;
using System.Text;

namespace Handover.Tests.Traffic;

/// <summary>The assignment written for obviousness: arbitrary precision, one byte at a time, nothing clever.</summary>
internal static class AssignmentOracle
{
    private static readonly BigInteger Mod = BigInteger.One << 32;

    public static uint Hash(string text)
    {
        byte[] data = Encoding.UTF8.GetBytes(text);
        BigInteger h = 0;
        for (int i = 0; i + 4 <= data.Length; i += 4)
        {
            h ^= Mix(data[i] + (256 * (data[i + 1] + (256 * (data[i + 2] + (256 * new BigInteger(data[i + 3])))))));
            h = ((Rotate(h, 13) * 5) + 0xe6546b64) % Mod;
        }

        BigInteger tail = 0;
        for (int i = data.Length - 1; i >= data.Length / 4 * 4; i--)
        {
            tail = (tail * 256) + data[i];
        }

        h ^= data.Length % 4 == 0 ? 0 : Mix(tail);
        h ^= data.Length;
        h = ((h ^ (h >> 16)) * 0x85ebca6b) % Mod;
        h = ((h ^ (h >> 13)) * 0xc2b2ae35) % Mod;
        return (uint)(h ^ (h >> 16));
    }

    public static int Bucket(string salt, string entity) =>
        (int)(new BigInteger(Hash($"{salt}:{entity}")) * 100_000 / Mod);

    private static BigInteger Mix(BigInteger k) => Rotate(k * 0xcc9e2d51 % Mod, 15) * 0x1b873593 % Mod;

    private static BigInteger Rotate(BigInteger x, int by) => ((x << by) | (x >> (32 - by))) % Mod;
}
