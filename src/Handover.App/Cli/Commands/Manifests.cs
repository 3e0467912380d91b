using System.CommandLine;
using Handover.Protocol;

namespace Handover.App.Cli.Commands;

/// <summary>
/// The YAML files behind <c>-f PATH</c>: a file, a directory (not deeper), or <c>-</c> for standard input.
/// </summary>
internal static class Manifests
{
    private const int MostFiles = 1000;
    private const int LargestFile = 1 << 20;

    public static Option<string[]> Option { get; } =
        new("--file", "-f") { Description = "YAML file, directory of them, or -", Required = true };

    public static IReadOnlyList<ManifestFile> Read(CliSession session, IEnumerable<string> paths)
    {
        var files = new List<ManifestFile>();
        foreach (string path in paths)
        {
            if (path == "-")
            {
                files.Add(new ManifestFile("-", session.Host.In.ReadToEnd()));
                continue;
            }

            IEnumerable<string> found = Directory.Exists(path)
                ? Directory
                    .EnumerateFiles(path)
                    .Where(f =>
                        f.EndsWith(".yaml", StringComparison.Ordinal) || f.EndsWith(".yml", StringComparison.Ordinal)
                    )
                    .Order(StringComparer.Ordinal)
                : [path];
            files.AddRange(found.Take(MostFiles + 1).Select(One));
        }

        if (files.Count is 0 or > MostFiles)
        {
            string many = files.Count == 0 ? "no YAML file" : $"more than {MostFiles} files";
            throw AdminFailure.Of("no-files", 0, $"there is {many} in {string.Join(", ", paths)}.");
        }

        return files;
    }

    private static ManifestFile One(string path)
    {
        var info = new FileInfo(path);
        if (!info.Exists)
        {
            throw AdminFailure.Of("no-files", 0, $"there is no file or directory {path}.");
        }

        return info.Length > LargestFile
            ? throw AdminFailure.Of("too-large", 0, $"{path} is larger than 1 MiB; split it.")
            : new ManifestFile(path, File.ReadAllText(path));
    }
}
