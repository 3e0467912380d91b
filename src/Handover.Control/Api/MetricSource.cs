namespace Handover.Control.Api;

/// <summary>A counter or a gauge that is read when <c>/metrics</c> is asked.</summary>
/// <param name="Name">Prometheus name with unit, e.g. <c>handover_requests_total</c>.</param>
/// <param name="Help">One line.</param>
/// <param name="Type">What kind of number it is.</param>
/// <param name="Read">
/// The values now. Labels must come from closed sets: services, releases, gates; never entities.
/// </param>
public sealed record MetricSource(string Name, string Help, MetricType Type, Func<IEnumerable<MetricValue>> Read)
{
    /// <summary>A source with one value and no labels.</summary>
    public static MetricSource Single(string name, string help, MetricType type, Func<double> read) =>
        new(name, help, type, () => [new MetricValue(read())]);
}

/// <summary>One value.</summary>
/// <param name="Value">The number.</param>
/// <param name="Labels">Label name and value, in a fixed order.</param>
public readonly record struct MetricValue(double Value, params (string Name, string Value)[] Labels);

/// <summary>What kind of number a metric is.</summary>
public enum MetricType
{
    /// <summary>Only grows, and begins at 0 with the process.</summary>
    Counter,

    /// <summary>Goes up and down.</summary>
    Gauge,
}
