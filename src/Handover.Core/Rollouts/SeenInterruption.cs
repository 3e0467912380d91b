namespace Handover.Core.Rollouts;

/// <summary>What callers saw of a closing, from the gateway's own record of their requests.</summary>
/// <param name="Seen">
/// From the arrival of the first request that was held or refused to the first answer of a model after it; zero when
/// nobody asked meanwhile.
/// </param>
/// <param name="Held">Requests that waited and were then answered.</param>
/// <param name="Refused">Requests that waited longer than the service holds, or found the line full: 503.</param>
/// <param name="Closed">How long the service was closed, whether or not anybody asked.</param>
public sealed record SeenInterruption(TimeSpan Seen, long Held, long Refused, TimeSpan Closed)
{
    /// <summary>
    /// Whether the gateway's record covers all of it; false when the gateway was restarted in between, so that
    /// <see cref="Seen"/> counts from the closing itself and the numbers of requests from the restart.
    /// </summary>
    public bool Whole { get; init; } = true;

    /// <summary>One line for people.</summary>
    public string Text
    {
        get
        {
            string closed = FormattableString.Invariant($"closed for {Closed.TotalMilliseconds:0} ms");
            string seen =
                Seen == TimeSpan.Zero
                    ? "nobody asked meanwhile"
                    : FormattableString.Invariant(
                        $"callers saw {Seen.TotalMilliseconds:0} ms: {Held} requests held, {Refused} refused with 503"
                    );
            return Whole ? $"{closed}; {seen}" : $"{closed}; {seen} (counted from the closing: the gateway restarted)";
        }
    }
}
