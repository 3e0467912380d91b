using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Handover.Core.Contracts.Schemas;

/// <summary>A document's tokens with the bytes that they speak of; looking allocates nothing.</summary>
internal readonly ref struct JsonView(
    ReadOnlySpan<byte> bytes,
    ReadOnlySpan<byte> decoded,
    ReadOnlySpan<JsonToken> tokens
)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private readonly ReadOnlySpan<byte> _decoded = decoded;

    /// <summary>All tokens; the root is the first.</summary>
    public readonly ReadOnlySpan<JsonToken> Tokens = tokens;

    /// <summary>A hash over eight bytes at a time; equal texts have equal hashes, in every process.</summary>
    public static ulong Hash(ReadOnlySpan<byte> text)
    {
        const ulong Prime = 0x9E3779B97F4A7C15;
        ulong hash = (ulong)text.Length * Prime;
        while (text.Length >= 8)
        {
            hash = Mix(hash ^ BinaryPrimitives.ReadUInt64LittleEndian(text));
            text = text[8..];
        }

        // Four bytes or more are read as two halves that may overlap: the length is in the hash already.
        ulong rest = text.Length switch
        {
            >= 4 => BinaryPrimitives.ReadUInt32LittleEndian(text)
                | ((ulong)BinaryPrimitives.ReadUInt32LittleEndian(text[^4..]) << 32),
            3 => text[0] | ((ulong)text[1] << 8) | ((ulong)text[2] << 16),
            2 => text[0] | ((ulong)text[1] << 8),
            1 => text[0],
            _ => 0,
        };

        return Mix(hash ^ rest);

        static ulong Mix(ulong h)
        {
            h *= Prime;
            h ^= h >> 29;
            h *= 0xBF58476D1CE4E5B9;
            return h ^ (h >> 32);
        }
    }

    /// <summary>The decoded text of a string, a name or a number.</summary>
    public ReadOnlySpan<byte> Text(int at)
    {
        ref readonly JsonToken token = ref Tokens[at];
        return (token.Decoded ? _decoded : _bytes).Slice(token.Start, token.Length);
    }

    /// <summary>The decoded text as a string.</summary>
    public string String(int at) => Encoding.UTF8.GetString(Text(at));

    /// <summary>The value as it was written, with quotes and escapes.</summary>
    public string Written(int at)
    {
        ref readonly JsonToken token = ref Tokens[at];
        return token.Kind is JsonKind.String or JsonKind.Name
            ? System.Text.Json.JsonSerializer.Serialize(String(at))
            : Encoding.UTF8.GetString(_bytes.Slice(token.Start, token.Length));
    }

    /// <summary>The value as bytes, as it was written; not for strings.</summary>
    public ReadOnlySpan<byte> Bytes(int at) => _bytes.Slice(Tokens[at].Start, Tokens[at].Length);

    /// <summary>The value of a member; -1 when the object has none of this name, or it is no object.</summary>
    public int Find(int at, ReadOnlySpan<byte> name)
    {
        if (Tokens[at].Kind != JsonKind.Object)
        {
            return -1;
        }

        ulong hash = Hash(name);
        int child = at + 1;
        for (int i = 0; i < Tokens[at].Count; i++)
        {
            if (Tokens[child].Hash == hash && Text(child).SequenceEqual(name))
            {
                return child + 1;
            }

            child = Tokens[child + 1].Next;
        }

        return -1;
    }

    /// <summary>The value of a member by its name as a string.</summary>
    public int Find(int at, string name) => Find(at, Encoding.UTF8.GetBytes(name).AsSpan());

    /// <summary>The text of a member that is a string; null when it is absent or something else.</summary>
    public string? Member(int at, ReadOnlySpan<byte> name)
    {
        int found = Find(at, name);
        return found >= 0 && Tokens[found].Kind == JsonKind.String ? String(found) : null;
    }

    /// <summary>The items of an array, or the values of an object, in order.</summary>
    public int[] Children(int at)
    {
        int[] children = new int[Tokens[at].Count];
        bool named = Tokens[at].Kind == JsonKind.Object;
        int child = at + 1;
        for (int i = 0; i < children.Length; i++)
        {
            children[i] = named ? child + 1 : child;
            child = Tokens[children[i]].Next;
        }

        return children;
    }

    /// <summary>The name of an object's value.</summary>
    public string NameOf(int value) => String(value - 1);

    /// <summary>Whether values are equal as JSON Schema means it: numbers by value, members without order.</summary>
    public static bool Same(JsonView a, int i, JsonView b, int j)
    {
        JsonToken x = a.Tokens[i];
        JsonToken y = b.Tokens[j];
        if (x.Kind == JsonKind.Number || y.Kind == JsonKind.Number)
        {
            return x.Kind == y.Kind && JsonDecimal.Read(a.Text(i)).CompareTo(JsonDecimal.Read(b.Text(j))) == 0;
        }

        bool texts = IsText(x.Kind) && IsText(y.Kind);
        if (texts || x.Kind != y.Kind || x.Count != y.Count)
        {
            return texts && a.Text(i).SequenceEqual(b.Text(j));
        }

        int child = i + 1;
        int other = j + 1;
        for (int k = 0; k < x.Count; k++)
        {
            if (x.Kind == JsonKind.Object)
            {
                int found = b.Find(j, a.Text(child));
                if (found < 0 || !Same(a, child + 1, b, found))
                {
                    return false;
                }

                child = a.Tokens[child + 1].Next;
            }
            else
            {
                if (!Same(a, child, b, other))
                {
                    return false;
                }

                child = a.Tokens[child].Next;
                other = b.Tokens[other].Next;
            }
        }

        return true;
    }

    /// <summary>A hash that equal values share, whatever the order of members or the spelling of numbers.</summary>
    public ulong ValueHash(int at)
    {
        JsonToken token = Tokens[at];
        ulong hash = 0;
        switch (token.Kind)
        {
            case JsonKind.Object:
                int child = at + 1;
                for (int i = 0; i < token.Count; i++)
                {
                    hash += (Tokens[child].Hash ^ ValueHash(child + 1)) * 0x9E3779B97F4A7C15;
                    child = Tokens[child + 1].Next;
                }

                return hash + 1;
            case JsonKind.Array:
                int item = at + 1;
                for (int i = 0; i < token.Count; i++)
                {
                    hash = (hash ^ ValueHash(item)) * 0xBF58476D1CE4E5B9;
                    hash ^= hash >> 31;
                    item = Tokens[item].Next;
                }

                return hash + 2;
            case JsonKind.Number:
                return JsonDecimal.Read(Text(at)).ValueHash;
            case JsonKind.String:
            case JsonKind.Name:
                return Hash(Text(at));
            default:
                return (ulong)token.Kind;
        }
    }

    /// <summary>RFC 6901 pointer to a token.</summary>
    public string Pointer(int target)
    {
        var pointer = new StringBuilder();
        int at = 0;
        while (at < target && target < Tokens[at].Next)
        {
            bool named = Tokens[at].Kind == JsonKind.Object;
            int child = at + 1;
            int ordinal = 0;
            int value = named ? child + 1 : child;
            while (Tokens[value].Next <= target)
            {
                child = Tokens[value].Next;
                value = named ? child + 1 : child;
                ordinal++;
            }

            string step = named ? Escaped(String(child)) : ordinal.ToString(CultureInfo.InvariantCulture);
            pointer.Append('/').Append(step);
            // The name of a member is told by the pointer to its value.
            at = child == target ? target : value;
        }

        return pointer.ToString();
    }

    /// <summary>A name as a step of an RFC 6901 pointer.</summary>
    public static string Escaped(string name) =>
        name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);

    private static bool IsText(JsonKind kind) => kind is JsonKind.String or JsonKind.Name;
}
