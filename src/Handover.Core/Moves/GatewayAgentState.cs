using Handover.Core.Traffic;

namespace Handover.Core.Moves;

/// <summary>
/// What one gateway knows and promised for one service. Changed only by <see cref="GatewayAgent.Step"/>.
/// </summary>
/// <param name="Service">The service.</param>
/// <param name="Gateway">The gateway's id; the same over restarts.</param>
/// <param name="Incarnation">Its boot id.</param>
public sealed record GatewayAgentState(string Service, string Gateway, string Incarnation)
{
    /// <summary>The newest epoch known; 0 before anything is.</summary>
    public long Epoch { get; init; }

    /// <summary>The newest attempt known; 0 before anything is.</summary>
    public long Attempt { get; init; }

    /// <summary>The document of <see cref="Epoch"/>; null while nothing may be dispatched at all.</summary>
    public Routing? Routing { get; init; }

    /// <summary>What is held; null when nothing is.</summary>
    public GatewayHold? Hold { get; init; }

    /// <summary>Whether the store has taken note of this incarnation.</summary>
    public bool Registered { get; init; }

    /// <summary>
    /// When the last unanswered <see cref="GatewayEffect.Join"/> was asked for; null when none is open.
    /// </summary>
    public DateTimeOffset? JoinAskedAt { get; init; }

    /// <summary>When the next try to join is due.</summary>
    public DateTimeOffset JoinAt { get; init; }

    /// <summary>Tries to reach the store in a row without an answer.</summary>
    public int Failures { get; init; }

    /// <summary>What the disk said at boot, until the store or a message has said something newer.</summary>
    public LastKnownGood? Restored { get; init; }

    /// <summary>What the gateway is doing.</summary>
    public GatewayMode Mode =>
        Routing is null ? GatewayMode.Booting
        : Hold is null ? GatewayMode.Serving
        : Hold.Promised ? GatewayMode.Held
        : GatewayMode.Draining;

    /// <summary>Whether the outcome of the held attempt was asked for in vain: the slice waits for contact.</summary>
    public bool Uncertain => Hold is not null && Failures > 0;

    /// <summary>What belongs on the gateway's disk for this state; null while nothing is known.</summary>
    public LastKnownGood? LastKnownGood =>
        Routing is null ? null : new LastKnownGood(Epoch, Attempt, Routing, Hold is { Asked: true } ? Attempt : null);
}

/// <summary>A hold that is open on a gateway. Its attempt is the state's.</summary>
/// <param name="To">The document that the attempt wants; not in force.</param>
/// <param name="Drain">What happens to requests in flight.</param>
/// <param name="ResolveAt">When the store is asked for the outcome next.</param>
public sealed record GatewayHold(Routing To, DrainMode Drain, DateTimeOffset ResolveAt)
{
    /// <summary>
    /// Whether the coordinator asked for the promise; a gateway that joined into a hold holds without being asked.
    /// </summary>
    public bool Asked { get; init; }

    /// <summary>Whether the slice is drained as <see cref="Drain"/> wants it.</summary>
    public bool Drained { get; init; }

    /// <summary>Whether the promise is on disk.</summary>
    public bool Persisted { get; init; }

    /// <summary>
    /// When the last unanswered <see cref="GatewayEffect.Resolve"/> was asked for; null when none is open.
    /// </summary>
    public DateTimeOffset? ResolveAskedAt { get; init; }

    /// <summary>Whether HELD may be said (and was).</summary>
    public bool Promised => Asked && Drained && Persisted;
}

/// <summary>What a gateway is doing with a service.</summary>
public enum GatewayMode
{
    /// <summary>Nothing is known yet; every request waits.</summary>
    Booting,

    /// <summary>Every request is dispatched by the document in force.</summary>
    Serving,

    /// <summary>The slice is held; the promise is not given yet.</summary>
    Draining,

    /// <summary>The slice is held, and the coordinator has the promise.</summary>
    Held,
}
