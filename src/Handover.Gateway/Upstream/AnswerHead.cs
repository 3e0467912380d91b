using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace Handover.Gateway.Upstream;

/// <summary>
/// The head of a member's answer, and how long the body after it is (RFC 9112, 6.3). What two readers could
/// understand differently is refused, or at least keeps the connection from being used again: an answer that ends
/// elsewhere than we think would be the next caller's.
/// </summary>
internal sealed class AnswerHead
{
    /// <summary>Longest head in bytes.</summary>
    public const int MaxBytes = 64 * 1024;

    private const int MaxFields = 1_000;

    // RFC 9110, 5.6.2.
    private static readonly SearchValues<byte> Token = SearchValues.Create(
        "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8
    );

    // Everything but the controls; the tab is one that may stand in a value.
    private static readonly SearchValues<byte> Printable = SearchValues.Create([
        9,
        .. Enumerable.Range(32, 95).Select(i => (byte)i),
        .. Enumerable.Range(128, 128).Select(i => (byte)i),
    ]);

    private readonly List<(Range Name, Range Value)> _fields = [];

    /// <summary>Status code, in [100, 999].</summary>
    public int Status { get; private set; }

    /// <summary>Bytes of the body; null when it says so itself by chunks, or ends with the connection.</summary>
    public long? Length { get; private set; }

    /// <summary>Whether the body comes in chunks.</summary>
    public bool Chunked { get; private set; }

    /// <summary>Whether the connection may carry another exchange, as far as the head tells.</summary>
    public bool Persistent { get; private set; }

    /// <summary>Names and values as places in the bytes that were parsed.</summary>
    public IReadOnlyList<(Range Name, Range Value)> Fields => _fields;

    /// <summary>Where the head ends; 0 while its end is not there.</summary>
    /// <param name="bytes">What came so far.</param>
    /// <param name="from">Bytes that were looked at before.</param>
    public static int End(ReadOnlySpan<byte> bytes, int from)
    {
        // An end may straddle the two pieces.
        int at = Math.Max(0, from - 2);
        while (bytes[at..].IndexOf((byte)'\n') is >= 0 and var next)
        {
            at += next + 1;
            ReadOnlySpan<byte> rest = bytes[at..];
            if (rest is [(byte)'\n', ..])
            {
                return at + 1;
            }

            if (rest is [(byte)'\r', (byte)'\n', ..])
            {
                return at + 2;
            }
        }

        return 0;
    }

    /// <summary>Reads a whole head, the empty line at its end included.</summary>
    /// <exception cref="MalformedAnswerException">It is malformed or has no clear length.</exception>
    public void Parse(ReadOnlySpan<byte> head, bool toHead)
    {
        _fields.Clear();
        (Length, Chunked, Persistent) = (null, false, true);
        int at = Line(head, 0, out Range first);
        bool minor = Begin(head[first]);
        Persistent &= minor;
        bool coded = false;
        while (true)
        {
            at = Line(head, at, out Range line);
            if (head[line].IsEmpty)
            {
                break;
            }

            (Range name, Range value) = Field(head, line);
            coded |= Take(head[name], head[value], minor);
            _fields.Add((name, value));
            if (_fields.Count > MaxFields)
            {
                throw new MalformedAnswerException($"the answer has more than {MaxFields} header fields");
            }
        }

        if (coded)
        {
            // Who sends both may be read in two ways (RFC 9112, 6.1): the length is dropped, and so is the connection.
            Persistent &= Length is null;
            Length = null;
        }

        if (toHead || Status is 204 or 304 or (>= 100 and < 200))
        {
            (Length, Chunked) = (0, false);
        }
        else if (!Chunked && Length is null)
        {
            Persistent = false;
        }
    }

    /// <summary>Whether a field is the one of this name, in whatever case.</summary>
    public static bool Is(ReadOnlySpan<byte> name, ReadOnlySpan<byte> wanted) => Ascii.EqualsIgnoreCase(name, wanted);

    /// <summary>A name and a value, without the white space around it, of a line.</summary>
    /// <exception cref="MalformedAnswerException">It is malformed.</exception>
    public static (Range Name, Range Value) Field(ReadOnlySpan<byte> head, Range line)
    {
        (int start, int length) = line.GetOffsetAndLength(head.Length);
        ReadOnlySpan<byte> text = head[line];
        int colon = text.IndexOf((byte)':');
        if (colon <= 0 || text[..colon].ContainsAnyExcept(Token))
        {
            throw new MalformedAnswerException("the answer has a header field without a proper name");
        }

        int from = colon + 1;
        int to = length;
        while (from < to && text[from] is (byte)' ' or (byte)'\t')
        {
            from++;
        }

        while (to > from && text[to - 1] is (byte)' ' or (byte)'\t')
        {
            to--;
        }

        return text[from..to].ContainsAnyExcept(Printable)
            ? throw new MalformedAnswerException("the answer has a control character in a header field")
            : (start..(start + colon), (start + from)..(start + to));
    }

    /// <summary>One line without its end; returns where the next one begins.</summary>
    private int Line(ReadOnlySpan<byte> head, int at, out Range line)
    {
        int end = head[at..].IndexOf((byte)'\n');
        if (end < 0)
        {
            throw new MalformedAnswerException("the answer's head breaks off");
        }

        bool proper = end > 0 && head[at + end - 1] == (byte)'\r';
        Persistent &= proper;
        line = at..(at + end - (proper ? 1 : 0));
        return at + end + 1;
    }

    // "HTTP/1.1 200 OK"; returns whether it is 1.1.
    private bool Begin(ReadOnlySpan<byte> line)
    {
        bool proper =
            line.Length >= 12
            && line.StartsWith("HTTP/1."u8)
            && line[7] is (byte)'0' or (byte)'1'
            && line[8] == (byte)' '
            && (line.Length == 12 || line[12] == (byte)' ')
            && !line.ContainsAnyExcept(Printable);
        if (!proper || !Utf8Parser.TryParse(line[9..12], out int status, out int used) || used != 3 || status < 100)
        {
            throw new MalformedAnswerException("the answer does not begin with an HTTP/1.1 status line");
        }

        Status = status;
        return line[7] == (byte)'1';
    }

    // Returns whether the field says that the body is coded.
    private bool Take(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, bool minor)
    {
        if (Is(name, "content-length"u8))
        {
            Length = Length is null ? Digits(value) : throw new MalformedAnswerException("the answer has two lengths");
        }
        else if (Is(name, "transfer-encoding"u8))
        {
            if (Chunked || !minor || !Is(value, "chunked"u8))
            {
                throw new MalformedAnswerException("the answer has a transfer coding other than 'chunked', once");
            }

            Chunked = true;
            return true;
        }
        else if (Is(name, "connection"u8) && Names(value, "close"u8))
        {
            Persistent = false;
        }

        return false;
    }

    private static bool Names(ReadOnlySpan<byte> list, ReadOnlySpan<byte> wanted)
    {
        foreach (Range part in list.Split((byte)','))
        {
            if (Is(list[part].Trim(" \t"u8), wanted))
            {
                return true;
            }
        }

        return false;
    }

    private static long Digits(ReadOnlySpan<byte> text)
    {
        bool proper = text.Length is > 0 and <= 18 && !text.ContainsAnyExceptInRange((byte)'0', (byte)'9');
        return proper && Utf8Parser.TryParse(text, out long length, out _)
            ? length
            : throw new MalformedAnswerException("the answer's length is no number");
    }
}
