namespace Diamonds.Judge;

/// <summary>A time in which entities were allowed to go from one release to another, each of them once.</summary>
/// <param name="From">The release that they left.</param>
/// <param name="To">The release that they got.</param>
/// <param name="At">Begin.</param>
/// <param name="Until">End.</param>
/// <param name="Service">The service; empty for any.</param>
public sealed record MoveWindow(string From, string To, DateTimeOffset At, DateTimeOffset Until, string Service = "")
{
    /// <summary>The move of a rollout at any time.</summary>
    public static MoveWindow Always(string from, string to) =>
        new(from, to, DateTimeOffset.MinValue, DateTimeOffset.MaxValue);
}
