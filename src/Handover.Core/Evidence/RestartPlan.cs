using Handover.Core.Foundation;

namespace Handover.Core.Evidence;

/// <summary>
/// When evidence of harm may start anew (statistics.md 1.2). A fault that begins late would first have to use up all
/// the good evidence before it; an average over start times does not, and is still one e-process for the whole rollout.
/// </summary>
/// <param name="Start">Start of the rollout.</param>
/// <param name="Every">Time between possible starts; positive.</param>
/// <param name="Count">Number of later starts; 0 for none.</param>
public sealed record RestartPlan(DateTimeOffset Start, TimeSpan Every, int Count)
{
    /// <summary>Most later starts that are planned; a longer rollout gets wider steps.</summary>
    public const int Most = 1_000;

    /// <summary>
    /// Weight of the start at the beginning; the later ones share the rest. Most faults are there from the first
    /// request, and 0.7 instead of a half costs a late one only half a unit of log evidence.
    /// </summary>
    public const double First = 0.7;

    /// <summary>One possible start per minute over <paramref name="planned"/>, wider beyond 1,000 minutes.</summary>
    public static RestartPlan Over(DateTimeOffset start, TimeSpan planned)
    {
        Invariant.Holds(planned >= TimeSpan.Zero, "a rollout is not planned for a negative time");
        double minutes = planned.TotalMinutes;
        TimeSpan every = TimeSpan.FromMinutes(Math.Max(1, Math.Ceiling(minutes / Most)));
        return new RestartPlan(start, every, (int)Math.Min(Most, planned / every));
    }

    /// <summary>How many of the later starts have come at <paramref name="at"/>.</summary>
    public int Due(DateTimeOffset at) => at <= Start ? 0 : (int)Math.Min(Count, (at - Start) / Every);
}
