using Handover.Core.Catalog;
using Handover.Core.Contracts.Adapters;
using Handover.Core.Rollouts;
using Handover.Core.Traffic;
using Handover.Gateway.Forwarding;
using Handover.Gateway.Mirroring;
using Handover.Ports;

namespace Handover.Gateway.Routing;

/// <summary>
/// Everything that decides one request of a service, in one immutable object behind one volatile reference. A request
/// reads the reference once, so that it can never see the routing of one epoch and the endpoints or the hold of
/// another.
/// </summary>
internal sealed record ServiceSnapshot
{
    /// <summary>The declaration.</summary>
    public required Service Service { get; init; }

    /// <summary>Number of the document in force.</summary>
    public required long Epoch { get; init; }

    /// <summary>The document in force; null while the gateway knows none, when every request waits.</summary>
    public required RoutingDocument? Routing { get; init; }

    /// <summary>What is held; null when nothing is.</summary>
    public Slice? Hold { get; init; }

    /// <summary>Release -> member -> where it runs.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyDictionary<string, MemberPool>> Releases { get; init; }

    /// <summary>How answers are rewritten, by release; one that is not here answers as it is.</summary>
    public required IReadOnlyDictionary<string, AnswerAdapter> Adapters { get; init; }

    /// <summary>Copies of live requests; null when nothing is mirrored.</summary>
    public MirrorConfiguration? Mirror { get; init; }

    /// <summary>
    /// The copies of the newest rollout that wanted any; outlives <see cref="Mirror"/>, null when none did.
    /// </summary>
    public MirrorRun? MirrorRun { get; init; }

    /// <summary>The kill switch; null when the candidate may answer.</summary>
    public KillSwitch? Off { get; init; }

    /// <summary>The organisation's flag; null when everybody may have the candidate.</summary>
    public OutsideFlag? Flag { get; init; }

    /// <summary>Who verifies callers' tokens; null where no claim is read.</summary>
    public TokenDesk? Tokens { get; init; }

    /// <summary>HMAC keys for pins: the first signs, all verify.</summary>
    public required IReadOnlyList<byte[]> PinKeys { get; init; }

    /// <summary>SHA-256 (lower-case hex) of tokens whose bearer may name a release.</summary>
    public IReadOnlyList<string> OverrideTokenHashes { get; init; } = [];

    /// <summary>
    /// Whether a request must wait: its slice is on the move, or the service is closed or not known yet.
    /// </summary>
    public bool Holds(string? entity, IReadOnlyDictionary<string, string> attributes) =>
        Routing is null || Routing.Closed || (Hold is not null && Hold.Contains(entity, attributes));

    /// <summary>
    /// Which release answers. Routing is the most that the candidate may get; whatever stands in its way here only
    /// takes from it.
    /// </summary>
    /// <param name="entity">The entity.</param>
    /// <param name="attributes">Its attributes.</param>
    /// <param name="allowed">Whether the organisation's flag lets it have the candidate.</param>
    public Assigned Assign(string? entity, IReadOnlyDictionary<string, string> attributes, bool allowed)
    {
        RoutingDocument routing = Routing!;
        return Off is null && allowed ? Assignment.Assign(routing, entity, attributes) : Assignment.OnStable(routing);
    }

    /// <summary>Whether a release may answer at all.</summary>
    public bool Forbids(string release) => Off is not null && release != Routing?.Stable;

    /// <summary>Where a member of a release runs; null when it does not.</summary>
    public MemberPool? Pool(string release, string member) =>
        Releases.TryGetValue(release, out IReadOnlyDictionary<string, MemberPool>? members)
        && members.TryGetValue(member, out MemberPool? pool)
        && pool.Clients.Count > 0
            ? pool
            : null;
}
