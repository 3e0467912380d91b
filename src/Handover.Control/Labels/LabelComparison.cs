using System.Globalization;
using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Core.Payloads;
using Handover.Core.Traffic;
using Handover.Ports;

namespace Handover.Control.Labels;

/// <summary>What a label says about one recorded answer.</summary>
internal static class LabelComparison
{
    /// <summary>Whether the exchange is an answer that the truth can be compared with.</summary>
    public static bool IsAnswer(Exchange exchange) =>
        exchange is { Inference: true, Outcome: ExchangeOutcome.Ok, Response: not null }
        && exchange.Purpose is Purpose.Live or Purpose.Shadow;

    /// <summary>Whether a pushed metric may speak of the exchange: any live one that reached a member.</summary>
    public static bool IsServed(Exchange exchange) =>
        exchange is { Inference: true, Purpose: Purpose.Live }
        && exchange.Outcome is not (ExchangeOutcome.Refused or ExchangeOutcome.ClientGone);

    /// <summary>Whether this label has anything to say about this exchange.</summary>
    public static bool Fits(Service service, Exchange exchange, in KeptLabel label) =>
        label.Metric.Length > 0 ? IsServed(exchange) : service.Labels is not null && IsAnswer(exchange);

    /// <summary>Compares; null when the labelled output cannot be read in the answer.</summary>
    public static LabelledExchange? Of(Service service, Exchange exchange, in KeptLabel label)
    {
        if (label.Metric.Length > 0)
        {
            return Joined(exchange, double.NaN, double.NaN, ValueOf(label.Truth), wrong: false) with
            {
                Metric = label.Metric,
            };
        }

        Result<TypedAnswer> answer = AnswerReader.Read(service.Protocol, exchange.Response!.Value.Span);
        if (!answer.Ok || LabelLoss.Of(service.Labels!, answer.Value, label.Truth) is not { } compared)
        {
            return null;
        }

        bool late = service.Labels!.Window is { } window && label.PushedAt > exchange.At + window;
        return Joined(exchange, compared.Output, compared.Truth, compared.Loss, compared.Wrong) with { Late = late };
    }

    /// <summary>A pushed value; bad and good alone lie beyond every threshold.</summary>
    public static double ValueOf(string truth) =>
        truth switch
        {
            "true" => double.PositiveInfinity,
            "false" => double.NegativeInfinity,
            _ => double.Parse(truth, CultureInfo.InvariantCulture),
        };

    private static LabelledExchange Joined(Exchange e, double output, double truth, double loss, bool wrong) =>
        new(e.Service, e.RequestId, e.Entity, e.Release, e.Purpose, e.CandidateShare, e.At, output, truth, loss, wrong)
        {
            Drawn = e.Reason is not (AssignReason.Override or AssignReason.Replayed),
        };
}
