using System.Text;
using Handover.Core.Ledger;

namespace Handover.Tests.Ledger;

/// <summary>Rows of the ledger for tests: service <c>price</c>, key <c>k</c>, gateway <c>gw</c>.</summary>
internal static class Rows
{
    public static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static Decision InFlight(string requestId, string release = "v1", string fingerprint = "f") =>
        new()
        {
            Service = "price",
            Key = "k",
            Fingerprint = fingerprint,
            RequestId = requestId,
            Release = release,
            Epoch = 1,
            Owner = "gw",
            At = Start,
        };

    public static Decision Done(string requestId, string text) =>
        InFlight(requestId) with
        {
            Stage = DecisionStage.Done,
            Answer = Answer(text),
        };

    public static LedgerWrite.Claim Claim(
        string requestId,
        string release = "v1",
        string fingerprint = "f",
        bool replaySafe = false
    ) => new(InFlight(requestId, release, fingerprint), replaySafe);

    public static LedgerWrite.Finish Finish(string requestId, string text) => new(Done(requestId, text));

    public static RecordedAnswer Answer(string text, int status = 200) =>
        new(status, [new("Content-Type", "text/plain")], Encoding.UTF8.GetBytes(text));

    public static string? Text(Decision? row) =>
        row?.Answer?.Body is { } body ? Encoding.UTF8.GetString(body.Span) : null;
}
