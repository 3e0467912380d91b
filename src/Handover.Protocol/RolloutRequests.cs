namespace Handover.Protocol;

/// <summary>Starts a rollout: from a Rollout document, or from names and a ready-made strategy.</summary>
public sealed record StartRolloutRequest
{
    /// <summary>The service; may be left out when <see cref="Manifest"/> names it.</summary>
    public string? Service { get; init; }

    /// <summary>The release to bring in; may be left out when <see cref="Manifest"/> names it.</summary>
    public string? To { get; init; }

    /// <summary><c>parallel</c>, <c>cutover</c> or <c>flag</c>; null takes the manifest's or <c>parallel</c>.</summary>
    public string? Strategy { get; init; }

    /// <summary>Text of a YAML document of kind Rollout; null for a ready-made list of phases.</summary>
    public string? Manifest { get; init; }

    /// <summary>Name of the file that the manifest came from, for error messages.</summary>
    public string? ManifestFile { get; init; }

    /// <summary>Why, for the audit log.</summary>
    public string? Reason { get; init; }
}

/// <summary>The body of every command to a rollout; a field that the command does not know is refused.</summary>
public sealed record RolloutCommandRequest
{
    /// <summary><c>promote</c>: go to 100 % without waiting in the phases between.</summary>
    public bool? Full { get; init; }

    /// <summary><c>setShare</c>: percent of entities, 0 to 100.</summary>
    public double? Percent { get; init; }

    /// <summary>Why, for the audit log.</summary>
    public string? Reason { get; init; }
}

/// <summary>What a rollout did, for people who were not there.</summary>
/// <param name="Rollout">The rollout with all its events.</param>
/// <param name="Epochs">Every change of routing while it ran.</param>
/// <param name="DurationSeconds">From start to end, or to now while it is open.</param>
/// <param name="Summary">A few sentences in plain words.</param>
public sealed record RolloutReportView(
    RolloutView Rollout,
    IReadOnlyList<EpochView> Epochs,
    double DurationSeconds,
    IReadOnlyList<string> Summary
);
