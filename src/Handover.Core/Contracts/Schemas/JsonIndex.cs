using System.Buffers;
using System.Text.Json;
using System.Text.Unicode;

namespace Handover.Core.Contracts.Schemas;

/// <summary>
/// Reads bytes of strangers into a flat table of tokens with buffers from the pool: bounded in size, depth and names,
/// and duplicate names refused, because two readers of one document must not see two different answers.
/// </summary>
internal ref struct JsonIndex
{
    /// <summary>Longest number in characters; longer ones are an attack on whoever computes with them.</summary>
    public const int MaxNumber = 400;

    /// <summary>Most members of one object.</summary>
    public const int MaxNames = 10_000;

    private const int MaxDepth = 64;

    private readonly ReadOnlySpan<byte> _json;
    private JsonToken[] _tokens;
    private byte[] _decoded;
    private int _count;
    private int _decodedCount;
    private int _open;

    private JsonIndex(ReadOnlySpan<byte> json)
    {
        _json = json;
        _tokens = ArrayPool<JsonToken>.Shared.Rent(Math.Max(64, json.Length / 6));
        _decoded = [];
        _open = -1;
    }

    /// <summary>What is wrong with the document; null when it was read.</summary>
    public string? Trouble { get; private set; }

    /// <summary>The tokens and texts; empty when there is trouble.</summary>
    public readonly JsonView View =>
        Trouble is null ? new(_json, _decoded.AsSpan(0, _decodedCount), _tokens.AsSpan(0, _count)) : default;

    /// <summary>Reads a document; the caller gives the buffers back with <see cref="Dispose"/>.</summary>
    /// <param name="json">UTF-8.</param>
    /// <param name="maxBytes">Larger documents are refused.</param>
    public static JsonIndex Read(ReadOnlySpan<byte> json, int maxBytes)
    {
        var index = new JsonIndex(json);
        if (json.Length > maxBytes)
        {
            index.Trouble = $"{json.Length} bytes are over the bound of {maxBytes}";
        }
        else if (!Utf8.IsValid(json))
        {
            index.Trouble = "the bytes are not UTF-8";
        }
        else
        {
            index.ReadAll();
        }

        return index;
    }

    /// <summary>Copies the tables, for documents that stay.</summary>
    public readonly JsonText Keep(byte[] json) =>
        new(json, _decoded.AsSpan(0, _decodedCount).ToArray(), _tokens.AsSpan(0, _count).ToArray());

    /// <summary>Gives the buffers back.</summary>
    public void Dispose()
    {
        ArrayPool<JsonToken>.Shared.Return(_tokens);
        _tokens = [];
        if (_decoded.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_decoded);
            _decoded = [];
        }
    }

    private void ReadAll()
    {
        var reader = new Utf8JsonReader(_json, new JsonReaderOptions { MaxDepth = MaxDepth });
        try
        {
            while (Trouble is null && reader.Read())
            {
                Add(ref reader);
            }
        }
        catch (JsonException e)
        {
            Trouble = $"it is not JSON: {e.Message}";
        }
        catch (InvalidOperationException)
        {
            Trouble = "it is not JSON: an escaped text is not Unicode";
        }
    }

    private void Add(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                Open(JsonKind.Object, (int)reader.TokenStartIndex);
                break;
            case JsonTokenType.StartArray:
                Open(JsonKind.Array, (int)reader.TokenStartIndex);
                break;
            case JsonTokenType.EndObject:
                RefuseDuplicates();
                Close((int)reader.BytesConsumed);
                break;
            case JsonTokenType.EndArray:
                Close((int)reader.BytesConsumed);
                break;
            case JsonTokenType.PropertyName:
                ref JsonToken name = ref Text(JsonKind.Name, ref reader);
                name.Hash = JsonView.Hash(
                    name.Decoded ? _decoded.AsSpan(name.Start, name.Length) : _json.Slice(name.Start, name.Length)
                );
                _tokens[_open].Count++;
                break;
            case JsonTokenType.String:
                Counted();
                Text(JsonKind.String, ref reader);
                break;
            case JsonTokenType.Number:
                if (reader.ValueSpan.Length > MaxNumber)
                {
                    Trouble = $"a number of {reader.ValueSpan.Length} characters is over the bound of {MaxNumber}";
                }

                Leaf(JsonKind.Number, ref reader);
                break;
            default:
                JsonKind kind = reader.TokenType switch
                {
                    JsonTokenType.True => JsonKind.True,
                    JsonTokenType.False => JsonKind.False,
                    _ => JsonKind.Null,
                };
                Leaf(kind, ref reader);
                break;
        }
    }

    private void Counted()
    {
        if (_open >= 0 && _tokens[_open].Kind == JsonKind.Array)
        {
            _tokens[_open].Count++;
        }
    }

    private void Leaf(JsonKind kind, ref Utf8JsonReader reader)
    {
        Counted();
        ref JsonToken token = ref Push(kind);
        token.Start = (int)reader.TokenStartIndex;
        token.Length = reader.ValueSpan.Length;
        token.Next = _count;
    }

    private ref JsonToken Text(JsonKind kind, ref Utf8JsonReader reader)
    {
        ref JsonToken token = ref Push(kind);
        token.Next = _count;
        if (reader.ValueIsEscaped)
        {
            if (_decoded.Length == 0)
            {
                _decoded = ArrayPool<byte>.Shared.Rent(_json.Length);
            }

            // A decoded text is never longer than its escaped form, so the document's length is enough for all.
            token.Decoded = true;
            token.Start = _decodedCount;
            token.Length = reader.CopyString(_decoded.AsSpan(_decodedCount));
            _decodedCount += token.Length;
        }
        else
        {
            token.Start = (int)reader.TokenStartIndex + 1;
            token.Length = reader.ValueSpan.Length;
        }

        return ref token;
    }

    private void Open(JsonKind kind, int start)
    {
        Counted();
        int at = _count;
        ref JsonToken token = ref Push(kind);
        token.Start = start;
        // Until it is closed, Next holds the container around it.
        token.Next = _open;
        _open = at;
    }

    private void Close(int end)
    {
        ref JsonToken token = ref _tokens[_open];
        _open = token.Next;
        token.Next = _count;
        token.Length = end - token.Start;
    }

    private ref JsonToken Push(JsonKind kind)
    {
        if (_count == _tokens.Length)
        {
            JsonToken[] more = ArrayPool<JsonToken>.Shared.Rent(_tokens.Length * 2);
            _tokens.AsSpan(0, _count).CopyTo(more);
            ArrayPool<JsonToken>.Shared.Return(_tokens);
            _tokens = more;
        }

        ref JsonToken token = ref _tokens[_count++];
        token = default;
        token.Kind = kind;
        return ref token;
    }

    /// <summary>
    /// Equal hashes are taken for equal names: two different names with one 64-bit hash do not happen by chance, and
    /// who makes them happen is refused with the same right.
    /// </summary>
    private void RefuseDuplicates()
    {
        int names = _tokens[_open].Count;
        if (names < 2)
        {
            return;
        }

        if (names > MaxNames)
        {
            Trouble = $"an object of {names} members is over the bound of {MaxNames}";
            return;
        }

        ulong[]? rented = names > 64 ? ArrayPool<ulong>.Shared.Rent(names) : null;
        Span<ulong> hashes = rented is null ? stackalloc ulong[names] : rented.AsSpan(0, names);
        int at = _open + 1;
        for (int i = 0; i < names; i++)
        {
            hashes[i] = _tokens[at].Hash;
            at = at + 1 < _count ? _tokens[at + 1].Next : _count;
        }

        ulong? twice = Twice(hashes);
        if (rented is not null)
        {
            ArrayPool<ulong>.Shared.Return(rented);
        }

        if (twice is { } hash)
        {
            Trouble = $"the name {NameOf(hash)} appears twice in one object";
        }
    }

    private static ulong? Twice(Span<ulong> hashes)
    {
        if (hashes.Length > 16)
        {
            hashes.Sort();
            for (int i = 1; i < hashes.Length; i++)
            {
                if (hashes[i] == hashes[i - 1])
                {
                    return hashes[i];
                }
            }

            return null;
        }

        for (int i = 1; i < hashes.Length; i++)
        {
            if (hashes[..i].Contains(hashes[i]))
            {
                return hashes[i];
            }
        }

        return null;
    }

    private readonly string NameOf(ulong hash)
    {
        var view = new JsonView(_json, _decoded.AsSpan(0, _decodedCount), _tokens.AsSpan(0, _count));
        for (int i = 0; i < _count; i++)
        {
            if (_tokens[i].Kind == JsonKind.Name && _tokens[i].Hash == hash)
            {
                return $"'{view.String(i)}'";
            }
        }

        return "?";
    }
}
