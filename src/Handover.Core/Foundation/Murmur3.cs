using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Handover.Core.Foundation;

/// <summary>
/// MurmurHash3 x86 32-bit (Austin Appleby, public domain algorithm), seed 0 unless said. Chosen because flagd's
/// <c>fractional</c> v2 uses it, so that a flag and the gateway put an entity into the same bucket.
/// </summary>
public static class Murmur3
{
    private const uint C1 = 0xcc9e2d51;
    private const uint C2 = 0x1b873593;

    /// <summary>Hash of the UTF-8 bytes of <paramref name="text"/>; <c>hello</c> gives 0x248bfa47.</summary>
    public static uint Hash(string text)
    {
        int bytes = Encoding.UTF8.GetMaxByteCount(text.Length);
        Span<byte> buffer = bytes <= 512 ? stackalloc byte[512] : new byte[bytes];
        int written = Encoding.UTF8.GetBytes(text, buffer);
        return Hash(buffer[..written]);
    }

    /// <summary>Hash of raw bytes.</summary>
    public static uint Hash(ReadOnlySpan<byte> data, uint seed = 0)
    {
        uint h = seed;
        int blocks = data.Length / 4;
        for (int i = 0; i < blocks; i++)
        {
            h ^= Mix(BinaryPrimitives.ReadUInt32LittleEndian(data[(i * 4)..]));
            h = (BitOperations.RotateLeft(h, 13) * 5) + 0xe6546b64;
        }

        ReadOnlySpan<byte> tail = data[(blocks * 4)..];
        if (tail.Length > 0)
        {
            uint k = 0;
            for (int i = tail.Length - 1; i >= 0; i--)
            {
                k = (k << 8) | tail[i];
            }

            h ^= Mix(k);
        }

        h ^= (uint)data.Length;
        h = (h ^ (h >> 16)) * 0x85ebca6b;
        h = (h ^ (h >> 13)) * 0xc2b2ae35;
        return h ^ (h >> 16);
    }

    private static uint Mix(uint k) => BitOperations.RotateLeft(k * C1, 15) * C2;
}
