namespace Handover.Protocol;

/// <summary>What became of the labels and pushed metrics of a service.</summary>
public sealed record LabelsView
{
    /// <summary>The service.</summary>
    public required string Service { get; init; }

    /// <summary>Answers are judged when they are so old, in seconds; null judges labels as they come.</summary>
    public double? WindowSeconds { get; init; }

    /// <summary>Labels whose answers are not recorded yet: of unknown requests, or early.</summary>
    public long Waiting { get; init; }

    /// <summary>
    /// <c>taken duplicate conflicting malformed noRoom late outOfOrder unreadable expired</c>, since the first label.
    /// </summary>
    public IReadOnlyDictionary<string, long> Counts { get; init; } = new Dictionary<string, long>();

    /// <summary>How right each release was over the last 24 hours.</summary>
    public IReadOnlyList<LossView> Losses { get; init; } = [];
}
