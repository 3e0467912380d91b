using Handover.Core.Catalog;

namespace Handover.Core.Contracts;

/// <summary>What an index, or a member that embeds, says of itself; null for what it does not say.</summary>
public sealed record VectorReading
{
    /// <summary>Name of the index; null for a member that embeds.</summary>
    public string? Name { get; init; }

    /// <summary>Version of the index.</summary>
    public int? Version { get; init; }

    /// <summary>The embedding model that defines the space.</summary>
    public string? Space { get; init; }

    /// <summary>Length of a vector.</summary>
    public int? Dimensions { get; init; }

    /// <summary>How distance is measured, as in files.</summary>
    public string? Metric { get; init; }

    /// <summary>Vectors that are in the index.</summary>
    public long? Rows { get; init; }

    /// <summary>Vectors that will be in it once the backfill is complete.</summary>
    public long? Expected { get; init; }
}

/// <summary>
/// Whether a release searches the index that it says it does, with vectors of the same space. A vector of another model
/// has the same length often enough: nothing fails, and the neighbours are wrong.
/// </summary>
public static class IndexAgreement
{
    /// <summary>In what the index differs from the one that is declared; empty when in nothing.</summary>
    /// <param name="release">A release with an index.</param>
    /// <param name="index">What the index says of itself.</param>
    public static IReadOnlyList<Disagreement> CheckIndex(Release release, VectorReading index)
    {
        IndexUse use = release.Index!;
        string who = $"index {use.Name} for {release.Name}";
        if (index.Name != use.Name || index.Version != use.Version)
        {
            string has = $"{index.Name ?? "an unnamed index"} version {(index.Version is { } v ? $"{v}" : "unknown")}";
            return
            [
                Of($"{who}: version {use.Version} is declared, {has} is served. Point the release at its own version."),
            ];
        }

        return [.. Space(who, use, index, "rebuild the index with that model, or declare the model it was built by")];
    }

    /// <summary>The index as it says it is, and everything in which it is not what the release needs.</summary>
    /// <param name="release">A release with an index.</param>
    /// <param name="index">What the index says of itself.</param>
    public static Party Of(Release release, VectorReading index)
    {
        IReadOnlyList<Disagreement> differs = CheckIndex(release, index);
        string backfill = index is { Rows: { } rows, Expected: { } expected }
            ? $"{rows} of {expected} vectors"
            : "number of vectors not told";
        return Of(
            release,
            $"{index.Name ?? "unnamed"} version {Or(index.Version)} is served: space {index.Space ?? "not told"}, "
                + $"{Or(index.Dimensions)} dimensions, metric {index.Metric ?? "not told"}, {backfill}",
            differs.Count > 0 ? differs : CheckBackfill(release, index)
        );

        static string Or(int? number) => number is { } told ? $"{told}" : "not told";
    }

    /// <summary>The index when it says nothing of itself, or cannot be asked yet.</summary>
    /// <param name="release">A release with an index.</param>
    /// <param name="state">Why, in a few words.</param>
    /// <param name="disagreements">What has still to be done; empty when it is asked later.</param>
    public static Party Of(Release release, string state, IReadOnlyList<Disagreement> disagreements) =>
        new(DisagreementKind.Index, $"index {release.Index!.Name}/{release.Index.Version}", state, disagreements);

    /// <summary>What is missing of the index's vectors; empty when the backfill is complete.</summary>
    /// <param name="release">A release with an index.</param>
    /// <param name="index">What the index says of itself.</param>
    public static IReadOnlyList<Disagreement> CheckBackfill(Release release, VectorReading index)
    {
        string who = $"index {release.Index!.Name} for {release.Name}";
        if (index.Rows is not { } rows || index.Expected is not { } expected)
        {
            return [Of($"{who}: it does not say how many of its vectors are there. Tell rows and expected.")];
        }

        return rows >= expected
            ? []
            : [Of($"{who}: the backfill is not complete, {rows} of {expected} vectors are there. Wait for it.")];
    }

    /// <summary>What is wrong with the member that makes vectors; empty when nothing is.</summary>
    /// <param name="release">A release with an index and a member that embeds.</param>
    /// <param name="member">What the member says of itself.</param>
    public static IReadOnlyList<Disagreement> CheckEmbedder(Release release, VectorReading member)
    {
        IndexUse use = release.Index!;
        string who = $"member {use.Embeds} of {release.Name}, which embeds for index {use.Name}";
        return [.. Space(who, use, member, "put the model of that space into the release, or take another index")];
    }

    private static IEnumerable<Disagreement> Space(string who, IndexUse use, VectorReading has, string fix)
    {
        string metric = use.Metric.ToString().ToLowerInvariant();
        (string What, string? Has, string Want)[] pairs =
        [
            ("space", has.Space, use.Space),
            ("dimensions", has.Dimensions is { } d ? $"{d}" : null, $"{use.Dimensions}"),
            ("metric", has.Metric, metric),
        ];
        foreach ((string what, string? actual, string want) in pairs)
        {
            if (actual != want)
            {
                yield return Of($"{who}: {what} is {actual ?? "not told"}, the release declares {want}; {fix}.");
            }
        }
    }

    private static Disagreement Of(string text) => new(DisagreementKind.Index, text);
}
