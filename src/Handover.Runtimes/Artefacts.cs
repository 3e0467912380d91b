// Why: a release is promised to be the same whenever it is started. Its name does not keep that promise, since a file
// can be replaced in place; the digests of its files do.
using System.Collections.Concurrent;
using System.Security.Cryptography;
using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Ports;

namespace Handover.Runtimes;

/// <summary>The files that a member is made of, as the configuration names them, and their SHA-256 digests.</summary>
internal sealed class Artefacts(string directory)
{
    private readonly ConcurrentDictionary<string, Known> _known = new(StringComparer.Ordinal);

    /// <summary>
    /// The files that a member's declaration names: a model, or those words of a command that are files of the
    /// configuration directory. None for a member that runs elsewhere, and for an image.
    /// </summary>
    public IEnumerable<string> Names(Member member) =>
        member switch
        {
            Member.Onnx onnx => [onnx.File],
            Member.Process process => process
                .Command.Select(word => word[(word.LastIndexOf('=') + 1)..])
                .Where(word => ConfinedPath.Resolve(directory, word).Ok)
                .Distinct(StringComparer.Ordinal),
            _ => [],
        };

    /// <summary>Reads a member's files and digests them, whatever is remembered of them. Lower-case hex.</summary>
    public async Task<Result<IReadOnlyDictionary<string, string>>> ReadAsync(Member member, CancellationToken cancel)
    {
        var digests = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string name in Names(member))
        {
            try
            {
                await using FileStream file = File.OpenRead(ConfinedPath.Resolve(directory, name).Value);
                digests[name] = Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancel));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return new Problem("file-unreadable", $"'{name}' can't be read: {e.Message}") { File = name };
            }
        }

        return digests;
    }

    /// <summary>
    /// Which files are not what they were; empty when all are. For people who ask often: a file is digested again only
    /// when its size or time has changed, so this is a forecast, and <see cref="ReadAsync"/> is the check.
    /// </summary>
    public IReadOnlyList<Problem> Altered(IReadOnlyDictionary<string, string> frozen) =>
        [.. frozen.Select(f => Altered(f.Key, Remembered(f.Key), f.Value)).OfType<Problem>()];

    /// <summary>What is wrong when a file that was frozen has another digest now; null when nothing is.</summary>
    /// <param name="name">The file, as the configuration names it.</param>
    /// <param name="found">Its digest now; null when it is gone.</param>
    /// <param name="frozen">Its digest when it was frozen; null when it was not.</param>
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

    private string? Remembered(string name)
    {
        try
        {
            Result<string> path = ConfinedPath.Resolve(directory, name);
            if (!path.Ok)
            {
                return null;
            }

            var info = new FileInfo(path.Value);
            (long, DateTime) stamp = (info.Length, info.LastWriteTimeUtc);
            if (!_known.TryGetValue(name, out Known? known) || known.Stamp != stamp)
            {
                using FileStream file = info.OpenRead();
                _known[name] = known = new Known(stamp, Convert.ToHexStringLower(SHA256.HashData(file)));
            }

            return known.Sha256;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private sealed record Known((long Bytes, DateTime WrittenAt) Stamp, string Sha256);
}
