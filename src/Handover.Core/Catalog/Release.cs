namespace Handover.Core.Catalog;

/// <summary>
/// An immutable bundle that moves as one: members, feature views, index, signature, resources and cost.
/// </summary>
public sealed record Release
{
    /// <summary>Name, unique within the service.</summary>
    public required string Name { get; init; }

    /// <summary>The service it belongs to.</summary>
    public required string Service { get; init; }

    /// <summary>The running parts by name. At least one; the service's entry must be among them.</summary>
    public required IReadOnlyDictionary<string, Member> Members { get; init; }

    /// <summary>Feature views that the release reads.</summary>
    public IReadOnlyList<FeatureUse> Features { get; init; } = [];

    /// <summary>The vector index that the release searches; null when it searches none.</summary>
    public IndexUse? Index { get; init; }

    /// <summary>What the release accepts.</summary>
    public Signature? Input { get; init; }

    /// <summary>What the release's entry member answers.</summary>
    public Signature? Output { get; init; }

    /// <summary>
    /// How answers are rewritten before anybody outside sees them; null: they pass as they are. What consumers get is
    /// <c>AdaptedOutput.Of(release)</c>.
    /// </summary>
    public OutputAdapter? Adapter { get; init; }

    /// <summary>Memory that the whole release needs, in bytes; null when not declared.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>What the release costs per day; null when not declared.</summary>
    public Cost? CostPerDay { get; init; }

    /// <summary>How different the release is from the one before.</summary>
    public ChangeKind? Change { get; init; }

    /// <summary>Result on held-out data; null when there is none.</summary>
    public Holdout? Holdout { get; init; }

    /// <summary>
    /// SHA-256 of the files that its members are made of, by the name in the configuration, as they were when a rollout
    /// first found it ready. It starts with no others. Never declared: the engine knows it. Empty: not frozen.
    /// </summary>
    public IReadOnlyDictionary<string, string> Frozen { get; init; } = new Dictionary<string, string>();

    /// <summary>Digests of what else went in (code, image, dependencies); a change shows in the plan.</summary>
    public IReadOnlyDictionary<string, string> Built { get; init; } = new Dictionary<string, string>();
}

/// <summary>An amount of money.</summary>
/// <param name="Amount">Not negative.</param>
/// <param name="Currency">ISO 4217 code.</param>
public sealed record Cost(decimal Amount, string Currency);

/// <summary>How different a release is from the one before; ordered by how much can go wrong.</summary>
public enum ChangeKind
{
    /// <summary>Same model, other parameters.</summary>
    Tuned,

    /// <summary>Same architecture, new data.</summary>
    Retrained,

    /// <summary>Another kind of model.</summary>
    Architecture,

    /// <summary>Other inputs or outputs.</summary>
    Interface,
}

/// <summary>A release's result on held-out data, beside the baseline's.</summary>
/// <param name="Metric">E.g. <c>mae</c>.</param>
/// <param name="Value">The release's.</param>
/// <param name="Baseline">The baseline's.</param>
/// <param name="LowerIsBetter">Direction.</param>
public sealed record Holdout(string Metric, double Value, double Baseline, bool LowerIsBetter);

/// <summary>A feature view that a release reads.</summary>
/// <param name="View">Name of the view.</param>
/// <param name="Version">Version of the view.</param>
/// <param name="Fields">Fields that are read.</param>
public sealed record FeatureUse(string View, int Version, IReadOnlyList<string> Fields);
