namespace Handover.Protocol;

/// <summary>Requests whose truth would tell the most: both releases answered them, and differently.</summary>
/// <param name="Service">The service.</param>
/// <param name="Searched">Newest shadow answers that were looked at.</param>
/// <param name="Items">Without a label yet, newest first.</param>
public sealed record WantedLabelsView(string Service, int Searched, IReadOnlyList<WantedLabelView> Items);

/// <summary>One request that needs a label.</summary>
/// <param name="RequestId">The request to label.</param>
/// <param name="Entity">The entity; null when there was none.</param>
/// <param name="At">When it was made.</param>
/// <param name="Live">The release that answered the caller.</param>
/// <param name="LiveOutput">What it answered.</param>
/// <param name="Shadow">The release that answered the copy.</param>
/// <param name="ShadowOutput">What that one answered.</param>
public sealed record WantedLabelView(
    string RequestId,
    string? Entity,
    DateTimeOffset At,
    string Live,
    string LiveOutput,
    string Shadow,
    string ShadowOutput
);
