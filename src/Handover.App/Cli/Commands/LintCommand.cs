using System.CommandLine;
using Handover.App.Node;
using Handover.Control.Resources;
using Handover.Core.Foundation;
using Handover.Protocol;

namespace Handover.App.Cli.Commands;

/// <summary><c>lint</c>: reads the files as strictly as a node would, without one.</summary>
internal static class LintCommand
{
    public static Command Build(CliRunner run) =>
        run.Handle(
            new Command("lint", "Check files without a node") { Manifests.Option },
            session =>
            {
                string[] paths = session.Parse.GetValue(Manifests.Option)!;
                IReadOnlyList<ManifestFile> files = Manifests.Read(session, paths);
                string directory = Directory.Exists(paths[0]) ? paths[0] : Path.GetDirectoryName(paths[0]) ?? "";
                Result<ResourceSet> read = ResourceReader.ReadAll(
                    files.Select(f => (f.Text, f.Path)),
                    path => ConfigDirectory.TextOf(directory.Length == 0 ? "." : directory, path)
                );
                if (read.Ok)
                {
                    session.Say($"{read.Value.Resources.Count} resources in {files.Count} files: ok");
                    return Task.FromResult(ExitCodes.Ok);
                }

                foreach (Problem problem in read.Problems)
                {
                    session.Host.Out.WriteLine(problem);
                }

                session.Say($"{read.Problems.Count} problems");
                return Task.FromResult(ExitCodes.Failed);
            }
        );
}
