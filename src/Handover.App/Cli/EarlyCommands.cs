using System.CommandLine;
using Handover.App.Cli.Commands;
using Handover.Runtimes.Processes;

namespace Handover.App.Cli;

/// <summary>Commands that run without the tree: what a node starts in numbers as children.</summary>
public static class EarlyCommands
{
    /// <summary>The running command, or null when the words are none of these.</summary>
#pragma warning disable MA0022 // No task is an answer here: the words belong to the tree.
    public static Task<int>? Find(string[] args, CancellationToken cancel) =>
        args switch
        {
            // Ends by its input or its child, never by this token: a signal is the child's business.
            ["shim", ..] => Shim.RunAsync(args[1..]),
            ["model", "serve", ..] => ServeAsync(args[1..], cancel),
            _ => null,
        };
#pragma warning restore MA0022

    private static Task<int> ServeAsync(string[] args, CancellationToken cancel)
    {
        Command serve = ModelCommand.Serve();
        var root = new RootCommand { serve };
        ParseResult parse = root.Parse(args);
        if (parse.Errors.Count == 0 || parse.Action is System.CommandLine.Help.HelpAction)
        {
            return parse.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false }, cancel);
        }

        foreach (string message in parse.Errors.Select(e => e.Message).Distinct())
        {
            Console.Error.WriteLine($"error: {message}");
        }

        Console.Error.WriteLine("Try 'handover model serve --help'.");
        return Task.FromResult(ExitCodes.Usage);
    }
}
