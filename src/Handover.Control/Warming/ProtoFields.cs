using System.Buffers.Binary;
using System.Text;

namespace Handover.Control.Warming;

/// <summary>
/// The few pieces of protobuf's wire format that TensorFlow's prediction logs are made of. What is read comes from
/// files that others wrote: every length is checked, and what is damaged ends the reading.
/// </summary>
internal ref struct ProtoFields(ReadOnlySpan<byte> data)
{
    private ReadOnlySpan<byte> _rest = data;

    /// <summary>Number of the current field.</summary>
    public int Number { get; private set; }

    /// <summary>Value of a field of varint or fixed type; 0 for others.</summary>
    public ulong Value { get; private set; }

    /// <summary>Bytes of a field with a length; the raw value of a fixed one.</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }

    /// <summary>Whether the field has a length: text, message or packed numbers.</summary>
    public bool HasLength { get; private set; }

    /// <summary>Whether what was read was damaged.</summary>
    public bool Damaged { get; private set; }

    /// <summary>The field as text.</summary>
    public readonly string Text => Encoding.UTF8.GetString(Bytes);

    /// <summary>Goes to the next field; false at the end and where the data is damaged.</summary>
    public bool Next()
    {
        Value = 0;
        Bytes = default;
        HasLength = false;
        if (_rest.IsEmpty || Damaged)
        {
            return false;
        }

        ulong tag = Varint();
        Number = (int)(tag >> 3);
        switch (tag & 7)
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
                HasLength = true;
                break;
            case 5:
                Bytes = Take(4);
                Value = Damaged ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(Bytes);
                break;
            default:
                Damaged = true;
                break;
        }

        return !Damaged && Number > 0;
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
