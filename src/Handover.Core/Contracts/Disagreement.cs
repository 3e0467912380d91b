namespace Handover.Core.Contracts;

/// <summary>
/// Somebody around the model who does not agree with a release yet, or no longer: a state of the world that others can
/// change while a rollout waits. What a declaration itself breaks is a <see cref="ContractVerdict"/> and refuses.
/// </summary>
/// <param name="Kind">Which part of the coupled set.</param>
/// <param name="Text">One line for people: who, what is wrong, and what to do.</param>
public sealed record Disagreement(DisagreementKind Kind, string Text)
{
    /// <summary>The only segment that waits for it, where segments move independently; null when all do.</summary>
    public string? Segment { get; init; }
}

/// <summary>
/// One that must agree with a release, as it was last asked: what people look at before they start, whether it agrees
/// or not.
/// </summary>
/// <param name="Kind">Which part of the coupled set.</param>
/// <param name="Name">Who, e.g. <c>feature view attributes/2</c>.</param>
/// <param name="State">What it says of itself, in a few words.</param>
/// <param name="Disagreements">What has still to be done before the release may serve; empty when nothing.</param>
public sealed record Party(DisagreementKind Kind, string Name, string State, IReadOnlyList<Disagreement> Disagreements)
{
    /// <summary>One line for people.</summary>
    public override string ToString() => $"{Name}: {State}";
}

/// <summary>The parts of the coupled set around a model.</summary>
public enum DisagreementKind
{
    /// <summary>A consumer's owner has not acknowledged the release.</summary>
    Acknowledgement,

    /// <summary>A feature view that the release reads is not served, or is stale.</summary>
    Features,

    /// <summary>The vector index that the release searches is not what it declares, or not complete.</summary>
    Index,

    /// <summary>A window of the plan is closed, or a freeze is on: it opens by itself.</summary>
    Window,
}
