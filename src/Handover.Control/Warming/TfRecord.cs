using System.Buffers.Binary;
using System.Numerics;
using Handover.Core.Foundation;

namespace Handover.Control.Warming;

/// <summary>
/// TensorFlow's record file: what TensorFlow Serving's request logging writes, and its warm-up assets. Each record is
/// its length (8 bytes, little endian), the masked CRC-32C of the length, the bytes, and the masked CRC-32C of the
/// bytes. The format: tensorflow/core/lib/io/record_writer.h.
/// </summary>
public static class TfRecord
{
    /// <summary>Largest record that is read, in bytes.</summary>
    public const int MostBytes = 8 << 20;

    private const uint MaskDelta = 0xa282ead8;

    /// <summary>The records of a file; a problem names the offset of the first that is damaged.</summary>
    public static Result<IReadOnlyList<ReadOnlyMemory<byte>>> Read(ReadOnlyMemory<byte> file)
    {
        var records = new List<ReadOnlyMemory<byte>>();
        int at = 0;
        while (at < file.Length)
        {
            ReadOnlySpan<byte> rest = file.Span[at..];
            if (rest.Length < 12 || Stored(rest[8..]) != Masked(rest[..8]))
            {
                return Damaged(at, "its length is not what was written");
            }

            ulong length = BinaryPrimitives.ReadUInt64LittleEndian(rest);
            if (length > MostBytes || (ulong)rest.Length < 16 + length)
            {
                return Damaged(at, length > MostBytes ? $"it is larger than {MostBytes} bytes" : "it is cut off");
            }

            ReadOnlySpan<byte> data = rest.Slice(12, (int)length);
            if (Stored(rest[(12 + (int)length)..]) != Masked(data))
            {
                return Damaged(at, "its bytes are not what was written");
            }

            records.Add(file.Slice(at + 12, (int)length));
            at += 16 + (int)length;
        }

        return records;
    }

    /// <summary>Appends a record.</summary>
    public static void Write(Stream output, ReadOnlySpan<byte> data)
    {
        Span<byte> head = stackalloc byte[12];
        BinaryPrimitives.WriteUInt64LittleEndian(head, (ulong)data.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(head[8..], Masked(head[..8]));
        output.Write(head);
        output.Write(data);
        Span<byte> tail = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(tail, Masked(data));
        output.Write(tail);
    }

    private static uint Stored(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt32LittleEndian(bytes);

    // A rotated sum, because a sum over bytes that hold sums themselves is weak.
    private static uint Masked(ReadOnlySpan<byte> data)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in data)
        {
            crc = BitOperations.Crc32C(crc, value);
        }

        return BitOperations.RotateRight(~crc, 15) + MaskDelta;
    }

    private static Problem Damaged(int at, string why) =>
        new("bad-tfrecord", $"the record at byte {at} is damaged: {why}.");
}
