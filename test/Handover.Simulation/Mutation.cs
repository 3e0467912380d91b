using Handover.Core.Moves;

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

    private sealed class Sound : Mutation;
}
