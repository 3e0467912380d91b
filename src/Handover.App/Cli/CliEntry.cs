using Handover.App.Node;

namespace Handover.App.Cli;

/// <summary>
/// Where the program begins. The two commands that Handover itself starts in numbers, as children, are found before the
/// command tree is built: a model server that is restarted under load must not first construct forty commands.
/// </summary>
public static class CliEntry
{
    /// <summary>Runs the command line and returns the exit code.</summary>
    /// <param name="args">The arguments.</param>
    /// <param name="runNode">Runs a node; null when this build has none.</param>
    /// <param name="direct">
    /// Commands without a tree, by their first words; null when the words are none of them.
    /// </param>
    public static async Task<int> RunAsync(
        string[] args,
        Func<RunOptions, CancellationToken, Task<int>>? runNode,
        Func<string[], CancellationToken, Task<int>?>? direct = null
    )
    {
        // Not disposed: a second signal's handler may still be running when its registration is gone.
        var interrupt = new CancellationTokenSource();
        using IDisposable sigint = OnSignal(System.Runtime.InteropServices.PosixSignal.SIGINT, interrupt);
        using IDisposable sigterm = OnSignal(System.Runtime.InteropServices.PosixSignal.SIGTERM, interrupt);
        Task<int>? early = direct?.Invoke(args, interrupt.Token);
        return early is not null
            ? await early
            : await CommandTree.RunAsync(args, CliHost.Console with { RunNode = runNode }, interrupt.Token);
    }

    private static System.Runtime.InteropServices.PosixSignalRegistration OnSignal(
        System.Runtime.InteropServices.PosixSignal signal,
        CancellationTokenSource interrupt
    ) =>
        System.Runtime.InteropServices.PosixSignalRegistration.Create(
            signal,
            context =>
            {
                context.Cancel = true;
                try
                {
                    interrupt.Cancel();
                }
                catch (ObjectDisposedException)
                {
                    // A second signal while the program ends already: there is nothing left to stop.
                }
            }
        );
}
