using System.Text;
using System.Text.Json;
using Handover.Ports;
using Handover.Protocol;

namespace Handover.Control.Api;

/// <summary>Recorded exchanges on the wire. Payloads only when they are asked for.</summary>
internal static class JournalViews
{
    public static JournalEntryView Of(Exchange exchange, bool payloads) =>
        new()
        {
            RequestId = exchange.RequestId,
            Service = exchange.Service,
            Release = exchange.Release,
            Epoch = exchange.Epoch,
            Reason = RolloutViews.Wire(exchange.Reason),
            Purpose = RolloutViews.Wire(exchange.Purpose),
            Entity = exchange.Entity,
            At = exchange.At,
            LatencyMs = exchange.Latency.TotalMilliseconds,
            HeldMs = exchange.Held.TotalMilliseconds,
            Status = exchange.Status,
            Outcome = RolloutViews.Wire(exchange.Outcome),
            Method = exchange.Method,
            Path = exchange.Path,
            Request = payloads ? Body(exchange.Request) : null,
            Response = payloads ? Body(exchange.Response) : null,
        };

    /// <summary>A body that is no JSON (or is too deep to be trusted) is shown as text.</summary>
    public static JsonElement? Body(ReadOnlyMemory<byte>? body)
    {
        if (body is not { } bytes)
        {
            return null;
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = 24 });
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            return JsonSerializer.SerializeToElement(Encoding.UTF8.GetString(bytes.Span));
        }
    }
}
