using System.CommandLine;
using System.Reflection;

namespace Handover.App.Cli.Commands;

/// <summary><c>version</c>.</summary>
internal static class VersionCommand
{
    /// <summary>The program's version.</summary>
    public static string Version =>
        typeof(VersionCommand)
            .Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()
            ?.InformationalVersion
        ?? "0.0.0";

    public static Command Build(CliRunner run) =>
        run.Handle(
            new Command("version", "Print the version"),
            session =>
            {
                if (session.Output.Format is OutputFormat.Json or OutputFormat.Yaml)
                {
                    session.Output.Document(
                        System.Text.Json.JsonSerializer.SerializeToElement(
                            new Dictionary<string, string> { ["version"] = Version }
                        )
                    );
                }
                else
                {
                    session.Host.Out.WriteLine($"handover {Version}");
                }

                return Task.FromResult(ExitCodes.Ok);
            }
        );
}
