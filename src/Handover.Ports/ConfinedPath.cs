// Why: model files, schemas and commands are named by users, and are taken only from inside the configuration
// directory. A name that leaves it, by dots or by a symbolic link, would let a declaration read any file of the
// machine.
using Handover.Core.Foundation;

namespace Handover.Ports;

/// <summary>
/// Turns a relative path into an existing file's real path, and refuses whatever lies outside the directory.
/// </summary>
public static class ConfinedPath
{
    private const int MaxLinks = 40;

    /// <summary>
    /// The real path (no symbolic links left) of <paramref name="relative"/> inside <paramref name="directory"/>.
    /// Links are followed as long as their end lies inside. Errors: <c>path-outside</c>, <c>file-missing</c>.
    /// </summary>
    public static Result<string> Resolve(string directory, string relative)
    {
        if (relative.Length == 0 || relative.Contains('\0') || Path.IsPathRooted(relative))
        {
            return Outside(directory, relative, "it must be a relative path");
        }

        string root = Path.GetFullPath(directory);
        string plain = Path.GetFullPath(Path.Combine(root, relative));
        if (!IsInside(root, plain))
        {
            return Outside(directory, relative, "it leads out of the directory");
        }

        if (!File.Exists(plain) && !IsLink(plain))
        {
            return new Problem("file-missing", $"There is no file '{relative}' in {directory}.") { File = relative };
        }

        string? realRoot = Real(root);
        string? real = Real(plain);
        if (realRoot is null || real is null || !File.Exists(real))
        {
            return real is not null && realRoot is not null && !IsInside(realRoot, real)
                ? Outside(directory, relative, "a symbolic link leads out of the directory")
                : new Problem("file-missing", $"'{relative}' in {directory} is a link to nothing.") { File = relative };
        }

        return IsInside(realRoot, real)
            ? real
            : Outside(directory, relative, "a symbolic link leads out of the directory");
    }

    private static Problem Outside(string directory, string relative, string why) =>
        new("path-outside", $"'{relative}' is not a path inside {directory}: {why}.")
        {
            File = relative,
            Fix = "Copy the file into the configuration directory.",
        };

    private static bool IsInside(string root, string path) =>
        path.Length > root.Length
        && path.StartsWith(root, StringComparison.Ordinal)
        && (root.EndsWith(Path.DirectorySeparatorChar) || path[root.Length] == Path.DirectorySeparatorChar);

    private static bool IsLink(string path) => new FileInfo(path).LinkTarget is not null;

    /// <summary>Resolves every component; null when the links go in a circle.</summary>
    private static string? Real(string path)
    {
        var pending = new Stack<string>(Components(path).Reverse());
        string current = Path.GetPathRoot(path)!;
        int links = 0;
        while (pending.TryPop(out string? part))
        {
            if (part == "..")
            {
                current = Path.GetDirectoryName(current) ?? current;
                continue;
            }

            string next = Path.Combine(current, part);
            string? target = new FileInfo(next).LinkTarget;
            if (target is null)
            {
                current = next;
                continue;
            }

            if (++links > MaxLinks)
            {
                return null;
            }

            if (Path.IsPathRooted(target))
            {
                current = Path.GetPathRoot(target)!;
            }

            foreach (string component in Components(target).Reverse())
            {
                pending.Push(component);
            }
        }

        return current;
    }

    private static IEnumerable<string> Components(string path) =>
        path.Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries).Where(p => p != ".");
}
