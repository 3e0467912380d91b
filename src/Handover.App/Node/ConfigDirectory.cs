using Handover.Control.Resources;
using Handover.Core.Foundation;
using Handover.Ports;

namespace Handover.App.Node;

/// <summary>Finds and reads the resource files of a configuration directory, its folders included.</summary>
public static class ConfigDirectory
{
    private const int MostFiles = 1000;
    private const int MostBytes = 1 << 20;
    private static readonly string[] Skipped = ["bin", "obj", "node_modules"];

    /// <summary>Everything declared in the directory, or every problem in it.</summary>
    public static Result<ResourceSet> Read(string directory)
    {
        if (!Directory.Exists(directory))
        {
            return new Problem("no-directory", $"the directory {directory} does not exist.")
            {
                Fix = "Give 'handover run' the directory that holds the resource files.",
            };
        }

        List<string> files = [.. Files(directory, directory).Order(StringComparer.Ordinal).Take(MostFiles + 1)];
        if (files.Count > MostFiles)
        {
            return new Problem("too-many-files", $"{directory} holds more than {MostFiles} resource files.");
        }

        if (files.FirstOrDefault(f => new FileInfo(f).Length > MostBytes) is { } large)
        {
            return new Problem("file-too-large", $"a resource file may have at most {MostBytes >> 20} MiB.")
            {
                File = large,
            };
        }

        return ResourceReader.ReadAll(
            files.Select(f => (File.ReadAllText(f), Path.GetRelativePath(directory, f))),
            path => TextOf(directory, path)
        );
    }

    /// <summary>The text of a file that a resource names; only from inside the directory, and bounded.</summary>
    public static Result<string> TextOf(string directory, string path)
    {
        Result<string> real = ConfinedPath.Resolve(directory, path);
        if (!real.Ok)
        {
            return real;
        }

        try
        {
            return new FileInfo(real.Value).Length > MostBytes
                ? new Problem("file-too-large", $"'{path}' has more than {MostBytes >> 20} MiB.")
                : Result<string>.Of(File.ReadAllText(real.Value));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new Problem("file-unreadable", $"'{path}' cannot be read: {e.Message}");
        }
    }

    private static IEnumerable<string> Files(string root, string directory)
    {
        foreach (string file in Directory.EnumerateFiles(directory, "*.yaml"))
        {
            yield return file;
        }

        foreach (string folder in Directory.EnumerateDirectories(directory))
        {
            var info = new DirectoryInfo(folder);
            bool skip = info.Name.StartsWith('.') || Skipped.Contains(info.Name) || info.LinkTarget is not null;
            foreach (string file in skip ? [] : Files(root, folder))
            {
                yield return file;
            }
        }
    }
}
