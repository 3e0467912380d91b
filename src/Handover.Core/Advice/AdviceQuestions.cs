using Handover.Core.Catalog;

namespace Handover.Core.Advice;

/// <summary>
/// A person's answers to the five questions; null is not answered. What can be measured need not be asked, and a
/// question that stays open counts with its most careful answer.
/// </summary>
public sealed record AdviceQuestions
{
    /// <summary>How confident are you in the new model?</summary>
    public Confidence? Confidence { get; init; }

    /// <summary>How different is it?</summary>
    public ChangeKind? Difference { get; init; }

    /// <summary>What interruption is tolerable?</summary>
    public Interruption? Interruption { get; init; }

    /// <summary>How mature are your operations?</summary>
    public Maturity? Maturity { get; init; }

    /// <summary>What is the blast radius?</summary>
    public BlastRadius? BlastRadius { get; init; }
}

/// <summary>How sure one is of the new model; ordered from careful to sure.</summary>
public enum Confidence
{
    /// <summary>No held-out results, or not better.</summary>
    Low,

    /// <summary>Somewhat better on held-out data.</summary>
    Medium,

    /// <summary>Clearly better on held-out data or a backtest.</summary>
    High,
}

/// <summary>Which interruption is tolerable; ordered from careful to generous.</summary>
public enum Interruption
{
    /// <summary>No request may fail or wait noticeably.</summary>
    None,

    /// <summary>Seconds.</summary>
    Seconds,

    /// <summary>A window of 5 to 15 minutes.</summary>
    Window,
}

/// <summary>How mature operations are; ordered from careful to experienced.</summary>
public enum Maturity
{
    /// <summary>First deployments.</summary>
    FirstDeployments,

    /// <summary>Dashboards and people on call.</summary>
    OnCall,

    /// <summary>Flags and parallel stacks are routine.</summary>
    FlagsAndStacks,
}

/// <summary>What a wrong or mixed answer does; ordered from careful to harmless.</summary>
public enum BlastRadius
{
    /// <summary>Fraud, payment, credit: consistency and confidence first.</summary>
    ConsistencyMatters,

    /// <summary>Recommendation, search, ads: users may differ.</summary>
    UsersMayDiffer,
}
