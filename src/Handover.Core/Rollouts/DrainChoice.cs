using Handover.Core.Moves;

namespace Handover.Core.Rollouts;

/// <summary>
/// What becomes of requests in flight when a slice is held, and why: waiting for them is worth it only where they end
/// well within the hold.
/// </summary>
/// <param name="Mode">What was chosen.</param>
/// <param name="Why">One clause for people.</param>
public sealed record DrainChoice(DrainMode Mode, string Why)
{
    /// <summary>One line for people: the choice, what it means, and why.</summary>
    public string Text =>
        Mode == DrainMode.Atomic
            ? $"drain atomic (requests in flight end before the new release answers): {Why}"
            : $"drain dispatch (requests in flight end where they are): {Why}";

    /// <summary>The choice of a plan, or by the 99th percentile of the requests that would be waited for.</summary>
    /// <param name="asked">What the plan says; null is <c>auto</c>.</param>
    /// <param name="p99Ms">99th percentile of stable's latency in ms; null when not known.</param>
    /// <param name="hold">Bound of the hold.</param>
    public static DrainChoice Of(DrainMode? asked, double? p99Ms, TimeSpan hold)
    {
        if (asked is { } mode)
        {
            return new DrainChoice(mode, "as the plan says");
        }

        double half = hold.TotalMilliseconds / 2;
        return p99Ms switch
        {
            null => new DrainChoice(DrainMode.Dispatch, "how long requests take is not known yet"),
            { } p99 when p99 < half => new DrainChoice(
                DrainMode.Atomic,
                FormattableString.Invariant($"p99 is {p99:0.#} ms, below half of the hold ({half:0} ms)")
            ),
            { } p99 => new DrainChoice(
                DrainMode.Dispatch,
                FormattableString.Invariant($"p99 is {p99:0.#} ms, not below half of the hold ({half:0} ms)")
            ),
        };
    }
}
