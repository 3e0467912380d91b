namespace Handover.Core.Catalog;

/// <summary>A system that reads a service's output, with what it accepts.</summary>
/// <param name="Name">Unique within the service.</param>
/// <param name="Service">The service it reads.</param>
/// <param name="Role">What kind of system it is.</param>
/// <param name="Accepts">The outputs that it can read.</param>
public sealed record Consumer(string Name, string Service, ConsumerRole Role, Signature Accepts)
{
    /// <summary>Whether a release must be acknowledged by the consumer's owner before it serves.</summary>
    public bool AcknowledgeRequired { get; init; }

    /// <summary>Where the consumer is told about moves; null when it is not.</summary>
    public NotifyTarget? Notify { get; init; }

    /// <summary>What a monitoring consumer builds on besides the tensors; null when it declares nothing.</summary>
    public MonitorSpec? Monitors { get; init; }
}

/// <summary>Where a consumer is told about moves.</summary>
/// <param name="Url">Gets a POST for each event.</param>
/// <param name="SecretFile">
/// File inside the configuration directory with the shared secret that signs what is sent, and what is answered.
/// </param>
public sealed record NotifyTarget(Uri Url, string SecretFile);

/// <summary>What a monitor builds on: its dashboards and alerts go blind when the release stops providing it.</summary>
/// <param name="Metrics">Metrics that it computes from outputs.</param>
/// <param name="References">Distributions that it compares outputs with.</param>
public sealed record MonitorSpec(IReadOnlyList<MonitoredMetric> Metrics, IReadOnlyList<MonitoredReference> References);

/// <summary>A metric that a monitor computes from an output.</summary>
/// <param name="Name">The metric's name, as Prometheus would have it.</param>
/// <param name="Output">The output tensor that it reads.</param>
public sealed record MonitoredMetric(string Name, string Output);

/// <summary>A distribution that a monitor compares an output with, so that drift is told from a new release.</summary>
/// <param name="Output">The output tensor.</param>
/// <param name="Distribution">Id of the distribution; the release must say that its output has this one.</param>
public sealed record MonitoredReference(string Output, string Distribution)
{
    /// <summary>The distribution itself, to hold answers against; null when only its name is known.</summary>
    public ReferenceShape? Shape { get; init; }
}

/// <summary>A distribution of numbers as a histogram.</summary>
/// <param name="Edges">Upper edges of all bins but the last, included, ascending; at least one.</param>
/// <param name="Shares">Share of each bin, in [0, 1], one more than edges; they sum to 1.</param>
public sealed record ReferenceShape(IReadOnlyList<double> Edges, IReadOnlyList<double> Shares)
{
    /// <summary>
    /// Largest population stability index at which answers still count as having it. Default 0.25, from which on the
    /// usual rule of thumb speaks of another population.
    /// </summary>
    public double Most { get; init; } = 0.25;
}

/// <summary>What kind of system a consumer is.</summary>
public enum ConsumerRole
{
    /// <summary>Acts on the answer.</summary>
    Decision,

    /// <summary>Stores the answer.</summary>
    Storage,

    /// <summary>Watches the answer.</summary>
    Monitoring,

    /// <summary>Passes the answer on.</summary>
    Gateway,
}
