using System.Globalization;

namespace Handover.App.Cli.Commands;

/// <summary>
/// The latency curve of a warm-up in plain characters, so that it can be read on a terminal, in a report and in an
/// incident's notes: one column per window, a dot for stable's level at the same load.
/// </summary>
public static class LatencyPlot
{
    private const int Height = 8;

    /// <summary>Writes the curve; nothing where there is none.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="windows">For each window the candidate's and stable's 95th percentile, in ms.</param>
    public static void Write(TextWriter output, IReadOnlyList<(double P95Ms, double StableP95Ms)> windows)
    {
        if (windows.Count == 0)
        {
            return;
        }

        double top = Math.Max(windows.Max(w => Math.Max(w.P95Ms, w.StableP95Ms)), 0.1);
        for (int row = Height; row >= 1; row--)
        {
            double level = top * row / Height;
            string label =
                row == Height || row == 1 ? level.ToString("0.0", CultureInfo.InvariantCulture).PadLeft(8) : "        ";
            string cells = string.Concat(windows.Select(w => Cell(w, row, top)));
            output.WriteLine($"{label} ┤{cells}".TrimEnd());
        }

        output.WriteLine($"      ms └{new string('─', 2 * windows.Count)} {windows.Count} windows");
        output.WriteLine("          █ p95 of the release   · p95 of stable at the same load");
    }

    private static string Cell((double P95Ms, double StableP95Ms) window, int row, double top) =>
        Row(window.P95Ms, top) >= row ? "█ "
        : Row(window.StableP95Ms, top) == row ? "· "
        : "  ";

    private static int Row(double value, double top) => Math.Max(1, (int)Math.Ceiling(value / top * Height));
}
