namespace Handover.Protocol;

/// <summary>The kill switch of a service, as the gateways obey it.</summary>
public sealed record FlagView
{
    /// <summary>The service.</summary>
    public required string Service { get; init; }

    /// <summary><c>on</c>: the candidate gets what routing says; <c>off</c>: it answers nobody.</summary>
    public required string Flag { get; init; }

    /// <summary>The switch that is in force; null when the flag is on.</summary>
    public KillSwitchView? Off { get; init; }

    /// <summary>The open rollout that is taken back because of it; null when none is open.</summary>
    public string? Rollout { get; init; }

    /// <summary>What a person should know besides, e.g. that a restart forgets it; null when nothing.</summary>
    public string? Warning { get; init; }
}

/// <summary>Who switched a service off.</summary>
/// <param name="By">Who.</param>
/// <param name="Reason">Why; may be empty.</param>
/// <param name="At">When.</param>
/// <param name="Lifted">
/// Whether it was switched on again and stays in force only until a move has taken the candidate out of routing.
/// </param>
public sealed record KillSwitchView(string By, string Reason, DateTimeOffset At, bool Lifted);
