using Handover.Core.Traffic;
using Handover.Gateway.Forwarding;
using Handover.Gateway.Routing;
using Microsoft.AspNetCore.Http;

namespace Handover.Gateway.Mirroring;

/// <summary>
/// A copy has an idempotency key of its own where the caller's request had one, in a header or in a JSON body. Under
/// the caller's, a model that keeps its answers by key would answer stable's second draw from memory, so that its noise
/// could not be seen; and the candidate would later take a caller's retry for a request that it has already decided.
/// </summary>
internal static class CopyKey
{
    private const string Standard = "Idempotency-Key";

    /// <summary>Puts the copy's own key where the caller's is.</summary>
    /// <param name="headers">The headers that go to the member; changed in place.</param>
    /// <param name="copy">The copy.</param>
    public static void Put(IHeaderDictionary headers, Passage copy)
    {
        Put(headers, copy, Standard);
        if (copy.Snapshot.Service.Idempotency.Header is { } own)
        {
            Put(headers, copy, own);
        }
    }

    /// <summary>
    /// The body with the copy's own key where the service says that the caller's is; the body itself where none is.
    /// </summary>
    /// <param name="body">What the caller sent.</param>
    /// <param name="copy">The copy.</param>
    public static ReadOnlyMemory<byte> Body(ReadOnlyMemory<byte> body, Passage copy)
    {
        byte[]? own =
            copy.Snapshot.Service.Idempotency.Pointer is { } pointer && !copy.Grpc
                ? JsonPointer.Replace(body, pointer, Of(copy))
                : null;

        // Not "own ?? body": a null array would become an empty body.
        return own is null ? body : new ReadOnlyMemory<byte>(own);
    }

    private static string Of(Passage copy) => $"handover-copy-{MirrorCall.Id(copy)}";

    private static void Put(IHeaderDictionary headers, Passage copy, string name)
    {
        if (headers.ContainsKey(name))
        {
            headers[name] = $"\"{Of(copy)}\"";
        }
    }
}
