namespace Handover.Protocol;

/// <summary>
/// Where the answers of two releases to the same requests differ, from the journal's newest shadow pairs.
/// </summary>
/// <param name="Rollout">Id of the rollout.</param>
/// <param name="Service">The service.</param>
/// <param name="From">The release that served.</param>
/// <param name="To">The release whose answers were thrown away.</param>
/// <param name="Pairs">Pairs that were compared.</param>
/// <param name="Differing">Pairs that differ anywhere.</param>
/// <param name="Unpaired">Copies whose live answer, or whose own, was not kept.</param>
/// <param name="Paths">Where, the most frequent first.</param>
/// <param name="Slices">Which requests differ most often.</param>
public sealed record DivergenceView(
    string Rollout,
    string Service,
    string From,
    string To,
    int Pairs,
    int Differing,
    int Unpaired,
    IReadOnlyList<DivergentPathView> Paths,
    IReadOnlyList<DivergentSliceView> Slices
)
{
    /// <summary>Differences, slices and paths that were left out because there were too many.</summary>
    public int LeftOut { get; init; }

    /// <summary>
    /// JSON pointers whose values the journal replaces: nothing is known of differences there. Empty when it replaces
    /// none.
    /// </summary>
    public IReadOnlyList<string> Redacted { get; init; } = [];

    /// <summary>
    /// How each output differs, in the measures of what it is: labels, texts, probabilities, rankings, and numbers with
    /// a threshold.
    /// </summary>
    public IReadOnlyList<DivergentOutputView> Outputs { get; init; } = [];

    /// <summary>
    /// Paths of the plan's <c>compare</c> that no answer had: what it says there was never used. Empty without pairs.
    /// </summary>
    public IReadOnlyList<string> Unseen { get; init; } = [];

    /// <summary>The same by segment of the plan.</summary>
    public IReadOnlyList<DivergentSliceView> Segments { get; init; } = [];

    /// <summary>How much of what differs is stable's own noise; null when nothing was asked twice.</summary>
    public NoiseView? Noise { get; init; }
}

/// <summary>One place in which answers differ.</summary>
/// <param name="Path">Output name, or folded JSON pointer.</param>
/// <param name="Kind"><c>value missing extra type shape candidateFailed stableFailed</c>.</param>
/// <param name="Pairs">Pairs that differ there.</param>
/// <param name="Severity">Mean severity of those, in [0, 1].</param>
/// <param name="Examples">The worst of them.</param>
public sealed record DivergentPathView(
    string Path,
    string Kind,
    int Pairs,
    double Severity,
    IReadOnlyList<DivergentExampleView> Examples
);

/// <summary>Two answers to one request, as the journal keeps them: redacted, and cut where they are long.</summary>
/// <param name="RequestId">The request.</param>
/// <param name="Detail">The difference in one line.</param>
/// <param name="Stable">What was served.</param>
/// <param name="Candidate">What the candidate would have said.</param>
public sealed record DivergentExampleView(string RequestId, string Detail, string Stable, string Candidate);

/// <summary>How often answers differ for one kind of request.</summary>
/// <param name="Name">Place and value in the request.</param>
/// <param name="Pairs">Its pairs.</param>
/// <param name="Differing">Those that differ.</param>
public sealed record DivergentSliceView(string Name, int Pairs, int Differing);

/// <summary>How one output differs over all pairs.</summary>
/// <param name="Path">Output name, or folded JSON pointer.</param>
/// <param name="As">What it is: <c>number label probabilities ranking text</c>.</param>
/// <param name="Values">Values that were held against each other.</param>
/// <param name="Measures">The measures.</param>
/// <param name="Changes">Labels that became other labels, the most frequent first.</param>
public sealed record DivergentOutputView(
    string Path,
    string As,
    long Values,
    IReadOnlyList<OutputMeasureView> Measures,
    IReadOnlyList<LabelChangeView> Changes
);

/// <summary>One measure of an output.</summary>
/// <param name="Name">What is measured.</param>
/// <param name="Stable">Share of stable's values, in [0, 1]; null for a measure of pairs.</param>
/// <param name="Candidate">Share of the candidate's values, in [0, 1]; null for a measure of pairs.</param>
/// <param name="Value">Mean over the pairs; null for a measure of each side.</param>
public sealed record OutputMeasureView(string Name, double? Stable, double? Candidate, double? Value);

/// <summary>A label that became another one.</summary>
/// <param name="Stable">What stable said.</param>
/// <param name="Candidate">What the candidate said.</param>
/// <param name="Pairs">How often.</param>
public sealed record LabelChangeView(string Stable, string Candidate, long Pairs);
