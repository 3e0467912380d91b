namespace Handover.Protocol;

/// <summary>Asks for a trial of stable against itself on recorded traffic.</summary>
public sealed record TrialRequest
{
    /// <summary>How many draws, 20 to 10,000.</summary>
    public int Runs { get; init; } = 200;

    /// <summary>A Rollout document whose gates and shares are tried; null tries the default plan.</summary>
    public string? Manifest { get; init; }
}

/// <summary>How often the gates alarmed where nothing was wrong.</summary>
public sealed record TrialView
{
    /// <summary>The service.</summary>
    public required string Service { get; init; }

    /// <summary>The release that was compared with itself.</summary>
    public required string Release { get; init; }

    /// <summary>Recorded answers that were replayed in each run.</summary>
    public long Replayed { get; init; }

    /// <summary>Their entities.</summary>
    public long Entities { get; init; }

    /// <summary>Those that have a label.</summary>
    public long Labelled { get; init; }

    /// <summary>Shares of the candidate in percent, each for an equal part of the answers.</summary>
    public IReadOnlyList<double> Shares { get; init; } = [];

    /// <summary>Draws that were tried.</summary>
    public int Runs { get; init; }

    /// <summary>How often the gates were asked in a run.</summary>
    public long Looks { get; init; }

    /// <summary>Runs that ended in a rollback.</summary>
    public long Alarms { get; init; }

    /// <summary>Alarms / runs.</summary>
    public double Rate { get; init; }

    /// <summary>Lower end of the 95 % interval of the rate (Wilson).</summary>
    public double Low { get; init; }

    /// <summary>Upper end.</summary>
    public double High { get; init; }

    /// <summary>What the plan allows.</summary>
    public double Alpha { get; init; }

    /// <summary>Alarms by the metric that decided.</summary>
    public IReadOnlyDictionary<string, long> Culprits { get; init; } = new Dictionary<string, long>();
}
