using Handover.Core.Foundation;

namespace Handover.Core.Catalog;

/// <summary>
/// What it means that a file of a release is still the one that the release was rolled out with. Said in one way,
/// whether a member is about to start, has started for somebody else, or is only asked about.
/// </summary>
public static class FrozenFiles
{
    /// <summary>What is wrong when a file has another digest now; null when nothing is.</summary>
    /// <param name="name">The file, as the configuration names it.</param>
    /// <param name="found">Its SHA-256 now, hex in any case; null when it is gone.</param>
    /// <param name="frozen">Its SHA-256 when it was frozen; null when it was not.</param>
    public static Problem? Altered(string name, string? found, string? frozen) =>
        frozen is null || string.Equals(found, frozen, StringComparison.OrdinalIgnoreCase)
            ? null
            : new(
                "artefact-changed",
                found is null
                    ? $"'{name}' is gone; it had sha256 {frozen} when the release was rolled out."
                    : $"'{name}' has sha256 {found}, and had {frozen} when the release was rolled out."
            )
            {
                File = name,
                Fix = "Put the file back as it was, or roll out a new release with what it is now.",
            };

    /// <summary>The same of many files; empty when all are what they were.</summary>
    /// <param name="frozen">SHA-256 by file when they were frozen.</param>
    /// <param name="found">SHA-256 of a file now; null when it is gone.</param>
    public static IReadOnlyList<Problem> Altered(
        IEnumerable<KeyValuePair<string, string>> frozen,
        Func<string, string?> found
    ) => [.. frozen.Select(f => Altered(f.Key, found(f.Key), f.Value)).OfType<Problem>()];
}
