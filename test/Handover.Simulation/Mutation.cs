using Handover.Core.Ledger;
using Handover.Core.Moves;
using Handover.Core.Traffic;

namespace Handover.Simulation;

/// <summary>
/// A known bug, put back around the shipped core: what goes in and what comes out is altered, the core itself never is.
/// The checkers are worth what they catch of these.
/// </summary>
public abstract class Mutation
{
    /// <summary>No bug.</summary>
    public static Mutation None { get; } = new Sound();

    /// <summary>The gateway's step.</summary>
    public virtual (GatewayAgentState State, IReadOnlyList<GatewayEffect> Effects) Step(
        GatewayAgentState state,
        GatewayInput input,
        DateTimeOffset now
    ) => GatewayAgent.Step(state, input, now);

    /// <summary>The coordinator's step.</summary>
    public virtual (MoveMachineState State, IReadOnlyList<MoveEffect> Effects) Step(
        MoveMachineState state,
        MoveInput input,
        DateTimeOffset now
    ) => MoveMachine.Step(state, input, now);

    /// <summary>The store.</summary>
    public virtual SimEpochStore Store(Func<DateTimeOffset> clock) => new(clock);

    /// <summary>What reaches a gateway's disk when it asks for <paramref name="good"/>, given what is there.</summary>
    public virtual LastKnownGood? Write(LastKnownGood? there, LastKnownGood good) => good;

    /// <summary>What a gateway does with its waiting requests when it may go on with them.</summary>
    public virtual List<SimRequest> Release(List<SimRequest> waiting) => waiting;

    /// <summary>The document that an engine moves to.</summary>
    public virtual Routing Target(Routing target, EpochRow row) => target;

    /// <summary>The release of a later hop, given the one that the pin names and the hop's own choice.</summary>
    public virtual string Hop(string pinned, string own) => pinned;

    /// <summary>Whether a stack that nobody wants is kept until no request is pinned to it.</summary>
    public virtual bool StopsWaitForPins => true;

    /// <summary>Whether the engine persists what it decided before it acts on it.</summary>
    public virtual bool PersistsFirst => true;

    /// <summary>Whether a stack that does not start (or is down) stops a rollout.</summary>
    public virtual bool HeedsRefusal => true;

    /// <summary>Whether a stack is stopped before the other is started where there is one stack.</summary>
    public virtual bool StopsBeforeStart => true;

    /// <summary>Whether a drain waits for requests that wait for the ledger.</summary>
    public virtual bool DrainsClaims => true;

    /// <summary>The step of a request with a key.</summary>
    public virtual (DecisionState State, IReadOnlyList<DecisionEffect> Effects) Step(
        DecisionState state,
        DecisionInput input
    ) => DecisionMachine.Step(state, input);

    /// <summary>The ledger's rule.</summary>
    public virtual (Decision? Row, LedgerReply Reply) Apply(Decision? row, LedgerWrite write) =>
        LedgerRules.Apply(row, write);

    private sealed class Sound : Mutation;
}
