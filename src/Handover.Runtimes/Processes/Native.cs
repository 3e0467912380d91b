// Why: sessions, process groups and signals are what keeps a child from outliving its node, and .NET has none of them.
using System.Runtime.InteropServices;

namespace Handover.Runtimes.Processes;

/// <summary>The few calls of the C library that supervising needs. Linux.</summary>
internal static partial class Native
{
    public const int SigKill = 9;
    public const int SigTerm = 15;
    private const short SpawnSetSigDefault = 0x04;
    private const short SpawnSetSigMask = 0x08;
    private const short SpawnSetSession = 0x80;
    private const int Eintr = 4;

    // Larger than any C library's posix_spawnattr_t, posix_spawn_file_actions_t or sigset_t.
    private const int OpaqueBytes = 1024;

    /// <summary>
    /// Sends a signal to a process, or to a whole group when <paramref name="pid"/> is negative. False: none there.
    /// </summary>
    public static bool Signal(int pid, int signal) => Kill(pid, signal) == 0;

    /// <summary>Leaves the terminal's session, so that its Ctrl-C does not reach this process.</summary>
    public static void NewSession() => _ = SetSid();

    /// <summary>
    /// Starts a program as leader of its own session, with default signals and nothing to read on its standard input.
    /// Returns its pid, or the negative error number.
    /// </summary>
    public static int Spawn(string path, IReadOnlyList<string> arguments, IReadOnlyList<string> environment)
    {
        nint attributes = Marshal.AllocHGlobal(OpaqueBytes);
        nint actions = Marshal.AllocHGlobal(OpaqueBytes);
        nint signals = Marshal.AllocHGlobal(OpaqueBytes);
        nint[] argv = Strings(arguments);
        nint[] envp = Strings(environment);
        try
        {
            _ = AttributesInit(attributes);
            _ = ActionsInit(actions);
            _ = SignalsFill(signals);
            _ = AttributesSetDefault(attributes, signals);
            _ = SignalsClear(signals);
            _ = AttributesSetMask(attributes, signals);
            _ = AttributesSetFlags(attributes, SpawnSetSigDefault | SpawnSetSigMask | SpawnSetSession);
            _ = ActionsOpen(actions, 0, "/dev/null", 0, 0);
            int error = PosixSpawn(out int pid, path, actions, attributes, argv, envp);
            _ = ActionsDestroy(actions);
            _ = AttributesDestroy(attributes);
            return error == 0 ? pid : -error;
        }
        finally
        {
            Array.ForEach(argv, Marshal.FreeCoTaskMem);
            Array.ForEach(envp, Marshal.FreeCoTaskMem);
            Marshal.FreeHGlobal(attributes);
            Marshal.FreeHGlobal(actions);
            Marshal.FreeHGlobal(signals);
        }
    }

    /// <summary>Waits for a child's end. Returns its exit code, or 128 + the signal that ended it.</summary>
    public static int Wait(int pid)
    {
        int status;
        while (WaitPid(pid, out status, 0) < 0)
        {
            if (Marshal.GetLastPInvokeError() != Eintr)
            {
                return 1;
            }
        }

        return (status & 0x7F) == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F);
    }

    /// <summary>The sentence that belongs to an error number.</summary>
    public static string Message(int error) => Marshal.GetPInvokeErrorMessage(error);

    private static nint[] Strings(IReadOnlyList<string> values) => [.. values.Select(Marshal.StringToCoTaskMemUTF8), 0];

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int pid, int signal);

    [LibraryImport("libc", EntryPoint = "setsid")]
    private static partial int SetSid();

    [LibraryImport("libc", EntryPoint = "waitpid", SetLastError = true)]
    private static partial int WaitPid(int pid, out int status, int options);

    [LibraryImport("libc", EntryPoint = "posix_spawn", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int PosixSpawn(
        out int pid,
        string path,
        nint actions,
        nint attributes,
        [In] nint[] argv,
        [In] nint[] envp
    );

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_init")]
    private static partial int AttributesInit(nint attributes);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_destroy")]
    private static partial int AttributesDestroy(nint attributes);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setflags")]
    private static partial int AttributesSetFlags(nint attributes, short flags);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setsigdefault")]
    private static partial int AttributesSetDefault(nint attributes, nint signals);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setsigmask")]
    private static partial int AttributesSetMask(nint attributes, nint signals);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_init")]
    private static partial int ActionsInit(nint actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_destroy")]
    private static partial int ActionsDestroy(nint actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_addopen", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ActionsOpen(nint actions, int descriptor, string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "sigfillset")]
    private static partial int SignalsFill(nint signals);

    [LibraryImport("libc", EntryPoint = "sigemptyset")]
    private static partial int SignalsClear(nint signals);
}
