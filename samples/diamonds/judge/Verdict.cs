namespace Diamonds.Judge;

/// <summary>What the judge found. Every count comes from the client's and the model servers' records.</summary>
public sealed record Verdict
{
    /// <summary>Requests that the client made.</summary>
    public required long Requests { get; init; }

    /// <summary>Requests without a complete 2xx answer.</summary>
    public required long Failed { get; init; }

    /// <summary>The sum of flips, mislabelled answers and torn chains.</summary>
    public long Mixed => Flips + Mislabelled + TornChains;

    /// <summary>
    /// Changes of an entity's release, by order of arrival at the models, that no rollout or rollback allows.
    /// </summary>
    public required long Flips { get; init; }

    /// <summary>
    /// Answers whose <c>Handover-Release</c> is not the release that the model server logged for the request.
    /// </summary>
    public required long Mislabelled { get; init; }

    /// <summary>Requests whose hops met two releases.</summary>
    public required long TornChains { get; init; }

    /// <summary>
    /// Answers that the client got and no model server knows of (answers replayed by the ledger are not among them).
    /// </summary>
    public required long Unreconciled { get; init; }

    /// <summary>
    /// Live requests that a model server answered and no client knows of: the client broke off or never heard.
    /// </summary>
    public required long Unclaimed { get; init; }

    /// <summary>Lines of the logs that are not records.</summary>
    public long LinesIgnored { get; init; }

    /// <summary>Failures by what the client called them.</summary>
    public required IReadOnlyDictionary<string, long> Failures { get; init; }

    /// <summary>Counts per release.</summary>
    public required IReadOnlyDictionary<string, ReleaseCount> Releases { get; init; }

    /// <summary>The first few violations in words.</summary>
    public required IReadOnlyList<string> Examples { get; init; }

    /// <summary>Whether nothing failed, nothing mixed, and every answer is accounted for on both sides.</summary>
    public bool Clean => Failed == 0 && Mixed == 0 && Unreconciled == 0;
}

/// <summary>One release's requests as both sides count them.</summary>
/// <param name="Client">2xx answers that named the release.</param>
/// <param name="Model">Live requests that reached a server of the release.</param>
/// <param name="Matched">Requests that both sides know, with the same release.</param>
public sealed record ReleaseCount(long Client, long Model, long Matched);
