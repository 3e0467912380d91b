namespace Handover.Protocol;

/// <summary>Asks which strategy fits.</summary>
/// <param name="Service">The service.</param>
/// <param name="To">The release to bring in.</param>
/// <param name="Answers">The answers to the questions that cannot be measured.</param>
public sealed record AdviceRequest(string Service, string To, AdviceAnswers Answers);

/// <summary>The five answers; null where Handover should measure or assume the careful one.</summary>
public sealed record AdviceAnswers
{
    /// <summary><c>high</c> or <c>low</c>: how confident are you in the new model?</summary>
    public string? Confidence { get; init; }

    /// <summary><c>tuned retrained architecture interface</c>: how different is it?</summary>
    public string? Difference { get; init; }

    /// <summary><c>none seconds window</c>: what interruption is tolerable?</summary>
    public string? Interruption { get; init; }

    /// <summary><c>first dashboards flags</c>: how mature are your operations?</summary>
    public string? Maturity { get; init; }

    /// <summary><c>recommendation</c> or <c>decision</c>: may users differ, or does consistency come first?</summary>
    public string? BlastRadius { get; init; }
}

/// <summary>The advice, with its reasons.</summary>
public sealed record AdviceView
{
    /// <summary>The strategy that fits best; null when every one is refused.</summary>
    public string? Strategy { get; init; }

    /// <summary>Why, in words.</summary>
    public IReadOnlyList<string> Reasons { get; init; } = [];

    /// <summary>Which strategies are refused and why.</summary>
    public IReadOnlyList<RefusalView> Refusals { get; init; } = [];

    /// <summary>What was measured instead of asked, in words.</summary>
    public IReadOnlyList<string> Measured { get; init; } = [];

    /// <summary>The phases that the strategy would run.</summary>
    public IReadOnlyList<string> Plan { get; init; } = [];

    /// <summary>Extra cost that is expected; null when it cannot be said.</summary>
    public MoneyView? Cost { get; init; }

    /// <summary>Expected duration in seconds; null when it cannot be said.</summary>
    public double? DurationSeconds { get; init; }
}

/// <summary>A strategy that is refused.</summary>
/// <param name="Strategy">Which.</param>
/// <param name="Reason">Why.</param>
public sealed record RefusalView(string Strategy, string Reason);
