using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Core.Moves;
using Handover.Core.Rollouts;

namespace Handover.Ports;

/// <summary>What the control plane may ask of a gateway. No call blocks on traffic.</summary>
public interface IGatewayPort
{
    /// <summary>The gateway's id.</summary>
    string Id { get; }

    /// <summary>The gateway's boot id.</summary>
    string Incarnation { get; }

    /// <summary>
    /// Replaces what the gateway knows besides routing: services, endpoints, mirrors, keys. One swap.
    /// </summary>
    void Configure(GatewayConfiguration configuration);

    /// <summary>Hands over a message of the move protocol. Returns at once; the answer comes as a reply.</summary>
    void Deliver(MoveMessage message);

    /// <summary>What the gateway is doing for a service; null when it does not know the service.</summary>
    GatewayStatus? Status(string service);

    /// <summary>
    /// What the gateway would do with a request of this entity now; null when it does not know the service or its
    /// routing yet.
    /// </summary>
    ValueTask<GatewayAnswer?> AskAsync(string service, string? entity, IReadOnlyDictionary<string, string> attributes);

    /// <summary>
    /// Switches a service off (its candidate answers nobody from now on) or, with null, on again. In force when this
    /// returns. The answer is what went wrong in keeping it over a restart; null when nothing did.
    /// </summary>
    Problem? Switch(string service, KillSwitch? off);

    /// <summary>Answers of the move protocol. Handlers must not block.</summary>
    event Action<GatewayReply>? Replied;
}

/// <summary>What a gateway knows besides routing.</summary>
/// <param name="Services">By name.</param>
/// <param name="PinKeys">HMAC keys for pins: the first signs, all verify.</param>
public sealed record GatewayConfiguration(
    IReadOnlyDictionary<string, ServiceConfiguration> Services,
    IReadOnlyList<byte[]> PinKeys
);

/// <summary>One service as a gateway sees it.</summary>
/// <param name="Service">The declaration.</param>
/// <param name="Releases">Endpoints of each running release: release -> member -> endpoints.</param>
public sealed record ServiceConfiguration(
    Service Service,
    IReadOnlyDictionary<string, IReadOnlyDictionary<string, IReadOnlyList<MemberEndpoint>>> Releases
)
{
    /// <summary>How answers are rewritten, by release; releases that are not here answer as they are.</summary>
    public IReadOnlyDictionary<string, OutputAdapter> Adapters { get; init; } = new Dictionary<string, OutputAdapter>();

    /// <summary>Copies live requests to a release; null when nothing is mirrored.</summary>
    public MirrorConfiguration? Mirror { get; init; }

    /// <summary>The organisation's flag that decides who may have the candidate; null when everybody may.</summary>
    public OutsideFlag? Flag { get; init; }

    /// <summary>
    /// Hashes (SHA-256, lower-case hex) of tokens whose bearer may name a release, where the service allows it.
    /// </summary>
    public IReadOnlyList<string> OverrideTokenHashes { get; init; } = [];
}

/// <summary>Copies live requests to a release.</summary>
/// <param name="Release">The release that gets the copies.</param>
/// <param name="Share">Share of requests that are copied.</param>
/// <param name="Concurrency">Most copies in flight; above it a copy is dropped and counted.</param>
/// <param name="Timeout">A copy's own deadline.</param>
public sealed record MirrorConfiguration(string Release, Share Share, int Concurrency, TimeSpan Timeout)
{
    /// <summary>Id of the rollout that wants them: each one's copies are counted apart.</summary>
    public string Rollout { get; init; } = "";

    /// <summary>
    /// Share of the copied requests about which stable is asked a second time, within bounds of the same size.
    /// </summary>
    public Share Redraw { get; init; } = Share.None;

    /// <summary>
    /// The segments that the plan will steer by, in its order: a copy is recorded under the first that it belongs to.
    /// </summary>
    public IReadOnlyList<Segment> Segments { get; init; } = [];
}

/// <summary>What a gateway is doing for a service.</summary>
/// <param name="Service">The service.</param>
/// <param name="Epoch">The epoch in force here.</param>
/// <param name="Holding">Whether it holds a slice now.</param>
/// <param name="Held">Requests held now.</param>
/// <param name="InFlight">Requests in flight by release.</param>
/// <param name="LivePins">Requests by release whose pin may still be used by another hop.</param>
public sealed record GatewayStatus(
    string Service,
    long Epoch,
    bool Holding,
    int Held,
    IReadOnlyDictionary<string, int> InFlight,
    IReadOnlyDictionary<string, int> LivePins
)
{
    /// <summary>The kill switch that is in force here; null when the candidate may answer.</summary>
    public KillSwitch? Off { get; init; }

    /// <summary>Answers, copies included, that an adapter could not rewrite, since the start.</summary>
    public long AdaptersFailed { get; init; }

    /// <summary>The newest closing of the service on this gateway; null when there was none since it started.</summary>
    public GatewayClosing? Closing { get; init; }

    /// <summary>Copies to candidates since the start.</summary>
    public CopyTally Copies { get; init; } = new();

    /// <summary>Second questions to stable since the start.</summary>
    public CopyTally Redraws { get; init; } = new();

    /// <summary>The same of the newest rollout that wanted copies; null when none did since the start.</summary>
    public MirrorCounts? Mirrored { get; init; }

    /// <summary>The share of requests that is to be copied, and that is; null when nothing is.</summary>
    public MirrorShare? MirrorShare { get; init; }

    /// <summary>Incoming pins that were taken off since the start: unsigned, wrong or out of date.</summary>
    public long PinsStripped { get; init; }

    /// <summary>Callers' tokens that could not be believed since the start: their requests had no claims.</summary>
    public long TokensRefused { get; init; }

    /// <summary>What came of asking the organisation's flag.</summary>
    public FlagCounts Flag { get; init; } = new(0, 0, 0, 0, 0, 0);
}

/// <summary>How much is copied.</summary>
/// <param name="Release">The release that gets the copies.</param>
/// <param name="Wanted">The share that the plan asks for.</param>
/// <param name="Now">The share that is copied now: lower while the copies are not kept up with.</param>
public sealed record MirrorShare(string Release, Share Wanted, Share Now)
{
    /// <summary>Why it is lower than wanted; null when it is not.</summary>
    public string? Why { get; init; }
}

/// <summary>What callers saw of a closing (the middle of a switch with one stack).</summary>
/// <param name="FirstWaitedAt">When the first request came that had to wait or was refused; null when none did.</param>
/// <param name="FirstAnsweredAt">When a model first answered after it; null while none has.</param>
/// <param name="Held">Requests that waited and went on.</param>
/// <param name="Refused">Requests that waited in vain: 503.</param>
/// <param name="Opened">Whether the service is open again.</param>
/// <param name="Whole">Whether this gateway was there from the beginning of the closing.</param>
public sealed record GatewayClosing(
    DateTimeOffset? FirstWaitedAt,
    DateTimeOffset? FirstAnsweredAt,
    long Held,
    long Refused,
    bool Opened,
    bool Whole
);
