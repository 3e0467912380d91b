using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;

namespace Handover.Tests.Stores;

/// <summary>
/// Stands between SQLite and the disk for one connection: the n-th write or sync of its file and its log fails, is
/// torn, or waits. It replaces two entries in the table of file methods that SQLite itself calls (xWrite and xSync of
/// <c>sqlite3_io_methods</c>), so everything above it is the shipped code. Nothing is really synced while it is there.
/// </summary>
internal sealed class FaultyWrites : IDisposable
{
    private const int TableLength = 8 + (18 * 8);
    private const int WriteEntry = 8 + (2 * 8);
    private const int SyncEntry = 8 + (4 * 8);
    private const int FilePointer = 7; // SQLITE_FCNTL_FILE_POINTER
    private const int JournalPointer = 28; // SQLITE_FCNTL_JOURNAL_POINTER
    private const int WriteFailed = 10 | (3 << 8); // SQLITE_IOERR_WRITE
    private const int SyncFailed = 10 | (4 << 8); // SQLITE_IOERR_FSYNC
    private const int Full = 13; // SQLITE_FULL

    private readonly List<Patched> _files = [];
    private readonly WriteMethod _write;
    private readonly SyncMethod _sync;
    private readonly TaskCompletionSource _waits = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Takes hold of the files of an open connection in WAL mode that has written before.</summary>
    public FaultyWrites(SqliteConnection writer)
    {
        (_write, _sync) = (Write, Sync);
        foreach (int which in (int[])[FilePointer, JournalPointer])
        {
            if (FileControl(writer.Handle!.DangerousGetHandle(), "main", which, out nint file) != 0 || file == 0)
            {
                throw new InvalidOperationException("SQLite does not tell its file");
            }

            nint original = Marshal.ReadIntPtr(file);
            nint table = Marshal.AllocHGlobal(TableLength);
            for (int i = 0; i < TableLength; i += 8)
            {
                Marshal.WriteIntPtr(table, i, Marshal.ReadIntPtr(original, i));
            }

            var inner = Marshal.GetDelegateForFunctionPointer<WriteMethod>(Marshal.ReadIntPtr(original, WriteEntry));
            Marshal.WriteIntPtr(table, WriteEntry, Marshal.GetFunctionPointerForDelegate(_write));
            Marshal.WriteIntPtr(table, SyncEntry, Marshal.GetFunctionPointerForDelegate(_sync));
            _files.Add(new Patched(file, original, table, inner));
            Marshal.WriteIntPtr(file, table);
        }
    }

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate int WriteMethod(nint file, nint data, int amount, long offset);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate int SyncMethod(nint file, int flags);

    /// <summary>Writes and syncs so far.</summary>
    public int Count { get; private set; }

    /// <summary>The number, from 1, of the one that goes wrong; 0 for none.</summary>
    public int At { get; set; }

    /// <summary>How it goes wrong.</summary>
    public WriteFault Fault { get; set; }

    /// <summary>Whether everything after it fails too, as after a crash.</summary>
    public bool Crashes { get; set; }

    /// <summary>Whether it has gone wrong.</summary>
    public bool Met => At > 0 && Count >= At;

    /// <summary>Ends when a write that is to wait has come.</summary>
    public Task Waits => _waits.Task;

    /// <summary>Lets the write that waits go on.</summary>
    public ManualResetEventSlim GoOn { get; } = new();

    /// <summary>Gives SQLite its own methods back.</summary>
    public void Dispose()
    {
        GoOn.Set();
        foreach (Patched patched in _files)
        {
            Marshal.WriteIntPtr(patched.File, patched.Original);
            Marshal.FreeHGlobal(patched.Table);
        }

        _files.Clear();
        GoOn.Dispose();
    }

    private int Write(nint file, nint data, int amount, long offset)
    {
        WriteMethod inner = _files.Find(f => f.File == file)!.Inner;
        Count++;
        if (Crashes && Count > At && At > 0)
        {
            return WriteFailed;
        }

        if (Count != At)
        {
            return inner(file, data, amount, offset);
        }

        switch (Fault)
        {
            case WriteFault.DiskFull:
                return Full;
            case WriteFault.Torn:
                // A sector of 512 bytes is the least that a disk writes whole; less than that is cut in its middle.
                inner(file, data, amount > 512 ? amount / 1024 * 512 : amount / 2, offset);
                return WriteFailed;
            case WriteFault.Waits:
                _waits.TrySetResult();
                GoOn.Wait();
                return inner(file, data, amount, offset);
            default:
                return WriteFailed;
        }
    }

    private int Sync(nint file, int flags)
    {
        Count++;
        bool dead = Crashes && Count > At && At > 0;
        if (!dead && Count == At && Fault == WriteFault.Waits)
        {
            _waits.TrySetResult();
            GoOn.Wait();
            return 0;
        }

        return dead || Count == At ? SyncFailed : 0;
    }

    [DllImport("e_sqlite3", EntryPoint = "sqlite3_file_control", CallingConvention = CallingConvention.Cdecl)]
    private static extern int FileControl(
        nint database,
        [MarshalAs(UnmanagedType.LPUTF8Str)] string name,
        int operation,
        out nint file
    );

    private sealed record Patched(nint File, nint Original, nint Table, WriteMethod Inner);
}

/// <summary>What becomes of a write.</summary>
public enum WriteFault
{
    /// <summary>Nothing of it is written, and that is told.</summary>
    Fails,

    /// <summary>Nothing of it is written, for want of room.</summary>
    DiskFull,

    /// <summary>A part of it is written, and it is told that it failed.</summary>
    Torn,

    /// <summary>It takes as long as the test wants.</summary>
    Waits,
}
