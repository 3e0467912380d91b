using Handover.Core.Ledger;
using Handover.Gateway.Forwarding;
using Handover.Ports;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Handover.Gateway.Ledger;

/// <summary>What a caller asked under a key, as it came: before the gateway took off or added anything.</summary>
/// <param name="Key">The key.</param>
/// <param name="Method">HTTP method.</param>
/// <param name="Target">Path and query as the caller sent them.</param>
/// <param name="ContentType">Content type; null when none.</param>
/// <param name="Body">The whole body.</param>
internal sealed record KeyedAsk(
    string Key,
    string Method,
    string Target,
    string? ContentType,
    ReadOnlyMemory<byte> Body
)
{
    /// <summary>What was asked; null when there is no key.</summary>
    public static KeyedAsk? Of(string? key, HttpContext context, ReadOnlyMemory<byte> body) =>
        key is null
            ? null
            : new KeyedAsk(
                key,
                context.Request.Method,
                context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget,
                context.Request.ContentType,
                body
            );

    /// <summary>What tells this request from another one under the same key.</summary>
    public string Fingerprint(Passage passage)
    {
        // An entity that was drawn for this request is another one at the next try.
        bool drawn = string.Equals(passage.Entity, passage.RequestId, StringComparison.Ordinal);
        return RequestFingerprint.Of(Method, Target, drawn ? null : passage.Entity, ContentType, Body);
    }

    /// <summary>The row that answers this request; null when none does (yet).</summary>
    public async Task<Decision?> RecordedAsync(ILedgerPort ledger, Passage passage)
    {
        Decision? row = await ledger.FindAsync(passage.Snapshot.Service.Name, Key);
        return
            row is { Stage: DecisionStage.Done }
            && string.Equals(row.Fingerprint, Fingerprint(passage), StringComparison.Ordinal)
            ? row
            : null;
    }
}
