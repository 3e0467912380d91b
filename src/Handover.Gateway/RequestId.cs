using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Handover.Gateway;

/// <summary>
/// Makes request ids: UUIDs of version 7 (RFC 9562, 5.7) as 32 lower-case hexadecimal digits, unique and sortable by
/// time. The system is asked for random bytes once for a hundred of them: a read of its own for each costs more than
/// all the rest of an id.
/// </summary>
internal static class RequestId
{
    private const int Random = 10;
    private const int Ahead = 100 * Random;

    [ThreadStatic]
    private static byte[]? _bytes;

    [ThreadStatic]
    private static int _used;

    /// <summary>A new id. Thread-safe.</summary>
    /// <param name="now">The current time, to the millisecond.</param>
    public static string New(DateTimeOffset now)
    {
        if (_bytes is null || _used == Ahead)
        {
            _bytes ??= new byte[Ahead];
            RandomNumberGenerator.Fill(_bytes);
            _used = 0;
        }

        Span<byte> id = stackalloc byte[16];
        BinaryPrimitives.WriteInt64BigEndian(id, now.ToUnixTimeMilliseconds() << 16);
        _bytes.AsSpan(_used, Random).CopyTo(id[6..]);
        _used += Random;
        id[6] = (byte)((id[6] & 0x0F) | 0x70);
        id[8] = (byte)((id[8] & 0x3F) | 0x80);
        return Convert.ToHexStringLower(id);
    }
}
