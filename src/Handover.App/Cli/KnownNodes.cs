namespace Handover.App.Cli;

/// <summary>
/// Where the nodes that this user started keep their state, by admin address: so that the command line finds a node's
/// admin token by itself, from whatever directory it is called. Only this user can read the notes, and they hold no
/// secret.
/// </summary>
public static class KnownNodes
{
    /// <summary>Notes where a node keeps its state. A node that cannot be noted still runs.</summary>
    public static void Note(Uri adminUrl, string stateDirectory, Func<string, string?> env)
    {
        if (FileOf(adminUrl, env) is not { } file)
        {
            return;
        }

        try
        {
            string directory = Path.GetDirectoryName(file)!;
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(directory);
            }
            else
            {
                Directory.CreateDirectory(
                    directory,
                    UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
                );
            }

            File.WriteAllText(file + ".new", Path.GetFullPath(stateDirectory));
            File.Move(file + ".new", file, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return;
        }
    }

    /// <summary>The state directory of the node at an address; null when it is not known.</summary>
    public static string? StateOf(Uri adminUrl, Func<string, string?> env)
    {
        try
        {
            return FileOf(adminUrl, env) is { } file && File.Exists(file) ? File.ReadAllText(file).Trim() : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string? FileOf(Uri adminUrl, Func<string, string?> env)
    {
        string? home = env("XDG_STATE_HOME");
        if (string.IsNullOrEmpty(home))
        {
            home = env("HOME") is { Length: > 0 } user ? Path.Combine(user, ".local", "state") : null;
        }

        return home is null ? null : Path.Combine(home, "handover", "nodes", $"port-{adminUrl.Port}");
    }
}
