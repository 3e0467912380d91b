using System.CommandLine;
using System.CommandLine.Help;
using Handover.App.Cli.Commands;

namespace Handover.App.Cli;

/// <summary>The whole command line. Each command is a file of its own under Commands.</summary>
public static class CommandTree
{
    /// <summary>Parses and runs one command line.</summary>
    public static async Task<int> RunAsync(string[] args, CliHost host, CancellationToken cancel)
    {
        RootCommand root = Build(host);
        ParseResult parse = root.Parse(args);
        if (parse.Errors.Count > 0 && parse.Action is not HelpAction)
        {
            foreach (string message in parse.Errors.Select(e => e.Message).Distinct())
            {
                await host.Err.WriteLineAsync($"error: {message}");
            }

            await host.Err.WriteLineAsync($"Try '{PathOf(parse)} --help'.");
            return ExitCodes.Usage;
        }

        var configuration = new InvocationConfiguration
        {
            Output = host.Out,
            Error = host.Err,
            EnableDefaultExceptionHandler = false,
        };
        return await parse.InvokeAsync(configuration, cancel);
    }

    /// <summary>All commands.</summary>
    public static RootCommand Build(CliHost host)
    {
        var options = new GlobalOptions();
        var run = new CliRunner(host, options);
        var root = new RootCommand("Handover moves live traffic from one release of an AI model to the next.")
        {
            RunCommand.Build(run),
            LintCommand.Build(run),
            GetCommand.Build(run),
            DescribeCommand.Build(run),
            ExplainCommand.Build(run),
            RolloutCommand.Build(run),
            RollbackCommand.Build(run),
            FlagCommand.Build(run),
            DivergenceCommand.Build(run),
            AdviseCommand.Build(run),
            ContractCommand.Build(run),
            ConsumerCommand.Build(run),
            WarmCommand.Build(run),
            JournalCommand.Build(run),
            LedgerCommand.Build(run),
            ReconcileCommand.Build(run),
            LabelsCommand.Build(run),
            MetricsCommand.Build(run),
            ModelCommand.Build(run),
            TokenCommand.Build(run),
            AuditCommand.Build(run),
            CompletionCommand.Build(run),
            VersionCommand.Build(run),
        };
        foreach (Command command in PlanCommands.Build(run).Concat(NotYet.All(run)))
        {
            root.Add(command);
        }

        options.AddTo(root);
        return root;
    }

    private static string PathOf(ParseResult parse)
    {
        var names = new List<string>();
        for (
            System.CommandLine.Parsing.SymbolResult? at = parse.CommandResult;
            at is System.CommandLine.Parsing.CommandResult { Command: not RootCommand } command;
            at = at.Parent
        )
        {
            names.Insert(0, command.Command.Name);
        }

        return string.Join(' ', ["handover", .. names]);
    }
}
