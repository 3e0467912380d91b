using Handover.Core.Divergence;
using Handover.Core.Payloads;
using Handover.Ports;

namespace Handover.Control.Evidence;

/// <summary>Compares the two answers to one shadowed request.</summary>
internal static class AnswerPairs
{
    /// <summary>Whether the answers differ beyond the tolerance; null when one of them was not kept.</summary>
    public static bool? Differ(Exchange live, Exchange shadow) =>
        live.Response is { } stable && shadow.Response is { } candidate
            ? AnswerComparison
                .Compare(
                    OpenInferenceReader.ReadResponse(stable.Span),
                    OpenInferenceReader.ReadResponse(candidate.Span)
                )
                .Differs
            : null;
}
