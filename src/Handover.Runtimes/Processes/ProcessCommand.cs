// Why: a declaration names a program. Which file that is, is decided here and nowhere else, since it will be executed.
using System.Globalization;
using System.Reflection;
using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Ports;

namespace Handover.Runtimes.Processes;

/// <summary>Turns a declared command into a program's path and its arguments.</summary>
internal static class ProcessCommand
{
    private const UnixFileMode AnyExecute =
        UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>
    /// The first word <c>handover</c> is this very program; a word with a slash is a file inside the configuration
    /// directory; any other word is looked up in <c>PATH</c>. <c>{port}</c> is replaced in every argument.
    /// </summary>
    public static Result<IReadOnlyList<string>> Resolve(Member.Process declared, RuntimeOptions options, int port)
    {
        string word = declared.Command.FirstOrDefault("");
        if (word.Length == 0)
        {
            return new Problem("command-missing", "The command is empty.") { Field = "command" };
        }

        Result<IReadOnlyList<string>> program =
            word == "handover" ? new List<string>(Self(options))
            : word.Contains('/') ? Inside(word, options)
            : InPath(word);
        string number = port.ToString(CultureInfo.InvariantCulture);
        IEnumerable<string> arguments = declared
            .Command.Skip(1)
            .Select(a => a.Replace("{port}", number, StringComparison.Ordinal));
        return program.Ok ? program.Value.Concat(arguments).ToList() : program;
    }

    /// <summary>How this program is started: its own executable, or <c>dotnet</c> and its assembly.</summary>
    public static IReadOnlyList<string> Self(RuntimeOptions options)
    {
        if (options.Self is { } self)
        {
            return self;
        }

        string path = Environment.ProcessPath ?? "dotnet";
        bool viaDotnet = Path.GetFileNameWithoutExtension(path) == "dotnet";
        return viaDotnet ? [path, Assembly.GetEntryAssembly()!.Location] : [path];
    }

    private static Result<IReadOnlyList<string>> Inside(string word, RuntimeOptions options)
    {
        Result<string> path = ConfinedPath.Resolve(options.BaseDirectory, word);
        return path.Ok ? new List<string> { path.Value } : path.Problems[0] with { Field = "command" };
    }

    private static Result<IReadOnlyList<string>> InPath(string word)
    {
        string[] directories = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':');
        foreach (string directory in directories.Where(Path.IsPathRooted))
        {
            string path = Path.Combine(directory, word);
            if (File.Exists(path) && (File.GetUnixFileMode(path) & AnyExecute) != UnixFileMode.None)
            {
                return new List<string> { path };
            }
        }

        return new Problem("command-missing", $"There is no program '{word}' in PATH.")
        {
            Field = "command",
            Fix = "Install it, or name a file inside the configuration directory as ./FILE.",
        };
    }
}
