using System.CommandLine;

namespace Handover.App.Cli;

/// <summary>Runs the body of a command and turns however it ends into an exit code and a text.</summary>
public sealed class CliRunner(CliHost host, GlobalOptions options)
{
    /// <summary>Gives a command its body.</summary>
    public Command Handle(Command command, Func<CliSession, Task<int>> body)
    {
        command.SetAction((parse, cancel) => RunAsync(parse, body, cancel));
        return command;
    }

    private async Task<int> RunAsync(ParseResult parse, Func<CliSession, Task<int>> body, CancellationToken cancel)
    {
        using var session = new CliSession(host, options, parse, cancel);
        try
        {
            return await body(session);
        }
        catch (AdminFailure failure)
        {
            CliSession.Tell(host.Err, failure.Problem);
            return ExitCodes.Of(failure.Problem);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return ExitCodes.Interrupted;
        }
        catch (Control.Stores.StoreException e)
        {
            await host.Err.WriteLineAsync($"error: {e.Problem}");
            return ExitCodes.Failed;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            await host.Err.WriteLineAsync($"error: {e.Message}");
            return ExitCodes.Failed;
        }
    }
}
