using Handover.Core.Foundation;

namespace Handover.App.Node;

/// <summary>
/// One node per state directory. Taken before anything else is read or written: a second node would otherwise apply
/// its own configuration to the first one's catalog before it noticed. The system gives the lock back however its
/// holder dies.
/// </summary>
public sealed class StateLock : IDisposable
{
    private readonly FileStream _file;

    private StateLock(FileStream file) => _file = file;

    /// <summary>Takes the lock; the directory is made, for this user alone, when it is missing.</summary>
    public static Result<StateLock> Take(string stateDirectory)
    {
        string path = Path.Combine(stateDirectory, "node.lock");
        try
        {
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(stateDirectory);
            }
            else
            {
                Directory.CreateDirectory(
                    stateDirectory,
                    UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
                );
            }

            return new StateLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException) when (File.Exists(path))
        {
            return new Problem("state-in-use", $"another node uses the state directory {stateDirectory}.")
            {
                Fix = "Stop it first, or give this one a directory of its own with --state.",
            };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new Problem("state-unwritable", $"the state directory cannot be used: {e.Message}")
            {
                Fix = "Give the user that runs Handover the directory, or name another one with --state.",
            };
        }
    }

    /// <summary>Gives the directory back.</summary>
    public void Dispose() => _file.Dispose();
}
