namespace Handover.Protocol;

/// <summary>A release: what was declared, and how it runs now.</summary>
public sealed record ReleaseView
{
    /// <summary>Name, unique within the service.</summary>
    public required string Name { get; init; }

    /// <summary>The service.</summary>
    public required string Service { get; init; }

    /// <summary><c>stable</c>, <c>candidate</c> or <c>idle</c>.</summary>
    public required string Role { get; init; }

    /// <summary>Whether its members run.</summary>
    public bool Running { get; init; }

    /// <summary>Whether every member answers its ready probe.</summary>
    public bool Ready { get; init; }

    /// <summary>What is wrong with its members, for people; null when nothing is.</summary>
    public string? Trouble { get; init; }

    /// <summary>Members by name.</summary>
    public IReadOnlyDictionary<string, MemberView> Members { get; init; } = new Dictionary<string, MemberView>();

    /// <summary>What it accepts; null when not declared.</summary>
    public IReadOnlyList<TensorView>? Input { get; init; }

    /// <summary>What its members answer; null when not declared.</summary>
    public IReadOnlyList<TensorView>? Output { get; init; }

    /// <summary>What its adapter makes of that; null when it has none.</summary>
    public AdapterView? Adapter { get; init; }

    /// <summary>SHA-256 of what it declares, which a consumer acknowledges: <c>sha256:</c> and 64 hex digits.</summary>
    public string? Digest { get; init; }

    /// <summary>Feature views that it needs.</summary>
    public IReadOnlyList<FeatureUseView> Features { get; init; } = [];

    /// <summary>Vector index that it needs; null when none.</summary>
    public IndexUseView? Index { get; init; }

    /// <summary>Memory that it declares, in bytes; null when it does not.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>Memory that was measured, in bytes; 0 when it cannot be told apart.</summary>
    public long ResidentBytes { get; init; }

    /// <summary>Declared cost per day; null when not declared.</summary>
    public MoneyView? CostPerDay { get; init; }

    /// <summary>
    /// <c>tuned</c>, <c>retrained</c>, <c>architecture</c> or <c>interface</c>; null when not declared.
    /// </summary>
    public string? Change { get; init; }

    /// <summary>Result on held-out data; null when there is none.</summary>
    public HoldoutView? Holdout { get; init; }
}

/// <summary>One running part of a release.</summary>
/// <param name="Runtime"><c>onnx</c>, <c>process</c> or <c>http</c>.</param>
/// <param name="Source">The file, the program or the address.</param>
public sealed record MemberView(string Runtime, string Source);

/// <summary>One named tensor.</summary>
/// <param name="Name">Name on the wire.</param>
/// <param name="Datatype">Open Inference datatype.</param>
/// <param name="Shape">Sizes by dimension; -1 is any.</param>
public sealed record TensorView(string Name, string Datatype, IReadOnlyList<long> Shape)
{
    /// <summary>Unit; null when not declared.</summary>
    public string? Unit { get; init; }

    /// <summary>Smallest and largest value; null when unbounded.</summary>
    public IReadOnlyList<double>? Range { get; init; }

    /// <summary>Meaning and version; null when not declared.</summary>
    public string? Semantics { get; init; }

    /// <summary>The texts that it may have; null when any.</summary>
    public IReadOnlyList<string>? Labels { get; init; }

    /// <summary>Id of the distribution that its values are expected to have; null when not declared.</summary>
    public string? Reference { get; init; }
}

/// <summary>How the gateway rewrites a release's answers before anybody outside the release sees them.</summary>
public sealed record AdapterView
{
    /// <summary>The query that rewrites; null when single tensors are changed.</summary>
    public string? JmesPath { get; init; }

    /// <summary>Changes of single tensors; null when a query rewrites.</summary>
    public IReadOnlyList<TensorStepView>? Tensors { get; init; }

    /// <summary>What consumers get; null when it is not declared as tensors.</summary>
    public IReadOnlyList<TensorView>? Emits { get; init; }
}

/// <summary>What becomes of one tensor; what is null is not changed.</summary>
/// <param name="Tensor">Its name as the release answers it.</param>
public sealed record TensorStepView(string Tensor)
{
    /// <summary>New name.</summary>
    public string? Rename { get; init; }

    /// <summary>New datatype.</summary>
    public string? Cast { get; init; }

    /// <summary>Factor of every value.</summary>
    public double? Scale { get; init; }

    /// <summary>For each place along the last dimension, the place that its value comes from, from 0.</summary>
    public IReadOnlyList<int>? Reorder { get; init; }

    /// <summary>Unit of the result.</summary>
    public string? Unit { get; init; }

    /// <summary>Whether the tensor is left out.</summary>
    public bool Drop { get; init; }
}

/// <summary>A feature view that a release needs.</summary>
/// <param name="View">Name of the view.</param>
/// <param name="Version">Its version.</param>
/// <param name="Fields">Fields that are read.</param>
public sealed record FeatureUseView(string View, int Version, IReadOnlyList<string> Fields);

/// <summary>A vector index that a release needs.</summary>
/// <param name="Name">Name of the index.</param>
/// <param name="Version">Its version.</param>
/// <param name="Space">Space of its vectors.</param>
/// <param name="Dimensions">Length of a vector.</param>
/// <param name="Metric"><c>cosine</c>, <c>l2</c> or <c>dot</c>.</param>
public sealed record IndexUseView(string Name, int Version, string Space, int Dimensions, string Metric);

/// <summary>An amount of money.</summary>
/// <param name="Amount">Not negative.</param>
/// <param name="Currency">ISO 4217 code.</param>
public sealed record MoneyView(decimal Amount, string Currency);

/// <summary>A result on held-out data.</summary>
/// <param name="Metric">E.g. <c>mae</c>.</param>
/// <param name="Value">The release's.</param>
/// <param name="Baseline">The baseline's.</param>
/// <param name="Better"><c>lower</c> or <c>higher</c>.</param>
public sealed record HoldoutView(string Metric, double Value, double Baseline, string Better);
