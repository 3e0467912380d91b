using Handover.Protocol;

namespace Diamonds.Demo;

/// <summary>How one story ended.</summary>
/// <param name="Name">The story.</param>
/// <param name="Expected">The state that its rollout must end in.</param>
/// <param name="Rollout">The rollout as it ended; null when it could not be started.</param>
/// <param name="Problem">What else was wrong; null when nothing was.</param>
public sealed record StoryOutcome(string Name, string Expected, RolloutView? Rollout, string? Problem)
{
    /// <summary>Whether it ended as it must.</summary>
    public bool Ok => Problem is null && Rollout?.State == Expected;
}
