using System.Globalization;
using Handover.Protocol;

namespace Handover.App.Cli.Commands;

/// <summary>What became of copies, for people: how many, at which share, what of the differences is noise.</summary>
internal static class ShadowReport
{
    private static readonly (string Head, Func<NoisyPathView, string> Cell)[] Columns =
    [
        ("path", p => p.Path),
        ("asked twice", p => p.Triples.ToString(CultureInfo.InvariantCulture)),
        ("candidate differs", p => Percent(p.CandidatePercent)),
        ("stable differs from itself", p => Percent(p.NoisePercent)),
        ("evidence", p => p.LogEvidence.ToString("0.00", CultureInfo.InvariantCulture)),
        ("beyond noise", p => p.BeyondNoise ? "yes" : "no"),
    ];

    /// <summary>A section of the report; nothing when the plan makes no copies.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="shadow">What became of the copies.</param>
    /// <param name="table">Writes a table.</param>
    public static void Write(
        TextWriter output,
        ShadowView? shadow,
        Action<TextWriter, string[], IEnumerable<string[]>> table
    )
    {
        if (shadow is null)
        {
            return;
        }

        output.WriteLine("## Shadow");
        output.WriteLine();
        output.WriteLine(char.ToUpperInvariant(shadow.Text[0]) + shadow.Text[1..] + ".");
        output.WriteLine();
        if (shadow.Latency is { } latency)
        {
            table(
                output,
                ["answers", "first byte p50", "first byte p99", "whole p50", "whole p99"],
                [Speed("stable", latency.Stable), Speed("candidate", latency.Candidate)]
            );
        }

        if (shadow.Failures.Count > 0)
        {
            table(
                output,
                ["why the candidate had no good answer", "times"],
                shadow.Failures.Select(f => (string[])[f.Reason, f.Times.ToString(CultureInfo.InvariantCulture)])
            );
        }

        if (shadow.Noise is { Paths.Count: > 0 } noise)
        {
            table(
                output,
                [.. Columns.Select(c => c.Head)],
                noise.Paths.Select(p => Columns.Select(c => c.Cell(p)).ToArray())
            );
        }
    }

    /// <summary>Noise as a table on a terminal.</summary>
    public static void Noise(TextWriter output, NoiseView? noise)
    {
        output.WriteLine();
        if (noise is null)
        {
            output.WriteLine("Stable was not asked twice yet, so its own noise is not told from difference.");
            return;
        }

        output.WriteLine(
            $"Stable was asked {noise.Triples} requests twice: {noise.Differing} paths differ by more than its noise."
        );
        OutputWriter.Table(output, noise.Paths, [.. Columns.Select(c => (c.Head.ToUpperInvariant(), c.Cell))]);
    }

    private static string[] Speed(string who, AnswerSpeedView speed) =>
        [who, Ms(speed.FirstByteMsP50), Ms(speed.FirstByteMsP99), Ms(speed.MsP50), Ms(speed.MsP99)];

    private static string Ms(double? ms) =>
        ms is { } value ? value.ToString("0.##", CultureInfo.InvariantCulture) + " ms" : "";

    private static string Percent(double percent) => percent.ToString("0.##", CultureInfo.InvariantCulture) + "%";
}
