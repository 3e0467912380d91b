using Microsoft.Extensions.Logging;

namespace Handover.Control.Ledger;

/// <content>What the ledger tells its operator.</content>
public sealed partial class LedgerStore
{
    [LoggerMessage(
        4101,
        LogLevel.Warning,
        "Nobody knows whether {Service} decided key {Key}: request {RequestId} was with release {Release} when the node "
            + "died. Settle it with 'handover ledger settle'."
    )]
    private partial void LogUnknown(string service, string key, string release, string requestId);

    [LoggerMessage(4102, LogLevel.Warning, "The end of {File} is no record; {Bytes} bytes are left out.")]
    private partial void LogTorn(string file, long bytes);

    [LoggerMessage(4103, LogLevel.Error, "The ledger is out of reach: {Problem}")]
    private partial void LogDown(string problem);

    [LoggerMessage(4104, LogLevel.Information, "The ledger is written again.")]
    private partial void LogUp();

    [LoggerMessage(4105, LogLevel.Error, "Key {Key} of {Service} stays in flight until the next start.")]
    private partial void LogLost(string service, string key);

    [LoggerMessage(
        4106,
        LogLevel.Error,
        "Key {Key} of {Service} was run twice while the ledger was away: by {Stored} and by {Spooled}."
    )]
    private partial void LogRanTwice(string service, string key, string stored, string spooled);

    [LoggerMessage(4107, LogLevel.Information, "{Count} rows of the spool are in the ledger now.")]
    private partial void LogMerged(int count);

    [LoggerMessage(4108, LogLevel.Error, "The ledger failed in a way that nobody thought of.")]
    private partial void LogBroken(Exception e);
}
