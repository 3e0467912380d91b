using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Handover.Core.Ledger;

/// <summary>
/// Whether two requests with one key ask the same. The entity belongs to it: an answer about one customer must not be
/// told to another who guesses the key.
/// </summary>
public static class RequestFingerprint
{
    /// <summary>
    /// SHA-256, in lower-case hex, of every part with its length before it, so that no two splits look alike.
    /// </summary>
    /// <param name="method">HTTP method.</param>
    /// <param name="target">Path and query as the caller sent them.</param>
    /// <param name="entity">The entity; null when there is none.</param>
    /// <param name="contentType">Content type; null when there is none.</param>
    /// <param name="body">The whole body.</param>
    public static string Of(
        string method,
        string target,
        string? entity,
        string? contentType,
        ReadOnlyMemory<byte> body
    )
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Add(hash, Encoding.UTF8.GetBytes(method));
        Add(hash, Encoding.UTF8.GetBytes(target));
        Add(hash, Encoding.UTF8.GetBytes(entity is null ? "" : $"e{entity}"));
        Add(hash, Encoding.UTF8.GetBytes(contentType ?? ""));
        Add(hash, body.Span);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void Add(IncrementalHash hash, ReadOnlySpan<byte> part)
    {
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, part.Length);
        hash.AppendData(length);
        hash.AppendData(part);
    }
}
