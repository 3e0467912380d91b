using System.Text.Json.Serialization;
using Handover.Ports;

namespace Handover.Control.Evidence;

/// <summary>
/// What became of a rollout's copies, over all gateways and all their restarts. Each gateway tells its count since it
/// began, as often as one likes: the newest count of one beginning replaces the one before, and a new beginning is
/// added to it. So nothing is counted twice, also when a gateway tells again after this process came back.
/// Immutable; stored with the evidence.
/// </summary>
internal sealed record CopySums
{
    /// <summary>Copies of beginnings that are over.</summary>
    public CopyTally Copies { get; init; } = new();

    /// <summary>Second questions of beginnings that are over.</summary>
    public CopyTally Redraws { get; init; } = new();

    /// <summary>The newest count of each gateway.</summary>
    public IReadOnlyDictionary<string, MirrorCounts> Newest { get; init; } = new Dictionary<string, MirrorCounts>();

    /// <summary>All copies.</summary>
    [JsonIgnore]
    public CopyTally AllCopies => Newest.Values.Aggregate(Copies, (sum, n) => sum + n.Copies);

    /// <summary>All second questions.</summary>
    [JsonIgnore]
    public CopyTally AllRedraws => Newest.Values.Aggregate(Redraws, (sum, n) => sum + n.Redraws);

    /// <summary>With what a gateway tells now.</summary>
    public CopySums With(string gateway, MirrorCounts told)
    {
        var newest = new Dictionary<string, MirrorCounts>(Newest) { [gateway] = told };
        return Newest.TryGetValue(gateway, out MirrorCounts? before) && before.Since != told.Since
            ? new CopySums
            {
                Copies = Copies + before.Copies,
                Redraws = Redraws + before.Redraws,
                Newest = newest,
            }
            : this with
            {
                Newest = newest,
            };
    }
}
