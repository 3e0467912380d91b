using Handover.Core.Catalog;
using Handover.Core.Divergence;
using Handover.Ports;

namespace Handover.Control.Evidence;

/// <summary>Compares the two answers to one shadowed request.</summary>
internal static class AnswerPairs
{
    /// <summary>Whether the answers differ beyond the tolerance; null when one of them was not kept.</summary>
    public static bool? Differ(WireProtocol protocol, Exchange live, Exchange shadow, Tolerances rules) =>
        live.Response is { } stable && shadow.Response is { } candidate
            ? AnswerComparison.Compare(protocol, stable.Span, candidate.Span, rules).Differs
            : null;
}
