using Handover.Core.Catalog;
using Handover.Core.Divergence;
using Handover.Core.Payloads;
using Handover.Ports;

namespace Handover.Control.Evidence;

/// <summary>Compares the two answers to one shadowed request.</summary>
internal static class AnswerPairs
{
    /// <summary>Whether the answers differ beyond the tolerance; null when one of them was not kept.</summary>
    public static bool? Differ(WireProtocol protocol, Exchange live, Exchange shadow) =>
        live.Response is { } stable && shadow.Response is { } candidate
            ? AnswerComparison
                .Compare(AnswerReader.Read(protocol, stable.Span), AnswerReader.Read(protocol, candidate.Span))
                .Differs
            : null;
}
