namespace Handover.Protocol;

/// <summary>A rollout as it is now.</summary>
public sealed record RolloutView
{
    /// <summary><c>NAME.N</c>, unique.</summary>
    public required string Id { get; init; }

    /// <summary>The plan's name.</summary>
    public required string Name { get; init; }

    /// <summary>The service.</summary>
    public required string Service { get; init; }

    /// <summary>The release that served when it started.</summary>
    public required string From { get; init; }

    /// <summary>The release that it brings in.</summary>
    public required string To { get; init; }

    /// <summary><c>parallel</c>, <c>cutover</c> or <c>flag</c>.</summary>
    public required string Strategy { get; init; }

    /// <summary><c>pending running holding paused succeeded rolledBack refused failed</c>.</summary>
    public required string State { get; init; }

    /// <summary>Kind of the active phase, e.g. <c>shift</c>.</summary>
    public required string Phase { get; init; }

    /// <summary>Index of the active phase in <see cref="Phases"/>, from 0.</summary>
    public int PhaseIndex { get; init; }

    /// <summary>Percent of all entities that the candidate serves, 0 to 100, as last committed.</summary>
    public double Share { get; init; }

    /// <summary>Percent by segment, as last committed.</summary>
    public IReadOnlyDictionary<string, double> SegmentShares { get; init; } = new Dictionary<string, double>();

    /// <summary>
    /// What each segment saw, in the order of the plan, then everybody else; empty when the plan names no segment.
    /// </summary>
    public IReadOnlyList<SegmentSeenView> Segments { get; init; } = [];

    /// <summary>Epoch of the last committed move; 0 before the first.</summary>
    public long Epoch { get; init; }

    /// <summary>What the evidence says; null before the first verdict.</summary>
    public VerdictView? Verdict { get; init; }

    /// <summary>Each gate's own reading.</summary>
    public IReadOnlyList<GateView> Gates { get; init; } = [];

    /// <summary>What it costs beyond stable; null if not declared, or in different currencies.</summary>
    public CostView? Cost { get; init; }

    /// <summary>
    /// The metric that will be proven last; null when the phases' least times and requests decide.
    /// </summary>
    public string? DecidedBy { get; init; }

    /// <summary>When it started.</summary>
    public DateTimeOffset StartedAt { get; init; }

    /// <summary>When it ended; null while it is open.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>When it should end at current traffic; null when that cannot be said.</summary>
    public DateTimeOffset? Forecast { get; init; }

    /// <summary>How long it should take from now at current traffic; null when that cannot be said.</summary>
    public double? ForecastSeconds { get; init; }

    /// <summary>Who started it.</summary>
    public required string StartedBy { get; init; }

    /// <summary>Who approved; null when nobody has.</summary>
    public string? ApprovedBy { get; init; }

    /// <summary>Why it stands as it does, in words.</summary>
    public IReadOnlyList<string> Reasons { get; init; } = [];

    /// <summary>Whether the service is closed now: requests wait, in the middle of a switch with one stack.</summary>
    public bool Closed { get; init; }

    /// <summary>What callers saw of each closing, oldest first.</summary>
    public IReadOnlyList<InterruptionView> Interruptions { get; init; } = [];

    /// <summary>The latency curve of the last warm-up, window by window.</summary>
    public IReadOnlyList<WarmPointView> WarmCurve { get; init; } = [];

    /// <summary>What a rollback would be now; null when this is not the rollout that would be taken back.</summary>
    public RollbackReadinessView? Rollback { get; init; }

    /// <summary>The plan's phases in order.</summary>
    public IReadOnlyList<PhaseView> Phases { get; init; } = [];

    /// <summary>What each move of a forecast rollout would hold, in order; empty for one that was started.</summary>
    public IReadOnlyList<PlannedHoldView> Holds { get; init; } = [];

    /// <summary>What the checks of a forecast rollout would say now; null for one that was started.</summary>
    public ChecksAheadView? Checks { get; init; }

    /// <summary>
    /// How right each release was, by the labels of requests made while it ran; empty in lists, and without labels.
    /// </summary>
    public IReadOnlyList<LossView> Losses { get; init; } = [];

    /// <summary>
    /// What callers send against what the candidate was trained on; in forecasts and reports only, and null where no
    /// range is declared.
    /// </summary>
    public SkewView? Skew { get; init; }

    /// <summary>The first answers that broke a contract while they served; empty in lists.</summary>
    public IReadOnlyList<BrokenContractView> BrokenContracts { get; init; } = [];

    /// <summary>What became of copies of live requests; null in lists, and when the plan makes none.</summary>
    public ShadowView? Shadow { get; init; }

    /// <summary>What happened, oldest first; only the newest 50 in lists.</summary>
    public IReadOnlyList<RolloutEventView> Events { get; init; } = [];
}

/// <summary>One window of a warm-up.</summary>
/// <param name="LatencyMsP95">The candidate's 95th percentile, in milliseconds.</param>
/// <param name="StableLatencyMsP95">Stable's at the same load, in milliseconds.</param>
public sealed record WarmPointView(double LatencyMsP95, double StableLatencyMsP95);

/// <summary>What a rollback would be now.</summary>
/// <param name="Release">The release that it leads back to.</param>
/// <param name="Warm">Whether it runs, so that a rollback is one move and not a restart.</param>
/// <param name="Fits">Whether there is room to start it again; true while it runs.</param>
/// <param name="Broken">Contracts that it no longer holds.</param>
/// <param name="KeptUntil">Until when it is kept; null while the rollout is open, and afterwards.</param>
/// <param name="Artefacts">SHA-256 of the files that it is made of, by name.</param>
/// <param name="Altered">Which of those files are not what they were, in words.</param>
/// <param name="Text">One line for people.</param>
public sealed record RollbackReadinessView(
    string Release,
    bool Warm,
    bool Fits,
    IReadOnlyList<string> Broken,
    DateTimeOffset? KeptUntil,
    IReadOnlyDictionary<string, string> Artefacts,
    IReadOnlyList<string> Altered,
    string Text
);

/// <summary>What would become of a rollout that started now.</summary>
/// <param name="Refusals">Why it would be refused; empty when it would not.</param>
/// <param name="Awaited">What others would have to do before it went on; empty when nothing.</param>
/// <param name="Around">What feature views, index and consumers say now, a line for each.</param>
public sealed record ChecksAheadView(
    IReadOnlyList<string> Refusals,
    IReadOnlyList<string> Awaited,
    IReadOnlyList<string> Around
);

/// <summary>What one move to come would cost callers.</summary>
/// <param name="Phase">The phase that moves, as the plan's table says it.</param>
/// <param name="Hold">How many requests, and for how long, at the traffic of now.</param>
public sealed record PlannedHoldView(string Phase, HoldForecastView Hold);

/// <summary>What a move would cost callers now.</summary>
/// <param name="Requests">Expected number of held requests.</param>
/// <param name="LongestMs">Longest expected wait, in milliseconds.</param>
/// <param name="SlicePercent">Percent of entities that would move.</param>
/// <param name="Drain"><c>atomic</c> or <c>dispatch</c>.</param>
/// <param name="Text">One line for people.</param>
public sealed record HoldForecastView(
    double Requests,
    double LongestMs,
    double SlicePercent,
    string Drain,
    string Text
);

/// <summary>What callers saw of a closing.</summary>
/// <param name="SeenMs">
/// From the first request that was held or refused to the first answer after it, in milliseconds; 0 when nobody asked.
/// </param>
/// <param name="ClosedMs">How long the service was closed, in milliseconds.</param>
/// <param name="Held">Requests that waited and were answered.</param>
/// <param name="Refused">Requests that were answered 503.</param>
/// <param name="Whole">False when the gateway restarted meanwhile, so that the numbers are not complete.</param>
/// <param name="Text">One line for people.</param>
public sealed record InterruptionView(double SeenMs, double ClosedMs, long Held, long Refused, bool Whole, string Text);

/// <summary>What the evidence says.</summary>
/// <param name="Outcome"><c>promote</c>, <c>hold</c> or <c>rollBack</c>.</param>
/// <param name="Reasons">Why, the decisive one first.</param>
public sealed record VerdictView(string Outcome, IReadOnlyList<string> Reasons)
{
    /// <summary>The metric that decided a rollback; null otherwise.</summary>
    public string? Culprit { get; init; }

    /// <summary>The release that is sick; null when none is.</summary>
    public string? SickRelease { get; init; }
}

/// <summary>One gate's reading.</summary>
/// <param name="Name">The metric.</param>
/// <param name="Outcome"><c>promote</c>, <c>hold</c> or <c>rollBack</c>.</param>
/// <param name="LogEvidence">Natural logarithm of its e-value for harm.</param>
/// <param name="Threshold">Natural logarithm of the e-value at which harm is called.</param>
/// <param name="N">Candidate units that went in.</param>
/// <param name="Forecast">How it will go on; null when that cannot be said.</param>
public sealed record GateView(
    string Name,
    string Outcome,
    double LogEvidence,
    double Threshold,
    long N,
    GateForecastView? Forecast
)
{
    /// <summary>One line for people.</summary>
    public string Detail { get; init; } = "";
}

/// <summary>One phase of a plan.</summary>
/// <param name="Kind">E.g. <c>shift</c>.</param>
/// <param name="Text">One line for people, e.g. <c>shift 10%</c>.</param>
/// <param name="Status"><c>done</c>, <c>active</c>, <c>ahead</c> or <c>skipped</c>.</param>
public sealed record PhaseView(string Kind, string Text, string Status);

/// <summary>One thing that happened.</summary>
/// <param name="Seq">Number within the rollout, from 1.</param>
/// <param name="At">When.</param>
/// <param name="Kind">Event name in camel case.</param>
/// <param name="Text">One line for people.</param>
/// <param name="Actor">Who.</param>
public sealed record RolloutEventView(long Seq, DateTimeOffset At, string Kind, string Text, string Actor);

/// <summary>How one gate will go on at the traffic of now.</summary>
/// <param name="Requests">Candidate requests still needed for a promotion; null when that cannot be said.</param>
/// <param name="PromoteSeconds">
/// Until it lets a healthy candidate pass; 0 when nothing needs proof, null for never or unknown.
/// </param>
/// <param name="RollBackSeconds">
/// Until it takes back a candidate twice as bad as the margin allows; null for never or unknown.
/// </param>
public sealed record GateForecastView(long? Requests, double? PromoteSeconds, double? RollBackSeconds);

/// <summary>What a rollout costs beyond stable: declared cost per day times time.</summary>
/// <param name="Amount">So far.</param>
/// <param name="Currency">ISO 4217 code of all amounts.</param>
public sealed record CostView(decimal Amount, string Currency)
{
    /// <summary>The part that answered copies, which no caller was given.</summary>
    public decimal Shadow { get; init; }

    /// <summary>Still to come if the forecast holds; null without one.</summary>
    public decimal? ToCome { get; init; }

    /// <summary>So far and to come; null without a forecast.</summary>
    public decimal? Total { get; init; }

    /// <summary>What stable costs per day; null when not declared.</summary>
    public decimal? StablePerDay { get; init; }

    /// <summary>What the candidate costs per day.</summary>
    public decimal CandidatePerDay { get; init; }

    /// <summary>What may be spent; null when nobody said.</summary>
    public decimal? Budget { get; init; }
}
