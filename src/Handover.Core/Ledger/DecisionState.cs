namespace Handover.Core.Ledger;

/// <summary>What a gateway remembers of one request with a key, from its claim to its answer.</summary>
/// <param name="Row">The row that it claims, or has claimed.</param>
/// <param name="ReplaySafe">Whether a second run does no harm.</param>
/// <param name="MaySpool">Whether the service wants the spool when the ledger is out of reach.</param>
public sealed record DecisionState(Decision Row, bool ReplaySafe, bool MaySpool)
{
    /// <summary>Where it stands.</summary>
    public DecisionStep Step { get; init; } = DecisionStep.Fresh;

    /// <summary>Whether the ledger was out of reach and the spool is used from now on.</summary>
    public bool Spooled { get; init; }

    /// <summary>What the ledger is being told; null when it is not being told anything.</summary>
    public LedgerWrite? Telling { get; init; }
}

/// <summary>Where a request with a key stands.</summary>
public enum DecisionStep
{
    /// <summary>Nothing has happened.</summary>
    Fresh,

    /// <summary>The claim is on its way to the ledger. Nothing may be sent to a release.</summary>
    Claiming,

    /// <summary>The claim is durable; the release has the request.</summary>
    Running,

    /// <summary>The run ended; the ledger is being told, and the caller has no answer yet.</summary>
    Ending,

    /// <summary>The caller has, or is getting, its answer.</summary>
    Over,
}
