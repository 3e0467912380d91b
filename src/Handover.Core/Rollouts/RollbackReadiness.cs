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
    /// <summary>SHA-256 of the files that it is made of, by name; empty when none were frozen.</summary>
    public IReadOnlyDictionary<string, string> Artefacts { get; init; } = new Dictionary<string, string>();

    /// <summary>Which of those files are not what they were, in words; empty while it runs, which needs none.</summary>
    public IReadOnlyList<string> Altered { get; init; } = [];

    /// <summary>Whether nothing that is known stands in the way.</summary>
    public bool Ready => Fits && Broken.Count == 0 && Altered.Count == 0;

    /// <summary>One line for people.</summary>
    public string Text
    {
        get
        {
            string how =
                Warm ? "one move, it is warm"
                : Artefacts.Count == 0 ? "a restart; no file of it was frozen"
                : $"a restart from its artefact ({string.Join(", ", Files)})";
            string room = Fits ? "" : "; there is no room to start it";
            string broken = Broken.Count == 0 ? "" : $"; breaks: {string.Join("; ", Broken)}";
            string kept = KeptUntil is { } until ? FormattableString.Invariant($", kept until {until:u}") : "";
            string altered = Altered.Count == 0 ? "" : $"; it cannot be started: {string.Join(" ", Altered)}";
            return $"back to {Release}: {how}{kept}{room}{broken}{altered}";
        }
    }

    private IEnumerable<string> Files =>
        Artefacts.OrderBy(f => f.Key, StringComparer.Ordinal).Select(f => $"{f.Key}, sha256 {f.Value}");
}
