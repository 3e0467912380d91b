namespace Handover.Core.Rollouts;

/// <summary>What a rollback would be now: a move to a release that runs, or a restart of the frozen one.</summary>
/// <param name="Release">The release that it leads back to.</param>
/// <param name="Warm">Whether the release runs and is ready, so that it is one move.</param>
/// <param name="Fits">Whether there is room to start it again; true while it runs.</param>
/// <param name="Broken">Contracts of consumers that it no longer holds.</param>
/// <param name="KeptUntil">Until when it is kept; null while the rollout is open, and when that time is over.</param>
public sealed record RollbackReadiness(
    string Release,
    bool Warm,
    bool Fits,
    IReadOnlyList<string> Broken,
    DateTimeOffset? KeptUntil
)
{
    /// <summary>Whether nothing that is known stands in the way.</summary>
    public bool Ready => Fits && Broken.Count == 0;

    /// <summary>One line for people.</summary>
    public string Text
    {
        get
        {
            string how = Warm ? "one move, it is warm" : "a restart from its artefact";
            string room = Fits ? "" : "; there is no room to start it";
            string broken = Broken.Count == 0 ? "" : $"; breaks: {string.Join("; ", Broken)}";
            string kept = KeptUntil is { } until ? FormattableString.Invariant($", kept until {until:u}") : "";
            return $"back to {Release}: {how}{kept}{room}{broken}";
        }
    }
}
