using Handover.App.Cli;
using Handover.App.Node;

return await CliEntry.RunAsync(args, NodeHost.RunAsync, EarlyCommands.Find);
