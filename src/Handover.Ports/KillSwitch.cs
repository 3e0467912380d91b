namespace Handover.Ports;

/// <summary>
/// That a service's candidate may answer nobody. It narrows what routing allows and never widens it, so it needs no
/// move, no store and no control plane to be obeyed. The move that takes routing back follows when it can.
/// </summary>
/// <param name="By">Who switched it off; <see cref="AFile"/> for a file without a name in it.</param>
/// <param name="Reason">Why; may be empty.</param>
/// <param name="At">When.</param>
public sealed record KillSwitch(string By, string Reason, DateTimeOffset At)
{
    /// <summary>The name of whoever put a file there by hand.</summary>
    public const string AFile = "a file on the node";

    /// <summary>
    /// Whether it was switched on again while routing still names the candidate. It stays in force until a move has
    /// taken the candidate out of routing: within one epoch an entity that went back to stable stays there.
    /// </summary>
    public bool Lifted { get; init; }
}
