using System.Globalization;
using System.Text;

namespace Handover.Control.Api;

/// <summary>
/// Prometheus text format 0.0.4. Written here because it is small, and because the bound on series belongs in one
/// place: a label that grows without end is cut off and counted, and cannot fill the scraper's memory.
/// </summary>
public static class PrometheusText
{
    /// <summary>Most series of one metric.</summary>
    public const int MostSeries = 1000;

    /// <summary>The text.</summary>
    public static string Write(IEnumerable<MetricSource> sources)
    {
        var text = new StringBuilder(4096);
        long cut = 0;
        foreach (MetricSource source in sources)
        {
            Head(text, source.Name, source.Help, source.Type);
            int series = 0;
            foreach (MetricValue value in source.Read())
            {
                if (series++ < MostSeries)
                {
                    Series(text, source.Name, value);
                }
                else
                {
                    cut++;
                }
            }
        }

        const string Cut = "handover_metrics_series_cut";
        Head(text, Cut, "Series left out of this answer because a metric had too many.", MetricType.Gauge);
        Series(text, Cut, new MetricValue(cut));
        return text.ToString();
    }

    private static void Head(StringBuilder text, string name, string help, MetricType type)
    {
        string line = help.Replace("\\", "\\\\", StringComparison.Ordinal)
            .Replace("\n", "\\n", StringComparison.Ordinal);
        text.Append("# HELP ").Append(name).Append(' ').Append(line).Append('\n');
        text.Append("# TYPE ")
            .Append(name)
            .Append(' ')
            .Append(type == MetricType.Counter ? "counter" : "gauge")
            .Append('\n');
    }

    private static void Series(StringBuilder text, string name, MetricValue value)
    {
        text.Append(name);
        if (value.Labels is { Length: > 0 })
        {
            text.Append('{');
            text.AppendJoin(',', value.Labels.Select(l => $"{l.Name}=\"{Escape(l.Value)}\""));
            text.Append('}');
        }

        text.Append(' ').Append(Number(value.Value)).Append('\n');
    }

    private static string Number(double value) =>
        double.IsPositiveInfinity(value) ? "+Inf"
        : double.IsNegativeInfinity(value) ? "-Inf"
        : double.IsNaN(value) ? "NaN"
        : value.ToString("R", CultureInfo.InvariantCulture);

    private static string Escape(string value) =>
        value
            .Replace("\\", "\\\\", StringComparison.Ordinal)
            .Replace("\"", "\\\"", StringComparison.Ordinal)
            .Replace("\n", "\\n", StringComparison.Ordinal);
}
