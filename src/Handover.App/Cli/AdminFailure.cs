using Handover.Protocol;

namespace Handover.App.Cli;

/// <summary>
/// The API answered with an error, or not at all. Ends the command with the problem's text and its exit code.
/// </summary>
public sealed class AdminFailure(ProblemDocument problem) : Exception(problem.Detail)
{
    /// <summary>The error.</summary>
    public ProblemDocument Problem { get; } = problem;

    /// <summary>An error that the command line itself found.</summary>
    public static AdminFailure Of(string code, int status, string detail) =>
        new(new ProblemDocument($"https://handover.dev/problems/{code}", code, status, detail, code));
}
