using System.Buffers.Binary;
using System.Text;

namespace Handover.Core.Payloads;

/// <summary>
/// The few pieces of protobuf's wire format that messages of model servers and TensorFlow's prediction logs are made
/// of. What is read was written by others: every length is checked, and what is damaged ends the reading. Groups, which
/// nobody has written for fifteen years, count as damaged.
/// </summary>
/// <param name="data">One message, or a list of packed numbers.</param>
public ref struct ProtoFields(ReadOnlySpan<byte> data)
{
    private const int MaxNumber = (1 << 29) - 1;

    private ReadOnlySpan<byte> _rest = data;

    /// <summary>Number of the current field.</summary>
    public int Number { get; private set; }

    /// <summary>Value of a field of varint or fixed type; 0 for others.</summary>
    public ulong Value { get; private set; }

    /// <summary>Bytes of a field with a length; the raw value of a fixed one.</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }

    /// <summary>Wire type of the current field: 0 varint, 1 eight bytes, 2 with a length, 5 four bytes.</summary>
    public int WireType { get; private set; }

    /// <summary>Whether the field has a length: text, message or packed numbers.</summary>
    public readonly bool HasLength => WireType == 2;

    /// <summary>Whether what was read was damaged.</summary>
    public bool Damaged { get; private set; }

    /// <summary>The field as text.</summary>
    public readonly string Text => Encoding.UTF8.GetString(Bytes);

    /// <summary>Goes to the next field; false at the end and where the data is damaged.</summary>
    public bool Next()
    {
        Value = 0;
        Bytes = default;
        if (_rest.IsEmpty || Damaged)
        {
            return false;
        }

        ulong tag = Varint();
        Number = (int)Math.Min(tag >> 3, int.MaxValue);
        WireType = (int)(tag & 7);
        switch (WireType)
        {
            case 0:
                Value = Varint();
                break;
            case 1:
                Bytes = Take(8);
                Value = Damaged ? 0 : BinaryPrimitives.ReadUInt64LittleEndian(Bytes);
                break;
            case 2:
                Bytes = Take(Varint());
                break;
            case 5:
                Bytes = Take(4);
                Value = Damaged ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(Bytes);
                break;
            default:
                Damaged = true;
                break;
        }

        Damaged |= Number is 0 or > MaxNumber;
        return !Damaged;
    }

    /// <summary>Reads a number from a packed list; the caller asks <see cref="AtEnd"/> first.</summary>
    public ulong Varint()
    {
        ulong value = 0;
        for (int shift = 0; shift < 64 && !_rest.IsEmpty; shift += 7)
        {
            byte part = _rest[0];
            _rest = _rest[1..];
            value |= (ulong)(part & 0x7f) << shift;
            if (part < 0x80)
            {
                return value;
            }
        }

        Damaged = true;
        return 0;
    }

    /// <summary>Whether nothing is left.</summary>
    public readonly bool AtEnd => _rest.IsEmpty || Damaged;

    private ReadOnlySpan<byte> Take(ulong length)
    {
        if (length > (ulong)_rest.Length)
        {
            Damaged = true;
            return default;
        }

        ReadOnlySpan<byte> taken = _rest[..(int)length];
        _rest = _rest[(int)length..];
        return taken;
    }
}
