using Handover.Core.Traffic;
using Handover.Gateway.Forwarding;
using Microsoft.AspNetCore.Http;

namespace Handover.Gateway.Mirroring;

/// <summary>
/// A copy has an idempotency key of its own where the caller's request had one. Under the caller's, a model that keeps
/// its answers by key would answer stable's second draw from memory, so that its noise could not be seen; and the
/// candidate would later take a caller's retry for a request that it has already decided.
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

    private static void Put(IHeaderDictionary headers, Passage copy, string name)
    {
        if (headers.ContainsKey(name))
        {
            headers[name] = $"\"handover-copy-{MirrorCall.Id(copy)}\"";
        }
    }
}
