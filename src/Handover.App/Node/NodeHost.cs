using Handover.App.Cli;
using Handover.Core.Foundation;
using Handover.Ports;
using Microsoft.AspNetCore.Connections;

namespace Handover.App.Node;

/// <summary>Runs an all-in-one node until it is told to stop, and ends with an exit code.</summary>
public static class NodeHost
{
    /// <summary>Starts the node; returns 0 after a clean stop, 1 when it could not start.</summary>
    public static async Task<int> RunAsync(RunOptions options, CancellationToken cancel)
    {
        InlineSockets.Prefer();
        string? failpoint = Environment.GetEnvironmentVariable(Failpoint.Variable);
        if (Failpoint.Arm(failpoint, options.Failpoints) is { } refused)
        {
            await Console.Error.WriteLineAsync(refused.ToString());
            return 1;
        }

        Result<NodeParts> built = await NodeParts.CreateAsync(options, TimeProvider.System);
        if (!built.Ok)
        {
            foreach (Problem problem in built.Problems)
            {
                await Console.Error.WriteLineAsync(problem.ToString());
            }

            return 1;
        }

        await using NodeParts node = built.Value;
        try
        {
            await node.StartAsync(cancel);
        }
        catch (IOException e) when (e.InnerException is AddressInUseException)
        {
            await Console.Error.WriteLineAsync(
                $"error: {e.Message} Stop what listens there, or choose other ports with --data-url and --admin-url."
            );
            return 1;
        }

        KnownNodes.Note(new Uri($"{node.AdminUrl}"), options.StateDirectory, Environment.GetEnvironmentVariable);
        await Console.Error.WriteLineAsync(
            $"handover: gateway {node.DataUrl}{(node.Http2Url is { } grpc ? $" and {grpc} (HTTP/2)" : "")}, "
                + $"API {node.AdminUrl}, state {options.StateDirectory}"
        );
        try
        {
            await Task.Delay(Timeout.Infinite, cancel);
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("handover: stopping; requests in flight finish first");
        }

        return 0;
    }
}
