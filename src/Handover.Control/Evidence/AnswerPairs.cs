using Handover.Core.Catalog;
using Handover.Core.Divergence;
using Handover.Core.Foundation;
using Handover.Core.Payloads;
using Handover.Ports;

namespace Handover.Control.Evidence;

/// <summary>Compares the two answers to one shadowed request.</summary>
internal static class AnswerPairs
{
    /// <summary>
    /// Why an exchange has no good answer; null when it has one. A chat's stream that breaks off, or
    /// that says in a 200 that something went wrong, is none: its status was sent before anybody knew.
    /// </summary>
    public static string? Failure(WireProtocol protocol, Exchange exchange)
    {
        if (exchange.Outcome is not ExchangeOutcome.Ok)
        {
            return exchange.HowItFailed;
        }

        if (protocol is not WireProtocol.OpenAi || exchange is not { Status: < 300, Response: { } body })
        {
            return null;
        }

        Result<TypedAnswer> read = AnswerReader.Read(protocol, body.Span);
        return read.Ok
            ? null
            : read.Problems[0].Code switch
            {
                "answer-is-error" => "the member answered 200 with an error in it",
                "stream-truncated" => "the stream ended before its [DONE] event",
                _ => null,
            };
    }

    /// <summary>Whether the answers differ beyond the tolerance; null when one of them was not kept.</summary>
    public static bool? Differ(WireProtocol protocol, Exchange live, Exchange shadow, Tolerances rules) =>
        live.Response is { } stable && shadow.Response is { } candidate
            ? AnswerComparison.Compare(protocol, stable.Span, candidate.Span, rules).Differs
            : null;
}
