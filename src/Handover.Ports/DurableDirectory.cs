using System.Runtime.InteropServices;

namespace Handover.Ports;

/// <summary>
/// Makes the names in a directory durable. A file that was made or renamed outlives a power cut only once its directory
/// was synced too, and .NET has no call for that.
/// </summary>
public static class DurableDirectory
{
    private const int ReadOnlyDirectory = 0x10000; // O_RDONLY | O_DIRECTORY on Linux.

    /// <summary>Syncs it. Does nothing where the system is not Linux, or the directory cannot be opened.</summary>
    public static void Sync(string directory)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        int handle = Open(directory, ReadOnlyDirectory);
        if (handle >= 0)
        {
            _ = Fsync(handle);
            _ = Close(handle);
        }
    }

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    private static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static extern int Fsync(int handle);

    [DllImport("libc", EntryPoint = "close", SetLastError = true)]
    private static extern int Close(int handle);
}
