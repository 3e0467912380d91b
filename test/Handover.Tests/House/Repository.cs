using System.Diagnostics;
using Xunit;

namespace Handover.Tests.House;

/// <summary>Finds the checkout that the tests were built from, and lists what git keeps in it.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    /// <summary>Every tracked file that is there, with forward slashes, from the root.</summary>
    public static IReadOnlyList<string> Tracked { get; } = Git("ls-files");

    /// <summary>Every tracked C# file.</summary>
    public static IReadOnlyList<string> Sources { get; } =
    [.. Tracked.Where(f => f.EndsWith(".cs", StringComparison.Ordinal))];

    public static string At(string path) => Path.Combine(Root, path);

    public static string Text(string path) => File.ReadAllText(At(path));

    public static string[] Lines(string path) => File.ReadAllLines(At(path));

    /// <summary>Whether a file lies in a folder of the root.</summary>
    public static bool In(string file, string folder) => file.StartsWith(folder + "/", StringComparison.Ordinal);

    private static string Find()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "Handover.slnx")))
            {
                return at.FullName;
            }
        }

        throw new InvalidOperationException("the tests run outside of a checkout");
    }

    private static List<string> Git(string arguments)
    {
        var start = new ProcessStartInfo("git", arguments) { WorkingDirectory = Root, RedirectStandardOutput = true };
        using Process git = Process.Start(start)!;
        string output = git.StandardOutput.ReadToEnd();
        git.WaitForExit();
        Assert.Equal(0, git.ExitCode);
        string[] files = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.NotEmpty(files);
        return [.. files.Where(f => File.Exists(At(f)))];
    }
}
