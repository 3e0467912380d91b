namespace Handover.Control.Labels;

/// <summary>Bounds on labels.</summary>
public sealed record LabelOptions
{
    /// <summary>
    /// Most labels of one service that wait for their answers; above it new ones are refused. Default 100,000.
    /// </summary>
    public long WaitingLabels { get; init; } = 100_000;

    /// <summary>How long a label is kept, joined or not. Default 30 days.</summary>
    public TimeSpan Retain { get; init; } = TimeSpan.FromDays(30);

    /// <summary>How often old labels are looked for. Default 1 min.</summary>
    public TimeSpan SweepEvery { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Most recorded batches that wait to be looked up. Default 256.</summary>
    public int QueueLength { get; init; } = 256;
}
