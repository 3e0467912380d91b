namespace Handover.Protocol;

/// <summary>Whether a release keeps what one consumer relies on.</summary>
/// <param name="Consumer">The consumer.</param>
/// <param name="Release">The release.</param>
/// <param name="Verdict"><c>holds</c>, <c>breaks</c> or <c>undecided</c>.</param>
/// <param name="Findings">What breaks or cannot be decided; empty when it holds.</param>
public sealed record ContractView(
    string Consumer,
    string Release,
    string Verdict,
    IReadOnlyList<ContractFindingView> Findings
);

/// <summary>One finding of a contract check.</summary>
/// <param name="Path">Where, e.g. <c>outputs.price</c>.</param>
/// <param name="Rule">Which rule, e.g. <c>unit</c>.</param>
/// <param name="Old">What the consumer relies on.</param>
/// <param name="New">What the release would emit.</param>
/// <param name="Verdict"><c>breaks</c> or <c>undecided</c>.</param>
public sealed record ContractFindingView(string Path, string Rule, string Old, string New, string Verdict)
{
    /// <summary>The finding in a sentence.</summary>
    public string Text { get; init; } = "";
}
