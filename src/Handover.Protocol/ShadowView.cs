namespace Handover.Protocol;

/// <summary>What a rollout's copies of live requests came to.</summary>
public sealed record ShadowView
{
    /// <summary>Percent of requests that the plan copies; null while nothing is copied.</summary>
    public double? WantedPercent { get; init; }

    /// <summary>
    /// Percent that is copied now, the lowest of the gateways: below the wanted one while the copies are not kept up
    /// with. Null while nothing is copied.
    /// </summary>
    public double? Percent { get; init; }

    /// <summary>
    /// Copies of this rollout that were made and have ended, over all gateways and their restarts; the counts below
    /// likewise.
    /// </summary>
    public long Copies { get; init; }

    /// <summary>Of them, those without a good answer.</summary>
    public long Failed { get; init; }

    /// <summary>Of them, those whose answer did not come, or went silent, in time.</summary>
    public long TimedOut { get; init; }

    /// <summary>Copies that found no place, or were too large.</summary>
    public long Dropped { get; init; }

    /// <summary>Copies that were not made because the share had lowered itself.</summary>
    public long Withheld { get; init; }

    /// <summary>Copies that were not made because stable turned the request away as the caller's mistake.</summary>
    public long Spared { get; init; }

    /// <summary>What the copies cost: kept apart from what live requests cost.</summary>
    public CopyCostView Cost { get; init; } = new(0, 0, 0);

    /// <summary>Second questions to stable.</summary>
    public long Redraws { get; init; }

    /// <summary>Second questions that found no place.</summary>
    public long RedrawsDropped { get; init; }

    /// <summary>What the second questions cost.</summary>
    public CopyCostView RedrawCost { get; init; } = new(0, 0, 0);

    /// <summary>How much of what differs is stable's own noise; null when nothing was asked twice yet.</summary>
    public NoiseView? Noise { get; init; }

    /// <summary>How fast both releases answered the same requests; null without pairs.</summary>
    public PairedLatencyView? Latency { get; init; }

    /// <summary>Why the candidate had no good answer to copies, the most frequent first; at most 21.</summary>
    public IReadOnlyList<FailureView> Failures { get; init; } = [];

    /// <summary>One line for people.</summary>
    public required string Text { get; init; }
}

/// <summary>What copies took of those who answered them.</summary>
/// <param name="BytesSent">Bytes of their requests' bodies.</param>
/// <param name="BytesRead">Bytes of their answers.</param>
/// <param name="Seconds">Time of answering, added up.</param>
public sealed record CopyCostView(long BytesSent, long BytesRead, double Seconds);

/// <summary>How fast two releases answered the same requests.</summary>
/// <param name="Pairs">Requests that both answered well.</param>
/// <param name="Stable">The release that served.</param>
/// <param name="Candidate">The release that was watched.</param>
public sealed record PairedLatencyView(long Pairs, AnswerSpeedView Stable, AnswerSpeedView Candidate);

/// <summary>
/// Quantiles in milliseconds from dispatch, within 1 %. Of a stream the first byte is that of its first token; null
/// where answers are not kept (<c>journal.payloads</c>).
/// </summary>
/// <param name="FirstByteMsP50">Median until the first byte.</param>
/// <param name="FirstByteMsP99">99th percentile until the first byte.</param>
/// <param name="MsP50">Median until the last byte.</param>
/// <param name="MsP99">99th percentile until the last byte.</param>
public sealed record AnswerSpeedView(double? FirstByteMsP50, double? FirstByteMsP99, double? MsP50, double? MsP99);

/// <summary>One reason for which there was no good answer.</summary>
/// <param name="Reason">In words, without values of answers.</param>
/// <param name="Times">How often.</param>
public sealed record FailureView(string Reason, long Times);

/// <summary>What two answers of stable to the same request tell of its noise.</summary>
/// <param name="Triples">Requests that stable answered twice and the candidate once.</param>
/// <param name="Differing">Paths that differ by more than noise.</param>
/// <param name="Paths">
/// Those, then the ones in which anything ever differed, at most 50.
/// </param>
public sealed record NoiseView(long Triples, int Differing, IReadOnlyList<NoisyPathView> Paths);

/// <summary>One path of the answers.</summary>
/// <param name="Path">Output name, folded JSON pointer, or <c>(outcome)</c> for failures.</param>
/// <param name="Triples">Requests whose three answers were compared there.</param>
/// <param name="CandidatePercent">Percent in which the candidate differs from what was served, noise included.</param>
/// <param name="NoisePercent">Percent in which stable differs from itself.</param>
/// <param name="LogEvidence">Natural logarithm of the e-value against "no more than noise".</param>
/// <param name="BeyondNoise">Whether it is one that differs by more than noise.</param>
public sealed record NoisyPathView(
    string Path,
    long Triples,
    double CandidatePercent,
    double NoisePercent,
    double LogEvidence,
    bool BeyondNoise
);
