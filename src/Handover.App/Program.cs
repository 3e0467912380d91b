using Handover.App.Cli;

return await CliEntry.RunAsync(args, runNode: null, EarlyCommands.Find);
