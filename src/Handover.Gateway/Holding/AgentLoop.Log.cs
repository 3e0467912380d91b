using Microsoft.Extensions.Logging;

namespace Handover.Gateway.Holding;

/// <summary>What the loop says in the log.</summary>
internal sealed partial class AgentLoop
{
    [LoggerMessage(3001, LogLevel.Error, "move agent of {Service} failed; it keeps its state and goes on")]
    private partial void LogFailed(Exception e, string service);

    [LoggerMessage(3002, LogLevel.Debug, "move agents stopped")]
    private partial void LogStopped();

    [LoggerMessage(3003, LogLevel.Error, "the last-known-good file of {Service} could not be written")]
    private partial void LogNotPersisted(Exception e, string service);

    [LoggerMessage(3004, LogLevel.Warning, "the store did not answer for {Service}; serving goes on as it is")]
    private partial void LogStoreAway(Exception e, string service);

    [LoggerMessage(
        3005,
        LogLevel.Warning,
        "could not leave {Service}; the gateway stays a member until it starts again"
    )]
    private partial void LogNotLeft(Exception e, string service);
}
