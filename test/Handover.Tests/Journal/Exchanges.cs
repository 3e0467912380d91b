using System.Text;
using Handover.Core.Foundation;
using Handover.Core.Traffic;
using Handover.Ports;

namespace Handover.Tests.Journal;

/// <summary>Exchanges as a gateway would record them.</summary>
internal static class Exchanges
{
    public static readonly DateTimeOffset Start = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    public static Exchange One(int i, string release = "v1", Purpose purpose = Purpose.Live, double? price = 100) =>
        new()
        {
            RequestId = $"r-{i}",
            Service = "price",
            Release = release,
            Epoch = 3,
            Reason = AssignReason.Share,
            Purpose = purpose,
            Entity = $"c-{i % 10}",
            CandidateShare = Share.FromPercent(10),
            At = Start.AddMilliseconds(i),
            Latency = TimeSpan.FromMicroseconds(1234),
            Held = TimeSpan.FromMilliseconds(5),
            Status = 200,
            Outcome = ExchangeOutcome.Ok,
            Inference = true,
            Method = "POST",
            Path = "/v2/models/price/infer",
            ContentType = "application/json",
            Request = Bytes($$$"""{"inputs":[],"customer":{"name":"Ada","age":{{{i}}}}}"""),
            Response = price is null ? null : Bytes(Answer(price.Value)),
        };

    public static string Answer(double price) =>
        FormattableString.Invariant(
            $$"""{"model_name":"price","outputs":[{"name":"price","datatype":"FP64","shape":[1,1],"data":[{{price}}]}]}"""
        );

    public static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);

    public static string Text(ReadOnlyMemory<byte>? bytes) => Encoding.UTF8.GetString(bytes!.Value.Span);
}
