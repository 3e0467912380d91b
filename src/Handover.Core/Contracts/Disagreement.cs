namespace Handover.Core.Contracts;

/// <summary>
/// Somebody around the model who does not agree with a release yet, or no longer: a state of the world that others can
/// change while a rollout waits. What a declaration itself breaks is a <see cref="ContractVerdict"/> and refuses.
/// </summary>
/// <param name="Kind">Which part of the coupled set.</param>
/// <param name="Text">One line for people: who, what is wrong, and what to do.</param>
public sealed record Disagreement(DisagreementKind Kind, string Text);

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
