using System.CommandLine;
using Handover.Protocol;

namespace Handover.App.Cli.Commands;

/// <summary><c>contracts check</c>: verdict per consumer and path; <c>contracts import</c> beside it.</summary>
internal static class ContractCommand
{
    public static Command Build(CliRunner run)
    {
        var service = new Argument<string>("SERVICE");
        var to = new Option<string>("--to") { Required = true, Description = "The release to check" };
        Command check = run.Handle(
            new Command("check", "Check every consumer against a release; exit 4 on BREAKS") { service, to },
            async session =>
            {
                string path =
                    $"/api/v1/services/{Uri.EscapeDataString(session.Parse.GetValue(service)!)}:contracts"
                    + $"?to={Uri.EscapeDataString(session.Parse.GetValue(to)!)}";
                IReadOnlyList<ContractView> all = await session.Api.GetAsync(
                    path,
                    ProtocolJson.Lenient.IReadOnlyListContractView,
                    session.Cancel
                );
                if (session.Output.Format == OutputFormat.Table)
                {
                    Matrix(session.Host.Out, all);
                    foreach (ContractView view in all)
                    {
                        Lines(session.Host.Out, view);
                    }
                }
                else
                {
                    session.Output.Many(all, ProtocolJson.Default.ContractView, v => $"{v.Consumer} {v.Verdict}");
                }

                string asked = session.Parse.GetValue(to)!;
                return all.Any(v => v.Release == asked && v.Verdict == "breaks") ? ExitCodes.Refused : ExitCodes.Ok;
            }
        );
        return new Command("contracts", "What consumers accept") { check, ImportCommand.Build(run) };
    }

    /// <summary>Consumers by releases: where to look first.</summary>
    public static void Matrix(TextWriter output, IReadOnlyList<ContractView> views)
    {
        string[] releases = [.. views.Select(v => v.Release).Distinct(StringComparer.Ordinal)];
        int width = views.Select(v => v.Consumer.Length).Append("CONSUMER".Length).Max() + 2;
        int column = releases.Select(r => r.Length).Append("UNDECIDED".Length).Max() + 2;
        output.WriteLine(
            "CONSUMER".PadRight(width) + string.Concat(releases.Select(r => r.PadRight(column))).TrimEnd()
        );
        foreach (IGrouping<string, ContractView> row in views.GroupBy(v => v.Consumer, StringComparer.Ordinal))
        {
            IEnumerable<string> cells = releases.Select(r =>
                row.FirstOrDefault(v => v.Release == r)?.Verdict.ToUpperInvariant() ?? "-"
            );
            output.WriteLine(row.Key.PadRight(width) + string.Concat(cells.Select(c => c.PadRight(column))).TrimEnd());
        }

        output.WriteLine();
    }

    /// <summary>One consumer's verdict for people.</summary>
    public static void Lines(TextWriter output, ContractView view)
    {
        output.WriteLine($"{view.Verdict.ToUpperInvariant(), -9} {view.Consumer} with {view.Release}");
        foreach (ContractFindingView finding in view.Findings)
        {
            string text = finding.Text.Length > 0 ? finding.Text : $"{finding.Old} -> {finding.New}";
            output.WriteLine($"          {finding.Path} {finding.Rule}: {text}");
        }
    }
}
