using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using System.Text;

namespace Handover.Gateway.Upstream;

/// <summary>
/// One connection to a member over which requests go one after the other. Whatever is not exactly as it should be
/// ends it: a connection is used again only after an answer that ended where its head said, with nothing behind it.
/// While it rests it listens, so that one that the member has closed is known before anything is sent over it.
/// </summary>
/// <param name="socket">A connected socket, which becomes its own.</param>
/// <param name="made">Timestamp of its making.</param>
internal sealed class UpstreamConnection(Socket socket, long made) : IDisposable
{
    private const int MostInterim = 16;
    private const int LongestLine = 4 * 1024;

    private readonly List<(string Name, string Value)> _trailers = [];
    private byte[] _buffer = new byte[16 * 1024];
    private int _start;
    private int _end;
    private ValueTask<int> _receiving;
    private bool _listens;
    private bool _spoiled;
    private bool _complete;
    private bool _last;
    private bool _afterChunk;
    private long _left;
    private int _headStart;

    /// <summary>Timestamp of its making.</summary>
    public long Made => made;

    /// <summary>Timestamp since which it rests.</summary>
    public long RestsSince { get; private set; }

    /// <summary>The head of the newest answer.</summary>
    public AnswerHead Head { get; } = new();

    /// <summary>
    /// The bytes that <see cref="AnswerHead.Fields"/> are places in; good until the body is read.
    /// </summary>
    public ReadOnlySpan<byte> HeadBytes => _buffer.AsSpan(_headStart.._start);

    /// <summary>Fields that came after a body in chunks.</summary>
    public IReadOnlyList<(string Name, string Value)> Trailers => _trailers;

    /// <summary>
    /// Whether the request's bytes may be used for something else: nothing of them is still being sent.
    /// </summary>
    public bool Sent { get; private set; }

    /// <summary>
    /// Whether, resting, it turned out to be closed or to say what nobody asked for. The system is asked too: it may
    /// know what no thread has had the time to see.
    /// </summary>
    public bool Stale
    {
        get
        {
            try
            {
                return !_listens || _receiving.IsCompleted || socket.Poll(0, SelectMode.SelectRead);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return true;
            }
        }
    }

    /// <summary>Sends a request, whole, and reads the head of its answer.</summary>
    /// <param name="request">Head and body.</param>
    /// <param name="toHead">Whether the method is HEAD, whose answer has no body.</param>
    /// <exception cref="UpstreamException">
    /// There is no answer or, as <see cref="MalformedAnswerException"/>, none that may be believed.
    /// </exception>
    public ValueTask AskAsync(ReadOnlyMemory<byte> request, bool toHead)
    {
        (_complete, _last, _afterChunk, Sent) = (false, false, false, false);
        _trailers.Clear();
        ValueTask sending = SendAsync(request);
        if (sending.IsCompletedSuccessfully)
        {
            Sent = true;
            return ReadHeadAsync(toHead);
        }

        return AskSlowlyAsync(sending.AsTask(), ReadHeadAsync(toHead).AsTask());
    }

    /// <summary>
    /// The next piece of the body, good until the next call; empty at its end.
    /// </summary>
    /// <exception cref="UpstreamException">
    /// The body breaks off or, as <see cref="MalformedAnswerException"/>, is framed wrongly.
    /// </exception>
    public async ValueTask<ReadOnlyMemory<byte>> ReadAsync()
    {
        if (Head.Chunked)
        {
            return await ReadChunksAsync();
        }

        if (_left == 0)
        {
            _complete = true;
            return default;
        }

        if (_start == _end && !await FillAsync())
        {
            return Head.Length is null ? default : throw BrokenOff();
        }

        int length = (int)Math.Min(_end - _start, _left);
        _start += length;
        _left -= length;
        _complete = _left == 0;
        return _buffer.AsMemory(_start - length, length);
    }

    /// <summary>
    /// Goes to rest after an exchange; false when it cannot carry another one. Nothing may be in flight.
    /// </summary>
    public bool TryRest(long now)
    {
        if (!_complete || !Head.Persistent || _spoiled || _start != _end || _listens)
        {
            return false;
        }

        RestsSince = now;
        (_start, _end) = (0, 0);
        try
        {
            Listen();
            return true;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }

    /// <summary>
    /// Ends it when the token is cancelled. Whoever gives up, closes: there is no other way to take back a request of
    /// HTTP/1.1.
    /// </summary>
    public CancellationTokenRegistration CloseOn(CancellationToken token) =>
        token.UnsafeRegister(static connection => ((UpstreamConnection)connection!).Dispose(), this);

    /// <summary>Ends it at once, from whatever thread; who waits on it gets an exception.</summary>
    public void Dispose() => socket.Dispose();

    // A member may answer, and close, before it has read everything; what it said counts, the connection is over.
    private async ValueTask AskSlowlyAsync(Task sending, Task reading)
    {
        await Task.WhenAny(sending, reading);
        _spoiled = !sending.IsCompletedSuccessfully;
        if (_spoiled)
        {
            // Nobody waits for it any more, and the connection is closed soon.
            _ = sending.ContinueWith(t => t.Exception, TaskScheduler.Default);
        }

        await reading;
        Sent = sending.IsCompleted;
        _spoiled |= !sending.IsCompletedSuccessfully;
    }

    private async ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            while (!bytes.IsEmpty)
            {
                bytes = bytes[await socket.SendAsync(bytes, SocketFlags.None)..];
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            throw new UpstreamException("the connection broke while the request was sent", e);
        }
    }

    private async ValueTask ReadHeadAsync(bool toHead)
    {
        int looked = 0;
        for (int interim = 0; ; )
        {
            int length = AnswerHead.End(_buffer.AsSpan(_start.._end), looked);
            if (length > AnswerHead.MaxBytes || (length == 0 && _end - _start >= AnswerHead.MaxBytes))
            {
                throw new MalformedAnswerException($"the answer's head is longer than {AnswerHead.MaxBytes} bytes");
            }

            if (length == 0)
            {
                looked = _end - _start;
                if (!await FillAsync())
                {
                    throw looked == 0 ? new UpstreamException("the member closed the connection") : BrokenOff();
                }

                continue;
            }

            _headStart = _start;
            Head.Parse(_buffer.AsSpan(_start, length), toHead);
            _start += length;
            looked = 0;
            if (Head.Status >= 200)
            {
                break;
            }

            // Nobody asked for another protocol, and nobody waits for "continue".
            if (Head.Status == 101 || ++interim > MostInterim)
            {
                throw new MalformedAnswerException($"the member answers {Head.Status} to a plain request");
            }
        }

        _left = Head.Chunked ? 0 : Head.Length ?? long.MaxValue;
    }

    private async ValueTask<ReadOnlyMemory<byte>> ReadChunksAsync()
    {
        while (_left == 0 && !_last)
        {
            if (!TryChunk() && !await FillAsync())
            {
                throw BrokenOff();
            }
        }

        if (_last)
        {
            await ReadTrailersAsync();
            return default;
        }

        if (_start == _end && !await FillAsync())
        {
            throw BrokenOff();
        }

        // All chunks that are here become one piece: each of them alone would be a packet of its own to the caller.
        int from = _start;
        int to = from;
        do
        {
            int length = (int)Math.Min(_end - _start, _left);
            _buffer.AsSpan(_start, length).CopyTo(_buffer.AsSpan(to));
            to += length;
            _start += length;
            _left -= length;
        } while (_left == 0 && TryChunk() && !_last && _start < _end);
        return _buffer.AsMemory(from, to - from);
    }

    // The line that says how long the next chunk is, with the end of the one before it; false while it is not there.
    private bool TryChunk()
    {
        ReadOnlySpan<byte> rest = _buffer.AsSpan(_start.._end);
        int skip = _afterChunk ? 2 : 0;
        if (_afterChunk && rest.Length >= 2 && !rest.StartsWith("\r\n"u8))
        {
            throw new MalformedAnswerException("a chunk is longer than it says");
        }

        int end = rest.Length < skip ? -1 : rest[skip..].IndexOf((byte)'\n');
        if (end < 0)
        {
            return rest.Length <= LongestLine ? false : throw new MalformedAnswerException("a chunk's size has no end");
        }

        ReadOnlySpan<byte> line = rest.Slice(skip, end);
        _spoiled |= !line.EndsWith("\r"u8);
        _start += skip + end + 1;
        _left = ChunkSize.Of(line);
        _last = _left == 0;
        _afterChunk = !_last;
        return true;
    }

    private async ValueTask ReadTrailersAsync()
    {
        int bytes = 0;
        while (!_complete)
        {
            int end = _buffer.AsSpan(_start.._end).IndexOf((byte)'\n');
            if (bytes + Math.Max(end, _end - _start) > AnswerHead.MaxBytes)
            {
                throw new MalformedAnswerException(
                    $"the answer's trailers are longer than {AnswerHead.MaxBytes} bytes"
                );
            }

            if (end < 0)
            {
                _ = await FillAsync() ? true : throw BrokenOff();
                continue;
            }

            TakeTrailer(_buffer.AsSpan(_start, end));
            bytes += end + 1;
            _start += end + 1;
        }
    }

    private void TakeTrailer(ReadOnlySpan<byte> line)
    {
        bool proper = line.EndsWith("\r"u8);
        _spoiled |= !proper;
        line = proper ? line[..^1] : line;
        if (line.IsEmpty)
        {
            _complete = true;
            return;
        }

        (Range name, Range value) = AnswerHead.Field(line, ..);
        _trailers.Add((Encoding.Latin1.GetString(line[name]), Encoding.Latin1.GetString(line[value])));
    }

    // False at the end of what the member sends.
    private async ValueTask<bool> FillAsync()
    {
        if (!_listens)
        {
            MakeRoom();
            Listen();
        }

        try
        {
            int read = await _receiving;
            _listens = false;
            _end += read;
            return read > 0;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            _listens = false;
            throw new UpstreamException("the connection broke in the answer", e);
        }
    }

    [SuppressMessage(
        "Reliability",
        "CA2012",
        Justification = "Awaited once, by whoever fills; asked before whether done."
    )]
    private void Listen()
    {
        _receiving = socket.ReceiveAsync(_buffer.AsMemory(_end), SocketFlags.None);
        _listens = true;
    }

    // What is not read yet stays; nothing here is longer than a head may be.
    private void MakeRoom()
    {
        if (_start == _end)
        {
            (_start, _end) = (0, 0);
        }
        else if (_end == _buffer.Length && _start > 0)
        {
            _buffer.AsSpan(_start.._end).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }
        else if (_end == _buffer.Length)
        {
            Array.Resize(ref _buffer, 2 * _buffer.Length);
        }
    }

    private static UpstreamException BrokenOff() => new("the answer breaks off");
}
