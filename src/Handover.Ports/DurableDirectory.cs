using System.Runtime.InteropServices;

namespace Handover.Ports;

/// <summary>
/// Makes the names in a directory durable. A file that was made or renamed outlives a power cut only once its directory
/// was synced too, and .NET has no call for that.
/// </summary>
public static class DurableDirectory
{
    // O_RDONLY alone: the number of O_DIRECTORY is another one on other processors.
    private const int ReadOnly = 0;
    private const int NotSupportedHere = 22; // EINVAL on Linux.

    /// <summary>Syncs it. Does nothing where the system is not Linux.</summary>
    /// <exception cref="IOException">It could not be opened or synced: its newest names may be lost.</exception>
    public static void Sync(string directory)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        int handle = Open(directory, ReadOnly);
        if (handle < 0)
        {
            throw Failed(directory);
        }

        try
        {
            // Some file systems cannot sync a directory and say so; there is nothing better to do there.
            if (Fsync(handle) != 0 && Marshal.GetLastPInvokeError() != NotSupportedHere)
            {
                throw Failed(directory);
            }
        }
        finally
        {
            _ = Close(handle);
        }
    }

    private static IOException Failed(string directory) =>
        new($"{directory} could not be synced: {Marshal.GetLastPInvokeErrorMessage()}");

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    private static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static extern int Fsync(int handle);

    [DllImport("libc", EntryPoint = "close", SetLastError = true)]
    private static extern int Close(int handle);
}
