using System.Buffers;
using System.Buffers.Text;
using Handover.Core.Payloads;

namespace Handover.Core.Divergence;

/// <summary>
/// One walk over two documents. It is strict: a byte that the JSON grammar (RFC 8259) does not have at its place ends
/// the walk without a result, and so does a name that an object has twice, so that a result is only ever given for two
/// documents that the tree reader takes too.
/// </summary>
internal ref partial struct JsonStepWalk
{
    /// <summary>Deepest nesting; the tree reader takes 64.</summary>
    public const int MostDepth = 60;

    /// <summary>Names of all open objects together.</summary>
    public const int MostNames = 256;

    private static readonly SearchValues<byte> StringEnds = SearchValues.Create([
        (byte)'"',
        (byte)'\\',
        .. Enumerable.Range(0, 32).Select(b => (byte)b),
    ]);

    private readonly ReadOnlySpan<byte> _a;
    private readonly ReadOnlySpan<byte> _b;
    private readonly Tolerances _rules;
    private readonly Span<Name> _path;
    private readonly Span<Name> _names;
    private int _i;
    private int _j;
    private int _known;
    private int _leaves;
    private List<Found>? _found;
    private List<Found>? _counted;

    public JsonStepWalk(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b, Tolerances rules, Span<Name> path, Span<Name> names)
    {
        _a = a;
        _b = b;
        _rules = rules;
        _path = path;
        _names = names;
    }

    /// <summary>Walks to the end of both; whether that was possible.</summary>
    public bool Run()
    {
        if (!Value(0))
        {
            return false;
        }

        Space();
        return _i == _a.Length && _j == _b.Length;
    }

    private bool Value(int depth)
    {
        Space();
        if (_i >= _a.Length || _j >= _b.Length || _leaves++ > PlainJsonReader.MostLeaves)
        {
            return false;
        }

        byte c = _a[_i];
        byte d = _b[_j];
        switch (c)
        {
            case (byte)'{':
                return d == c && depth < MostDepth && Object(depth);
            case (byte)'[':
                return d == c && depth < MostDepth && Array(depth);
            case (byte)'"':
                return d == c && Text(depth);
            case (byte)'n':
                return Both("null"u8);
            case (byte)'t':
            case (byte)'f':
                return Flag(depth);
            default:
                return Number(depth);
        }
    }

    private bool Object(int depth)
    {
        _i++;
        _j++;
        if (Next() is not { } first)
        {
            return false;
        }

        if (first == '}')
        {
            return Both("}"u8);
        }

        int mine = _known;
        while (true)
        {
            int length = first == '"' ? StringLength(_a, _i) : -1;
            if (length < 0 || !Both(_a.Slice(_i, length)))
            {
                return false;
            }

            var name = new Name(_i - length + 1, length - 2);
            if (!New(name, mine))
            {
                return false;
            }

            _path[depth] = name;
            if (Next() != ':' || !Both(":"u8) || !Value(depth + 1) || Next() is not { } then)
            {
                return false;
            }

            if (then == '}')
            {
                _known = mine;
                return Both("}"u8);
            }

            if (then != ',' || !Both(","u8) || Next() is not { } again)
            {
                return false;
            }

            first = again;
        }
    }

    private bool Array(int depth)
    {
        _i++;
        _j++;
        if (Next() == ']')
        {
            return Both("]"u8);
        }

        _path[depth] = Name.Item;
        while (Value(depth + 1))
        {
            byte? then = Next();
            if (then == ']')
            {
                return Both("]"u8);
            }

            if (then != ',' || !Both(","u8))
            {
                return false;
            }
        }

        return false;
    }

    private bool Text(int depth)
    {
        int length = StringLength(_a, _i);
        int other = StringLength(_b, _j);
        if (length < 0 || other < 0)
        {
            return false;
        }

        ReadOnlySpan<byte> before = _a.Slice(_i + 1, length - 2);
        ReadOnlySpan<byte> now = _b.Slice(_j + 1, other - 2);
        _i += length;
        _j += other;
        return before.SequenceEqual(now) || Differ(depth, JsonLeafKind.String, before, now, 0, 0);
    }

    private bool Flag(int depth)
    {
        ReadOnlySpan<byte> before = Literal(_a, _i);
        ReadOnlySpan<byte> now = Literal(_b, _j);
        _i += before.Length;
        _j += now.Length;
        return before.Length > 0
            && now.Length > 0
            && (before.Length == now.Length || Differ(depth, JsonLeafKind.Boolean, before, now, 0, 0));
    }

    private bool Number(int depth)
    {
        int length = NumberLength(_a, _i);
        int other = NumberLength(_b, _j);
        if (length <= 0 || other <= 0)
        {
            return false;
        }

        ReadOnlySpan<byte> before = _a.Slice(_i, length);
        ReadOnlySpan<byte> now = _b.Slice(_j, other);
        _i += length;
        _j += other;
        if (before.SequenceEqual(now))
        {
            return true;
        }

        return Utf8Parser.TryParse(before, out double x, out int read)
            && read == length
            && Utf8Parser.TryParse(now, out double y, out read)
            && read == other
            && (Alike(x, y) || Differ(depth, JsonLeafKind.Number, before, now, x, y));
    }

    // Where no path is named, every number is a quantity with one tolerance, and its path need not be known.
    private readonly bool Alike(double x, double y) =>
        _rules.ByPath is null && _rules.Kinds.Count == 0 && NumberComparison.Same(x, y, _rules);

    // A name that an object has twice makes two readers of one body see two answers.
    private bool New(Name name, int from)
    {
        ReadOnlySpan<byte> text = _a.Slice(name.At, name.Length);
        for (int k = from; k < _known; k++)
        {
            if (_names[k].Length == name.Length && _a.Slice(_names[k].At, name.Length).SequenceEqual(text))
            {
                return false;
            }
        }

        if (_known == _names.Length)
        {
            return false;
        }

        _names[_known++] = name;
        return true;
    }

    private bool Both(ReadOnlySpan<byte> token)
    {
        if (!_a[_i..].StartsWith(token) || !_b[_j..].StartsWith(token))
        {
            return false;
        }

        _i += token.Length;
        _j += token.Length;
        return true;
    }

    // The next byte that is no space, when both have the same.
    private byte? Next()
    {
        Space();
        return _i < _a.Length && _j < _b.Length && _a[_i] == _b[_j] ? _a[_i] : null;
    }

    private void Space()
    {
        while (_i < _a.Length && _a[_i] <= ' ' && _a[_i] is (byte)' ' or (byte)'\t' or (byte)'\n' or (byte)'\r')
        {
            _i++;
        }

        while (_j < _b.Length && _b[_j] <= ' ' && _b[_j] is (byte)' ' or (byte)'\t' or (byte)'\n' or (byte)'\r')
        {
            _j++;
        }
    }

    // With both quotes; -1 for what has an escape, or is no string.
    internal static int StringLength(ReadOnlySpan<byte> text, int at)
    {
        int end = text[(at + 1)..].IndexOfAny(StringEnds);
        return end >= 0 && text[at + 1 + end] == '"' ? end + 2 : -1;
    }

    private static ReadOnlySpan<byte> Literal(ReadOnlySpan<byte> text, int at) =>
        text[at..].StartsWith("true"u8) ? "true"u8
        : text[at..].StartsWith("false"u8) ? "false"u8
        : default;

    // -? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?
    private static int NumberLength(ReadOnlySpan<byte> text, int at)
    {
        int i = at;
        i += i < text.Length && text[i] == '-' ? 1 : 0;
        int whole = Digits(text, i);
        if (whole == 0 || (whole > 1 && text[i] == '0'))
        {
            return -1;
        }

        i += whole;
        if (i < text.Length && text[i] == '.')
        {
            int fraction = Digits(text, i + 1);
            if (fraction == 0)
            {
                return -1;
            }

            i += 1 + fraction;
        }

        if (i < text.Length && (text[i] | 0x20) == 'e')
        {
            i++;
            i += i < text.Length && text[i] is (byte)'+' or (byte)'-' ? 1 : 0;
            int exponent = Digits(text, i);
            if (exponent == 0)
            {
                return -1;
            }

            i += exponent;
        }

        return i - at;
    }

    private static int Digits(ReadOnlySpan<byte> text, int at)
    {
        int i = at;
        while (i < text.Length && (uint)(text[i] - '0') <= 9)
        {
            i++;
        }

        return i - at;
    }

    /// <summary>A step of a path: a name in stable's bytes, or an item of a list.</summary>
    /// <param name="At">Where the name begins, without its quote; -1 for an item.</param>
    /// <param name="Length">Its length in bytes.</param>
    public readonly record struct Name(int At, int Length)
    {
        /// <summary>An item of a list, whichever.</summary>
        public static Name Item { get; } = new(-1, 0);
    }
}
