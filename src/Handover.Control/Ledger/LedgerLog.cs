using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using Handover.Ports;
using Microsoft.Win32.SafeHandles;

namespace Handover.Control.Ledger;

/// <summary>
/// Records in append-only files, many of them made durable by one fsync. A record is its length, the first half of its
/// SHA-256 and its bytes; what a crash tore off fails that check, and the file ends there. Zeros are written ahead of
/// the records, because a write inside a file is durable sooner than one that makes it longer. A file that could not be
/// written is never written again: after a failed fsync nobody knows what of it is on disk (Rebello et al., "Can
/// Applications Recover from fsync Failures?", USENIX ATC 2020), so the next record goes to a new file. Not safe for
/// use from two threads.
/// </summary>
internal sealed class LedgerLog : IDisposable
{
    private const int DigestLength = 16;
    private const int HeadLength = sizeof(int) + DigestLength;
    private const int LargestRecord = 64 << 20;

    // About a hundred decisions: a file lives for seconds, and its first commit syncs these too.
    private static readonly byte[] Zeros = new byte[64 << 10];

    private readonly string _directory;
    private readonly MemoryStream _pending = new();
    private readonly BinaryWriter _writer;
    private SafeFileHandle? _file;
    private long _end;
    private long _zeroed;
    private long _number;

    private LedgerLog(string directory, long number)
    {
        (_directory, _number) = (directory, number);
        _writer = new BinaryWriter(_pending);
    }

    /// <summary>Bytes in the file that is written now.</summary>
    public long Bytes => _end;

    /// <summary>Whether records were added since the last commit.</summary>
    public bool Pending => _pending.Position > 0;

    /// <summary>
    /// Opens the log, reading every record that is there, oldest first. Throws <see cref="IOException"/>.
    /// </summary>
    /// <param name="directory">Its directory; made when it is missing.</param>
    /// <param name="replay">Takes each record.</param>
    /// <param name="torn">Told of a file whose end could not be read, with the bytes that were left out.</param>
    public static LedgerLog Open(string directory, Action<LogRecord> replay, Action<string, long> torn)
    {
        Directory.CreateDirectory(directory);
        long last = 0;
        foreach ((long number, string file) in Files(directory))
        {
            last = number;
            long left = Replay(file, replay);
            if (left > 0)
            {
                torn(file, left);
            }
        }

        return new LedgerLog(directory, last + 1);
    }

    /// <summary>Adds a record to what the next commit makes durable.</summary>
    public void Add(LogRecord record)
    {
        long start = _pending.Position;
        _pending.Position += HeadLength;
        DecisionCodec.Write(_writer, record);
        int length = (int)(_pending.Position - start - HeadLength);
        Span<byte> all = _pending.GetBuffer().AsSpan((int)start, HeadLength + length);
        BinaryPrimitives.WriteInt32LittleEndian(all, length);
        SHA256.HashData(all[HeadLength..])[..DigestLength].CopyTo(all[sizeof(int)..]);
    }

    /// <summary>Forgets the records that were added since the last commit.</summary>
    public void Discard() => _pending.Position = 0;

    /// <summary>
    /// Makes all added records durable, or none for sure: when it throws <see cref="IOException"/>, nobody knows.
    /// </summary>
    public void Commit()
    {
        ReadOnlySpan<byte> bytes = _pending.GetBuffer().AsSpan(0, (int)_pending.Position);
        _pending.Position = 0;
        if (bytes.IsEmpty)
        {
            return;
        }

        try
        {
            _file ??= Create();
            ZeroAhead(_end + bytes.Length);
            Failpoint.Pass(Failpoint.LedgerDecided);
            RandomAccess.Write(_file, bytes, _end);
            Failpoint.Pass(Failpoint.LedgerWritten);
            RandomAccess.FlushToDisk(_file);
            Failpoint.Pass(Failpoint.LedgerSynced);
            _end += bytes.Length;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Rotate();
            throw e as IOException ?? new IOException(e.Message, e);
        }
    }

    /// <summary>
    /// Ends the file that is written now; returns the number of the one that the next commit begins.
    /// </summary>
    public long Rotate()
    {
        if (_file is not null)
        {
            _file.Dispose();
            _file = null;
            _number++;
        }

        _end = _zeroed = 0;
        return _number;
    }

    /// <summary>Deletes every file older than <paramref name="number"/>: its records are kept elsewhere.</summary>
    public void DeleteBefore(long number)
    {
        foreach ((long old, string file) in Files(_directory))
        {
            if (old < number)
            {
                File.Delete(file);
            }
        }
    }

    public void Dispose()
    {
        _file?.Dispose();
        _writer.Dispose();
    }

    // The next commit syncs them, with its records over their beginning.
    private void ZeroAhead(long end)
    {
        while (end > _zeroed)
        {
            RandomAccess.Write(_file!, Zeros, _zeroed);
            _zeroed += Zeros.Length;
        }
    }

    private SafeFileHandle Create()
    {
        string path = Path.Combine(_directory, $"{_number:D12}.log");
        SafeFileHandle file = File.OpenHandle(path, FileMode.Create, FileAccess.Write, FileShare.Read);
        try
        {
            DurableDirectory.Sync(_directory);
        }
        catch (IOException)
        {
            file.Dispose();
            throw;
        }

        return file;
    }

    private static List<(long Number, string File)> Files(string directory) =>
        [
            .. Directory
                .EnumerateFiles(directory, "*.log")
                .Select(f => (long.Parse(Path.GetFileNameWithoutExtension(f), CultureInfo.InvariantCulture), File: f))
                .Order(),
        ];

    /// <summary>Reads a file; returns the bytes at its end that are neither a record nor zeros.</summary>
    private static long Replay(string file, Action<LogRecord> replay)
    {
        using FileStream stream = File.OpenRead(file);
        byte[] head = new byte[HeadLength];
        while (stream.Position < stream.Length)
        {
            long start = stream.Position;
            int read = stream.ReadAtLeast(head, HeadLength, throwOnEndOfStream: false);
            if (read < HeadLength)
            {
                return head.AsSpan(0, read).ContainsAnyExcept((byte)0) ? stream.Length - start : 0;
            }

            int length = BinaryPrimitives.ReadInt32LittleEndian(head);
            if (length == 0 && !head.AsSpan().ContainsAnyExcept((byte)0) && OnlyZeros(stream))
            {
                return 0;
            }

            if (length is <= 0 or > LargestRecord || length > stream.Length - stream.Position)
            {
                return stream.Length - start;
            }

            byte[] body = new byte[length];
            stream.ReadExactly(body);
            if (!SHA256.HashData(body).AsSpan(0, DigestLength).SequenceEqual(head.AsSpan(sizeof(int))))
            {
                return stream.Length - start;
            }

            using var reader = new BinaryReader(new MemoryStream(body));
            replay(DecisionCodec.Read(reader));
        }

        return 0;
    }

    private static bool OnlyZeros(FileStream stream)
    {
        byte[] buffer = new byte[64 << 10];
        int read;
        while ((read = stream.Read(buffer)) > 0)
        {
            if (buffer.AsSpan(0, read).ContainsAnyExcept((byte)0))
            {
                return false;
            }
        }

        return true;
    }
}
