using Handover.Protocol;

namespace Handover.App.Cli;

/// <summary>The exit codes that scripts rely on, and which error of the API means which.</summary>
public static class ExitCodes
{
    public const int Ok = 0;
    public const int Failed = 1;
    public const int Usage = 2;
    public const int HasChanges = 3;
    public const int Refused = 4;
    public const int TimedOut = 5;
    public const int Conflict = 6;
    public const int NotAuthorised = 7;
    public const int Interrupted = 130;

    /// <summary>The exit code for an error answer.</summary>
    public static int Of(ProblemDocument problem) =>
        problem switch
        {
            { Code: "contract-breaks" or "refused" } => Refused,
            { Code: "not-supported-yet" } => Usage,
            { Status: 401 or 403 } => NotAuthorised,
            { Status: 409 or 412 or 428 } => Conflict,
            { Code: "idempotency-reused" } => Conflict,
            { Status: 408 or 504 } => TimedOut,
            _ => Failed,
        };

    /// <summary>The exit code for a rollout that has ended; <see cref="Ok"/> while it is open.</summary>
    public static int Of(RolloutView rollout) =>
        rollout.State switch
        {
            "rolledBack" or "refused" => Refused,
            "failed" => Failed,
            _ => Ok,
        };
}
