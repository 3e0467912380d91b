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
        FrozenFiles.Altered(frozen, Remembered);

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
