using Handover.App.Cli;
using Handover.App.Node;
using Handover.Runtimes.Processes;

// The shim stands between a node and each model process: it minds signals in its own way, so nothing comes before it.
return args is ["shim", .. var shimmed]
    ? await Shim.RunAsync(shimmed)
    : await CliEntry.RunAsync(args, NodeHost.RunAsync, EarlyCommands.Find);
