namespace Handover.Core.Contracts;

/// <summary>
/// One finding of comparing what a release may emit with what a consumer accepts. It stands alone: everything that a
/// person needs to understand and repair it is in it.
/// </summary>
/// <param name="Consumer">Who reads; <c>callers</c> for findings about requests.</param>
/// <param name="Path">JSON pointer into the signature, e.g. <c>/outputs/price/unit</c>.</param>
/// <param name="Rule">Which rule spoke.</param>
/// <param name="Old">What the reader relies on; null when it asks for nothing.</param>
/// <param name="New">What the writer declares; null when it declares nothing.</param>
/// <param name="Outcome">What follows.</param>
/// <param name="Detail">One sentence for people: consumer, path, old, new and what happens.</param>
public sealed record ContractVerdict(
    string Consumer,
    string Path,
    ContractRule Rule,
    string? Old,
    string? New,
    ContractOutcome Outcome,
    string Detail
)
{
    // The sentence of a rule is put together when somebody reads it: of a hundred thousand findings that hold, nobody
    // reads one.
    private readonly ContractSides? _sides;
    private readonly string _words = Detail;

    /// <summary>A finding between two sides.</summary>
    internal ContractVerdict(
        ContractSides sides,
        string path,
        ContractRule rule,
        string? old,
        string? now,
        ContractOutcome outcome,
        string why
    )
        : this(sides.Consumer, path, rule, old, now, outcome, why)
    {
        _sides = sides;
        Release = sides.Release;
    }

    /// <summary>One sentence for people: consumer, path, old, new and what happens.</summary>
    public string Detail => _sides?.Sentence(this, _words) ?? _words;

    /// <summary>What would repair it; null when there is nothing to repair.</summary>
    public string? Fix { get; init; }

    /// <summary>The release that was checked; null when a bare signature was.</summary>
    public string? Release { get; init; }

    /// <summary>A document that the writer may emit and the reader refuses; only where one can be built.</summary>
    public Payloads.TypedTensor? Witness { get; init; }

    /// <summary>The same for schemas: JSON that the writer allows and the reader refuses.</summary>
    public string? Document { get; init; }
}

/// <summary>What a comparison says; ordered, so that the worst finding is the largest.</summary>
public enum ContractOutcome
{
    /// <summary>Everything that may be emitted is accepted.</summary>
    Holds,

    /// <summary>The declarations do not say; evidence or a signature of a person would.</summary>
    Undecided,

    /// <summary>Something that may be emitted is not accepted.</summary>
    Breaks,
}

/// <summary>The rules; camel case on the wire.</summary>
public enum ContractRule
{
    /// <summary>No rule objects.</summary>
    All,

    /// <summary>There is a declaration at all.</summary>
    Declared,

    /// <summary>What is read is there.</summary>
    Presence,

    /// <summary>Values survive the reader's datatype.</summary>
    Datatype,

    /// <summary>Rank and sizes.</summary>
    Shape,

    /// <summary>The same unit.</summary>
    Unit,

    /// <summary>Within the reader's bounds.</summary>
    Range,

    /// <summary>The same meaning, in a version that the reader knows.</summary>
    Semantics,

    /// <summary>The type of a JSON value.</summary>
    Type,

    /// <summary>Whether null may be there.</summary>
    Null,

    /// <summary>Fields beyond those that are known.</summary>
    Field,

    /// <summary>Labels of an enum.</summary>
    Labels,

    /// <summary>Steps of a number.</summary>
    Precision,

    /// <summary>Length, pattern and format of a text.</summary>
    Text,

    /// <summary>Number, order and uniqueness of items.</summary>
    Array,

    /// <summary>Schemas that are put together.</summary>
    Composition,

    /// <summary>The order of classes in a vector.</summary>
    ClassOrder,

    /// <summary>Content type, streaming, status codes.</summary>
    Transport,

    /// <summary>What a Pact file expects.</summary>
    Pact,

    /// <summary>The distribution that a monitor compares with.</summary>
    Reference,
}
