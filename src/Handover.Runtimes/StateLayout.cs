// Why: a Unix socket's path has at most 107 bytes on Linux, so where a socket lies depends on how long the directory
// is.
using System.Security.Cryptography;
using System.Text;

namespace Handover.Runtimes;

/// <summary>Where the runtime keeps its files. Directories are made for this user alone.</summary>
internal sealed class StateLayout : IDisposable
{
    private const int MaxSocketPathBytes = 99;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private readonly string _sockets;
    private readonly bool _temporary;
    private readonly FileStream _lock;

    public StateLayout(string stateDirectory)
    {
        string root = Path.GetFullPath(stateDirectory);
        Logs = Owned(Path.Combine(root, "logs"));
        Processes = Owned(Path.Combine(root, "processes"));
        _lock = Lock(Path.Combine(Processes, "lock"));
        string sockets = Path.Combine(root, "sockets");
        _temporary = Encoding.UTF8.GetByteCount(Path.Combine(sockets, Hashed(""))) > MaxSocketPathBytes;
        _sockets = _temporary ? Directory.CreateTempSubdirectory("handover-").FullName : Owned(sockets);
    }

    /// <summary>Directory of the members' logs.</summary>
    public string Logs { get; }

    /// <summary>Directory of the records of child processes.</summary>
    public string Processes { get; }

    /// <summary>Path of a member's socket; a hash stands in for a name that is too long.</summary>
    public string Socket(MemberContext member)
    {
        string plain = Path.Combine(_sockets, member.FileName + ".sock");
        return Encoding.UTF8.GetByteCount(plain) <= MaxSocketPathBytes
            ? plain
            : Path.Combine(_sockets, Hashed(member.FileName));
    }

    /// <summary>Path of a member's log.</summary>
    public string Log(MemberContext member) => Path.Combine(Logs, member.FileName + ".log");

    public void Dispose()
    {
        _lock.Dispose();
        if (_temporary)
        {
            Directory.Delete(_sockets, recursive: true);
        }
    }

    /// <summary>
    /// The system gives the lock back however the holder dies; so whoever has it may end what is left over.
    /// </summary>
    private static FileStream Lock(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e)
        {
            throw new IOException($"Another node uses this state directory: {path} is locked.", e);
        }
    }

    private static string Hashed(string name) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)).AsSpan(0, 8)) + ".sock";

    private static string Owned(string directory)
    {
        Directory.CreateDirectory(directory, OwnerOnly);
        File.SetUnixFileMode(directory, OwnerOnly);
        return directory;
    }
}
