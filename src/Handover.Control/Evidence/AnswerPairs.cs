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

        if (exchange is not { Status: < 300, Response: { } body } || !AnswerReader.MayFailLate(protocol, body.Span))
        {
            return null;
        }

        Result<TypedAnswer> read = AnswerReader.Read(protocol, body.Span);
        return read.Ok
            ? null
            : read.Problems[0].Code switch
            {
                "answer-is-error" => "the member answered 200 with an error in it",
                "stream-truncated" => "the stream ended before its last event",
                _ => null,
            };
    }

    /// <summary>What the two answers are found to be.</summary>
    public static PairFinding Compare(WireProtocol protocol, Exchange live, Exchange shadow, Tolerances rules)
    {
        (string? stable, string? candidate) = (Failure(protocol, live), Failure(protocol, shadow));
        bool? differs = (stable, candidate, live.Response, shadow.Response) is (null, null, { } served, { } copied)
            ? AnswerComparison.Compare(protocol, served.Span, copied.Span, rules).Differs
            : null;
        return new PairFinding(stable, candidate, differs);
    }
}

/// <summary>What two answers to one request are found to be.</summary>
/// <param name="Stable">Why stable's is none; null when it is one.</param>
/// <param name="Candidate">The same of the candidate's.</param>
/// <param name="Differs">
/// Whether they differ beyond the tolerance; null when one is none, or was not kept.
/// </param>
internal readonly record struct PairFinding(string? Stable, string? Candidate, bool? Differs);
