namespace Handover.Core.Moves;

/// <summary>What a gateway tells the coordinator.</summary>
/// <param name="Service">The service.</param>
/// <param name="Attempt">The attempt.</param>
/// <param name="Gateway">The gateway's id.</param>
/// <param name="Incarnation">The gateway's boot id.</param>
public abstract record GatewayReply(string Service, long Attempt, string Gateway, string Incarnation)
{
    /// <summary>A promise: nothing in the slice is dispatched until the outcome of the attempt is known.</summary>
    public sealed record Held(string Service, long Attempt, string Gateway, string Incarnation)
        : GatewayReply(Service, Attempt, Gateway, Incarnation);
}
