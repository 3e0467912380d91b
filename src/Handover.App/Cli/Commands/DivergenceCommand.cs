using System.CommandLine;
using System.Globalization;
using Handover.Protocol;

namespace Handover.App.Cli.Commands;

/// <summary><c>divergence ROLLOUT</c>: where two releases answer differently, with examples side by side.</summary>
internal static class DivergenceCommand
{
    public static Command Build(CliRunner run)
    {
        var id = new Argument<string>("ROLLOUT");
        return run.Handle(
            new Command("divergence", "Show where the candidate's answers differ from stable's, with examples") { id },
            async session =>
            {
                string rollout = Uri.EscapeDataString(session.Parse.GetValue(id)!);
                DivergenceView view = await session.Api.GetAsync(
                    $"/api/v1/rollouts/{rollout}/divergence",
                    ProtocolJson.Lenient.DivergenceView,
                    session.Cancel
                );
                session.Output.One(
                    view,
                    ProtocolJson.Default.DivergenceView,
                    v => string.Join('\n', v.Paths.Select(p => p.Path)),
                    Show
                );
                return ExitCodes.Ok;
            }
        );
    }

    private static void Show(TextWriter output, DivergenceView view)
    {
        output.WriteLine(
            $"{view.Rollout}: {view.Differing} of {view.Pairs} pairs differ ({view.From} served, {view.To} watched)"
        );
        if (view.Pairs == 0)
        {
            output.WriteLine("No pairs yet: they come from the shadow phase, and need journal.payloads.");
            return;
        }

        if (view.Redacted.Count > 0)
        {
            output.WriteLine($"The journal redacts {string.Join(", ", view.Redacted)}: nothing is known of these.");
        }

        output.WriteLine();
        OutputWriter.Table(
            output,
            view.Paths,
            ("PATH", p => p.Path),
            ("KIND", p => p.Kind),
            ("PAIRS", p => p.Pairs.ToString(CultureInfo.InvariantCulture)),
            ("OF ALL", p => Percent(p.Pairs, view.Pairs)),
            ("SEVERITY", p => p.Severity.ToString("0.000", CultureInfo.InvariantCulture)),
            ("WORST", p => p.Examples.Count > 0 ? p.Examples[0].Detail : "")
        );
        if (view.LeftOut > 0)
        {
            output.WriteLine($"{view.LeftOut} more differences are left out.");
        }

        foreach (DivergentPathView path in view.Paths.Take(3))
        {
            foreach (DivergentExampleView example in path.Examples)
            {
                output.WriteLine();
                OutputWriter.Fields(
                    output,
                    (path.Path, example.RequestId),
                    (view.From, example.Stable),
                    (view.To, example.Candidate)
                );
            }
        }

        OutputMeasures.Show(output, view.Outputs);
        if (view.Unseen.Count > 0)
        {
            output.WriteLine();
            output.WriteLine(
                $"No answer has {string.Join(", ", view.Unseen)}: what compare says there was never used."
            );
        }

        Slices(output, "SEGMENT", view.Segments);
        Slices(output, "REQUESTS WITH", view.Slices);
        ShadowReport.Noise(output, view.Noise);
    }

    private static void Slices(TextWriter output, string head, IReadOnlyList<DivergentSliceView> slices)
    {
        if (slices.Count == 0)
        {
            return;
        }

        output.WriteLine();
        OutputWriter.Table(
            output,
            slices,
            (head, s => s.Name),
            ("PAIRS", s => s.Pairs.ToString(CultureInfo.InvariantCulture)),
            ("DIFFER", s => Percent(s.Differing, s.Pairs))
        );
    }

    private static string Percent(int part, int whole) =>
        whole == 0 ? "" : (100.0 * part / whole).ToString("0.0", CultureInfo.InvariantCulture) + "%";
}
