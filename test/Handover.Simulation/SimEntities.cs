using System.Runtime.CompilerServices;
using Handover.Core.Traffic;

namespace Handover.Simulation;

/// <summary>
/// The customers of a simulated world: 16 of them, so that each is asked for often, and a set of them is a bit mask.
/// Who is served by what is asked of the shipped <see cref="Assignment"/>, once per document.
/// </summary>
public static class SimEntities
{
    public const int Count = 16;

    /// <summary>The two releases of every world.</summary>
    public static readonly IReadOnlyList<string> BothReleases = ["v1", "v2"];

    private static readonly string[] Names = [.. Enumerable.Range(0, Count).Select(i => $"c-{i}")];

    private static readonly Dictionary<string, string>[] Attributes =
    [
        .. Enumerable
            .Range(0, Count)
            .Select(i => new Dictionary<string, string> { ["tier"] = i % 4 == 0 ? "gold" : "" }),
    ];

    private static readonly ConditionalWeakTable<Routing, string[]> Known = [];

    /// <summary>Number of a release, from 0.</summary>
    public static int Index(string release) => release[1] - '1';

    /// <summary>The other one of the two.</summary>
    public static string Other(string release) => BothReleases[1 - Index(release)];

    /// <summary>The release that answers each customer under a document.</summary>
    public static string[] Releases(Routing routing) =>
        Known.GetValue(routing, r => [.. Names.Select((name, i) => Assignment.Assign(r, name, Attributes[i]).Release)]);

    /// <summary>Whether a customer belongs to <see cref="SimWorld.Gold"/>, by the shipped rule.</summary>
    public static bool IsGold(int entity) =>
        SimWorld.Gold.When.Matches(Attributes[entity], Names[entity], SimWorld.Gold.Name);

    /// <summary>Which customers a slice holds.</summary>
    public static uint Mask(Routing from, Routing to)
    {
        if (from.Closed || to.Closed)
        {
            return (1u << Count) - 1;
        }

        string[] before = Releases(from);
        string[] after = Releases(to);
        uint mask = 0;
        for (int i = 0; i < Count; i++)
        {
            if (!string.Equals(before[i], after[i], StringComparison.Ordinal))
            {
                mask |= 1u << i;
            }
        }

        return mask;
    }

    /// <summary>Whether the shipped slice says the same as the mask for one customer.</summary>
    public static bool Agrees(Slice slice, int entity) =>
        slice.Contains(Names[entity], Attributes[entity]) == ((Mask(slice.From, slice.To) >> entity & 1) == 1);
}

/// <summary>A caller's request.</summary>
/// <param name="Number">Grows with arrival.</param>
/// <param name="Entity">Which customer.</param>
/// <param name="Arrived">When, µs.</param>
/// <param name="Call">The caller that wants one decision; null for a request without a key.</param>
public sealed record SimRequest(long Number, int Entity, long Arrived, SimCall? Call = null);
