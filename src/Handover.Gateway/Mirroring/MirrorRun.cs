using Handover.Gateway.Observing;
using Handover.Ports;

namespace Handover.Gateway.Mirroring;

/// <summary>
/// The copies that one rollout has made on this gateway: counted apart from those of the rollout before, with pressure
/// of their own. Stays until another rollout wants copies, so that what was counted last can still be asked for.
/// </summary>
/// <param name="rollout">Id of the rollout.</param>
/// <param name="release">Who gets the copies.</param>
/// <param name="counters">What the service counts altogether.</param>
/// <param name="time">Clock.</param>
internal sealed class MirrorRun(string rollout, string release, ServiceCounters counters, TimeProvider time)
{
    private readonly DateTimeOffset _since = time.GetUtcNow();

    /// <summary>Copies to the watched release.</summary>
    public CopyCounts Copies { get; } = new(counters.Copies);

    /// <summary>Second questions to the release that served.</summary>
    public CopyCounts Redraws { get; } = new(counters.Redraws);

    /// <summary>How well the watched release keeps up.</summary>
    public MirrorPressure CopyPressure { get; } = new(time);

    /// <summary>How well stable keeps up with being asked a second time.</summary>
    public MirrorPressure RedrawPressure { get; } = new(time);

    /// <summary>The counts so far.</summary>
    public MirrorCounts Counts => new(rollout, _since, Copies.Tally, Redraws.Tally);

    /// <summary>Whether this is the run for <paramref name="mirror"/>.</summary>
    public bool Is(MirrorConfiguration mirror) =>
        string.Equals(rollout, mirror.Rollout, StringComparison.Ordinal)
        && string.Equals(release, mirror.Release, StringComparison.Ordinal);
}
