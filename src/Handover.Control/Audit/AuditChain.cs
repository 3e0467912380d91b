using System.Security.Cryptography;

namespace Handover.Control.Audit;

/// <summary>
/// Checks an audit file from its bytes alone: every line must be the canonical form of its entry, carry the next number
/// and the hash of the line before. A change, a deletion or a swap breaks it at the first line concerned. Entries cut
/// off at the end leave a good chain: the head that was noted beside the file, or kept elsewhere, shows those.
/// </summary>
public static class AuditChain
{
    /// <summary>Reads the file from its beginning.</summary>
    /// <param name="stream">The file.</param>
    /// <param name="expected">Number and hash of an entry that must be there; null when none is known.</param>
    public static AuditCheck Verify(Stream stream, AuditHead? expected)
    {
        string prev = AuditEntry.Genesis;
        long line = 0;
        bool metExpected = expected is null || expected.Seq == 0;
        foreach ((byte[] bytes, _, bool terminated) in AuditLines.Read(stream))
        {
            line++;
            if (!terminated)
            {
                return Bad(line, prev, "the last line has no end: the process died while it was written");
            }

            AuditEntry? entry = AuditEntry.Parse(bytes);
            string? wrong =
                entry is null ? "the line is not an audit entry"
                : entry.Seq != line ? $"the entry has number {entry.Seq}, not {line}: entries were removed or moved"
                : !string.Equals(entry.Prev, prev, StringComparison.Ordinal)
                    ? "the entry does not follow from the one before: one of the two was changed, removed or moved"
                : !entry.Canonical().AsSpan().SequenceEqual(bytes) ? "the line is not as it was written"
                : entry.What == AuditLog.EntriesMissing
                    ? "the node found here that entries before were cut off while it was down"
                : null;
            if (wrong is not null)
            {
                return Bad(line, prev, wrong);
            }

            prev = Convert.ToHexStringLower(SHA256.HashData(bytes));
            if (expected is not null && expected.Seq == line)
            {
                metExpected = true;
                if (!string.Equals(expected.Hash, prev, StringComparison.Ordinal))
                {
                    return Bad(line, prev, "the entry differs from the one whose hash was noted: it was changed");
                }
            }
        }

        return metExpected
            ? new AuditCheck(line, prev, 0, null)
            : Bad(
                line + 1,
                prev,
                $"entries up to number {expected!.Seq} were written, but the file ends before: it was cut"
            );

        AuditCheck Bad(long at, string head, string detail) => new(at - 1, head, at, detail);
    }
}

/// <summary>The result of a check.</summary>
/// <param name="Entries">Good entries from the beginning.</param>
/// <param name="Head">Hash of the last good entry.</param>
/// <param name="Line">First wrong line, from 1; 0 when all are good.</param>
/// <param name="Detail">What is wrong with it.</param>
public sealed record AuditCheck(long Entries, string Head, long Line, string? Detail)
{
    /// <summary>Whether all is well.</summary>
    public bool Ok => Line == 0;
}

/// <summary>Number and hash of the newest entry.</summary>
/// <param name="Seq">Its number; 0 before the first.</param>
/// <param name="Hash">Its hash.</param>
public sealed record AuditHead(long Seq, string Hash);
