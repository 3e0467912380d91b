using System.Globalization;
using Handover.Protocol;

namespace Handover.App.Cli.Commands;

/// <summary>How each output differs, as a table: one line for a measure, then the labels that changed most.</summary>
internal static class OutputMeasures
{
    private const int MostChanges = 3;

    public static void Show(TextWriter output, IReadOnlyList<DivergentOutputView> outputs)
    {
        List<(string Path, string Name, string Stable, string Candidate)> rows = [.. outputs.SelectMany(Rows)];
        if (rows.Count == 0)
        {
            return;
        }

        output.WriteLine();
        OutputWriter.Table(
            output,
            rows,
            ("OUTPUT", r => r.Path),
            ("MEASURE", r => r.Name),
            ("STABLE", r => r.Stable),
            ("CANDIDATE", r => r.Candidate)
        );
    }

    private static IEnumerable<(string Path, string Name, string Stable, string Candidate)> Rows(
        DivergentOutputView output
    )
    {
        // Labels that always agree, and traits that no text has, say nothing to somebody who looks for differences.
        foreach (OutputMeasureView measure in output.Measures.Where(m => Tells(output, m)))
        {
            yield return measure.Value is { } value
                ? (output.Path, measure.Name, "", Number(value))
                : (output.Path, measure.Name, Percent(measure.Stable), Percent(measure.Candidate));
        }

        foreach (LabelChangeView change in output.Changes.Take(MostChanges))
        {
            yield return (
                output.Path,
                $"changed in {change.Pairs.ToString(CultureInfo.InvariantCulture)}",
                change.Stable,
                change.Candidate
            );
        }
    }

    private static bool Tells(DivergentOutputView output, OutputMeasureView measure) =>
        output.As == "label"
            ? output.Changes.Count > 0
            : measure.Value is not null || measure.Stable > 0 || measure.Candidate > 0;

    private static string Number(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);

    private static string Percent(double? share) =>
        share is { } s ? (100 * s).ToString("0.0", CultureInfo.InvariantCulture) + "%" : "";
}
