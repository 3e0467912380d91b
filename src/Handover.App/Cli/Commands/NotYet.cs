using System.CommandLine;

namespace Handover.App.Cli.Commands;

/// <summary>
/// Commands that the interface promises and this version does not do: known by name and refused, never accepted and
/// ignored.
/// </summary>
internal static class NotYet
{
    private static readonly string[] Later = ["control", "gateway", "rehearse", "gateways", "top", "events"];

    /// <summary>All of them.</summary>
    public static IEnumerable<Command> All(CliRunner run) => Later.Select(name => Command(run, name));

    /// <summary>One that takes any arguments and refuses.</summary>
    public static Command Command(CliRunner run, string name)
    {
        var command = new Command(name, "Not supported yet") { TreatUnmatchedTokensAsErrors = false };
        return run.Handle(
            command,
            session =>
            {
                session.Say($"error: '{name}' is not supported yet by this version of Handover.");
                return Task.FromResult(ExitCodes.Usage);
            }
        );
    }
}
