using System.Globalization;
using System.Security.Cryptography;
using Handover.Core.Foundation;

namespace Handover.Control.Audit;

/// <summary>
/// The append-only record of every mutation, one JSON line each, chained by hash and on disk before the caller hears
/// that the mutation is done. Beside it stands the head (number and hash of the newest entry), so that a cut at the end
/// shows.
/// </summary>
public sealed class AuditLog : IDisposable
{
    /// <summary>What an entry says that found the log shorter than it was left.</summary>
    public const string EntriesMissing = "audit.entriesMissing";

    private const int LongestValue = 4096;
    private readonly FileStream _file;
    private readonly string _headPath;
    private readonly TimeProvider _clock;
    private readonly Lock _gate = new();
    private AuditHead _head;

    private AuditLog(FileStream file, string headPath, TimeProvider clock, AuditHead head)
    {
        _file = file;
        _headPath = headPath;
        _clock = clock;
        _head = head;
    }

    /// <summary>The newest entry's number and hash.</summary>
    public AuditHead Head => Volatile.Read(ref _head);

    /// <summary>The file.</summary>
    public string Path => _file.Name;

    /// <summary>
    /// Opens <c>audit.jsonl</c> in a directory. A last line that a crash tore is cut off and the repair recorded as an
    /// entry of its own. A file whose last whole line is no entry is refused: it was not us who wrote it.
    /// </summary>
    public static Result<AuditLog> Open(string directory, TimeProvider clock)
    {
        string path = System.IO.Path.Combine(directory, "audit.jsonl");
        try
        {
            Directory.CreateDirectory(directory);
            FileStream file = OpenPrivate(path);
            (AuditHead head, long good, long torn, string? wrong) = LastOf(file);
            if (wrong is not null)
            {
                file.Dispose();
                return new Problem("audit-damaged", wrong)
                {
                    File = path,
                    Line = (int)Math.Min(head.Seq + 1, int.MaxValue),
                    Fix = "Run 'handover audit verify --file' on it, then move it aside: a new one is begun.",
                };
            }

            if (torn > 0)
            {
                file.SetLength(good);
            }

            file.Seek(0, SeekOrigin.End);
            AuditHead? noted = ReadHead(path + ".head");
            var log = new AuditLog(file, path + ".head", clock, head);
            if (torn > 0)
            {
                log.Append("engine", "audit.repaired", "", "", after: new() { ["bytesDropped"] = Text(torn) });
            }

            if (noted is not null && noted.Seq > head.Seq)
            {
                log.Append(
                    "engine",
                    EntriesMissing,
                    "",
                    "",
                    new() { ["seq"] = Text(noted.Seq), ["hash"] = noted.Hash }
                );
            }

            return log;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new Problem("state-unwritable", $"the audit log cannot be opened: {e.Message}")
            {
                File = path,
                Fix = "Give the user that runs Handover the directory, and end any other node that uses it.",
            };
        }
    }

    /// <summary>
    /// Writes an entry and waits until it is on disk. Throws <see cref="IOException"/> when it cannot be.
    /// </summary>
    public AuditEntry Append(
        string who,
        string what,
        string why,
        string requestId,
        Dictionary<string, string>? before = null,
        Dictionary<string, string>? after = null
    )
    {
        lock (_gate)
        {
            var entry = new AuditEntry
            {
                Seq = _head.Seq + 1,
                At = _clock.GetUtcNow(),
                Who = Cut(who),
                What = Cut(what),
                Why = Cut(why),
                RequestId = Cut(requestId),
                Before = Cut(before),
                After = Cut(after),
                Prev = _head.Hash,
            };
            byte[] line = entry.Canonical();
            long start = _file.Length;
            try
            {
                _file.Write([.. line, (byte)'\n']);
                _file.Flush(flushToDisk: true);
            }
            catch (IOException)
            {
                // A full disk must not leave half a line in front of the next entry.
                _file.SetLength(start);
                _file.Seek(0, SeekOrigin.End);
                throw;
            }

            var head = new AuditHead(entry.Seq, Convert.ToHexStringLower(SHA256.HashData(line)));
            Volatile.Write(ref _head, head);
            NoteHead(_headPath, head);
            return entry;
        }
    }

    /// <summary>Newest entries first, older than <paramref name="before"/> when it is given.</summary>
    public IReadOnlyList<AuditEntry> Newest(int limit, long? before)
    {
        long end = Math.Min(before ?? long.MaxValue, Head.Seq + 1);
        var kept = new Queue<AuditEntry>(limit + 1);
        using FileStream file = Reopen();
        foreach ((byte[] bytes, _, _) in AuditLines.Read(file))
        {
            if (AuditEntry.Parse(bytes) is { } entry && entry.Seq < end)
            {
                kept.Enqueue(entry);
                if (kept.Count > limit)
                {
                    kept.Dequeue();
                }
            }
        }

        return [.. kept.Reverse()];
    }

    /// <summary>Checks every entry, and that none was cut off the end.</summary>
    public AuditCheck Verify()
    {
        lock (_gate)
        {
            using FileStream file = Reopen();
            return AuditChain.Verify(file, _head);
        }
    }

    /// <summary>Checks a file that no node has open, with the head noted beside it if there is one.</summary>
    public static AuditCheck Verify(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        return AuditChain.Verify(file, ReadHead(path + ".head"));
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private FileStream Reopen() => new(_file.Name, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);

    private static FileStream OpenPrivate(string path)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.ReadWrite,
            Share = FileShare.Read,
        };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return new FileStream(path, options);
    }

    private static (AuditHead Head, long Good, long Torn, string? Wrong) LastOf(FileStream file)
    {
        long good = 0;
        long torn = 0;
        byte[]? last = null;
        using (var copy = new FileStream(file.Name, FileMode.Open, FileAccess.Read, FileShare.ReadWrite))
        {
            foreach ((byte[] bytes, long length, bool terminated) in AuditLines.Read(copy))
            {
                if (!terminated)
                {
                    torn = length;
                    break;
                }

                last = bytes;
                good += length + 1;
            }
        }

        if (last is null)
        {
            return (new AuditHead(0, AuditEntry.Genesis), good, torn, null);
        }

        AuditEntry? entry = AuditEntry.Parse(last);
        return entry is null
            ? (new AuditHead(0, ""), good, torn, "the last line of the audit log is not an entry")
            : (new AuditHead(entry.Seq, Convert.ToHexStringLower(SHA256.HashData(last))), good, torn, null);
    }

    // Not forced to disk: after a crash the head may be older than the log, never newer. The entry is safe already, so
    // that a full disk here must not be told as a failure of the mutation.
    private static void NoteHead(string path, AuditHead head)
    {
        try
        {
            File.WriteAllText(path + ".new", $"{Text(head.Seq)} {head.Hash}\n");
            File.Move(path + ".new", path, overwrite: true);
        }
        catch (IOException)
        {
            return;
        }
    }

    private static AuditHead? ReadHead(string path)
    {
        string[] parts = File.Exists(path) ? File.ReadAllText(path).Trim().Split(' ') : [];
        return parts.Length == 2 && long.TryParse(parts[0], CultureInfo.InvariantCulture, out long seq)
            ? new AuditHead(seq, parts[1])
            : null;
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    // A lone surrogate has no UTF-8 form; the line must read back as it was hashed.
    private static string Cut(string text)
    {
        string cut = text.Length <= LongestValue ? text : text[..LongestValue] + "…";
        return string.Concat(cut.EnumerateRunes());
    }

    private static Dictionary<string, string> Cut(Dictionary<string, string>? map) =>
        map is null ? [] : map.Take(64).ToDictionary(p => Cut(p.Key), p => Cut(p.Value));
}
