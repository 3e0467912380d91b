using Handover.Core.Rollouts;

namespace Handover.Core.Advice;

/// <summary>Which strategy fits, why, what it costs, and what is refused.</summary>
public sealed record Advice
{
    /// <summary>The strategy; null when every one is refused.</summary>
    public required Strategy? Strategy { get; init; }

    /// <summary>
    /// Whether the old release must be stopped before the new one starts, because memory forbids both.
    /// </summary>
    public required bool SingleStack { get; init; }

    /// <summary>The phases of the plan; empty without a strategy.</summary>
    public required IReadOnlyList<Phase> Phases { get; init; }

    /// <summary>Why this strategy, the decisive reason first.</summary>
    public required IReadOnlyList<string> Reasons { get; init; }

    /// <summary>What is refused and why; one or more per refused strategy.</summary>
    public required IReadOnlyList<Refusal> Refusals { get; init; }

    /// <summary>What to know or to do besides.</summary>
    public required IReadOnlyList<string> Notes { get; init; }

    /// <summary>
    /// Extra money for the second stack; null when the costs per day are not known or in two currencies.
    /// </summary>
    public required AdviceCost? Cost { get; init; }

    /// <summary>Time until the rollout has succeeded; null without a strategy.</summary>
    public required AdviceDuration? Duration { get; init; }

    /// <summary>What was decided about each question, and from where.</summary>
    public required ResolvedQuestions Resolved { get; init; }
}

/// <summary>A strategy that may not be used.</summary>
/// <param name="Strategy">Which.</param>
/// <param name="Reason">Why, in one sentence.</param>
/// <param name="Fix">What would make it possible.</param>
public sealed record Refusal(Strategy Strategy, string Reason, string Fix);

/// <summary>Extra money that a rollout costs.</summary>
/// <param name="Extra">Amount beyond what stable costs anyway, until the rollout has succeeded.</param>
/// <param name="Keeping">Amount for keeping the old release afterwards, so that a rollback stays one move.</param>
/// <param name="Currency">ISO 4217 code.</param>
public sealed record AdviceCost(decimal Extra, decimal Keeping, string Currency);

/// <summary>How long a rollout takes when nothing is wrong.</summary>
/// <param name="Total">From start to success.</param>
/// <param name="Exact">
/// Whether it is a forecast; false when traffic is not known, so that only the least times of the phases are in it.
/// </param>
public sealed record AdviceDuration(TimeSpan Total, bool Exact);
