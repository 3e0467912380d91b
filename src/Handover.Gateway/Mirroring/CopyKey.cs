using Handover.Core.Traffic;
using Handover.Gateway.Forwarding;
using Microsoft.Extensions.Primitives;

namespace Handover.Gateway.Mirroring;

/// <summary>
/// A copy has an idempotency key of its own where the caller's request had one. Under the caller's, a model that keeps
/// its answers by key would answer stable's second draw from memory, so that its noise could not be seen; and the
/// candidate would later take a caller's retry for a request that it has already decided.
/// </summary>
internal static class CopyKey
{
    private const string Standard = "Idempotency-Key";

    /// <summary>The value of a field as it goes to a member.</summary>
    public static StringValues Of(Passage passage, string name, StringValues values)
    {
        if (passage.Purpose is not (Purpose.Shadow or Purpose.Redraw))
        {
            return values;
        }

        bool key =
            string.Equals(name, Standard, StringComparison.OrdinalIgnoreCase)
            || string.Equals(name, passage.Snapshot.Service.Idempotency.Header, StringComparison.OrdinalIgnoreCase);
        return key ? $"\"handover-copy-{MirrorCall.Id(passage)}\"" : values;
    }
}
