namespace Diamonds.Demo;

/// <summary>The report's pictures, drawn from the timeline.</summary>
public sealed class Plots(Timeline timeline)
{
    private const double Wide = 1040;
    private const int MarkRows = 3;
    private const int AnswersNeeded = 5;
    private static readonly double Step = Timeline.Slice.TotalSeconds;
    private readonly IReadOnlyList<SliceAnswers> answers = timeline.Answers();

    /// <summary>Share of the answers by release, over time.</summary>
    public string Shares()
    {
        var plot = new SvgPlot(
            new PlotFrame(Wide, 300, (0, End), (0, 100), "seconds since the load began", "share of answers, %")
            {
                MarkRows = MarkRows,
            }
        );
        ILookup<int, SliceAnswers> slices = answers.ToLookup(a => a.Slice);
        int last = answers.Count == 0 ? 0 : answers.Max(a => a.Slice);
        string[] releases = [.. Releases];
        var areas = releases.ToDictionary(r => r, _ => new List<(double, double, double)>());
        for (int slice = 0; slice <= last; slice++)
        {
            double all = Math.Max(1, slices[slice].Sum(a => a.LatenciesMs.Count));
            double below = 0;
            foreach (string release in releases)
            {
                double share = 100 * slices[slice].Where(a => a.Release == release).Sum(a => a.LatenciesMs.Count) / all;
                areas[release].Add(((slice + 0.5) * Step, below, below + share));
                below += share;
            }
        }

        foreach (string release in releases)
        {
            plot.Area(release, Palette.Release(release), areas[release]);
        }

        Marks(plot);
        return plot.ToString();
    }

    /// <summary>Median and 99th percentile by release, over time.</summary>
    public string Latencies()
    {
        double highest = answers.SelectMany(a => a.LatenciesMs).DefaultIfEmpty(10).Max();
        var plot = new SvgPlot(
            new PlotFrame(Wide, 340, (0, End), (0.5, highest * 1.3), "seconds since the load began", "latency, ms")
            {
                Logarithmic = true,
                MarkRows = MarkRows,
            }
        );
        foreach (string release in Releases)
        {
            // Two slices make a second: enough answers for a percentile even of a small share.
            IGrouping<int, SliceAnswers>[] seconds =
            [
                .. answers.Where(a => a.Release == release).GroupBy(a => a.Slice / 2).OrderBy(g => g.Key),
            ];
            string colour = Palette.Release(release);
            plot.Line($"{release} p50", colour, Quantiles(seconds, 0.5));
            plot.Line($"{release} p99", colour, Quantiles(seconds, 0.99), dashed: true);
        }

        Marks(plot);
        return plot.ToString();
    }

    /// <summary>Evidence of harm against its threshold, one picture per rollout that met evidence.</summary>
    public IReadOnlyList<(string Rollout, string Svg)> Evidence() =>
        [
            .. timeline
                .Evidence()
                .GroupBy(p => p.Rollout)
                .Where(g => g.Count() > 1)
                .Select(g => (g.Key, Evidence([.. g]))),
        ];

    private static string Evidence(EvidencePoint[] points)
    {
        double begin = points[0].Second;
        double end = Math.Max(1, points[^1].Second - begin);
        double low = Math.Min(-1, points.Min(p => p.LogEvidence)) * 1.1;
        double high = Math.Max(points.Max(p => p.Threshold), points.Max(p => p.LogEvidence)) * 1.15;
        var plot = new SvgPlot(
            new PlotFrame(500, 250, (0, end), (low, high), "seconds since the first evidence", "ln(evidence of harm)")
        );
        foreach (IGrouping<string, EvidencePoint> metric in points.GroupBy(p => p.Metric))
        {
            string colour = Palette.Gate(metric.Key);
            plot.Line(metric.Key, colour, metric.Select(p => (p.Second - begin, (double?)p.LogEvidence)));
        }

        foreach (IGrouping<double, EvidencePoint> threshold in points.GroupBy(p => Math.Round(p.Threshold, 2)))
        {
            string[] metrics = [.. threshold.Select(p => p.Metric).Distinct()];
            string colour = metrics.Length == 1 ? Palette.Gate(metrics[0]) : "#333333";
            plot.Threshold("harm is called", colour, threshold.Key);
        }

        return plot.ToString();
    }

    private double End => answers.Count == 0 ? 1 : (answers.Max(a => a.Slice) + 1) * Step;

    private IEnumerable<string> Releases => answers.Select(a => a.Release).Distinct().Order(StringComparer.Ordinal);

    private static IEnumerable<(double X, double? Y)> Quantiles(IGrouping<int, SliceAnswers>[] seconds, double q)
    {
        int before = -1;
        foreach (IGrouping<int, SliceAnswers> second in seconds)
        {
            double at = (second.Key * 2 * Step) + Step;
            if (before >= 0 && second.Key > before + 1)
            {
                yield return (at, null);
            }

            before = second.Key;
            double[] all = [.. second.SelectMany(a => a.LatenciesMs).Order()];
            yield return (at, all.Length < AnswersNeeded ? null : SliceAnswers.Quantile(all, q));
        }
    }

    private void Marks(SvgPlot plot)
    {
        int row = 0;
        foreach ((double second, string text) in timeline.Marks())
        {
            plot.Mark(second, text, row++ % MarkRows);
        }
    }
}
