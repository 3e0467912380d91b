using System.Buffers;
using System.Text.Json;

namespace Diamonds.Load;

/// <summary>
/// What the client saw of one request. This is the client's half of the evidence that the judge reads, so nothing in it
/// comes from Handover's own counters.
/// </summary>
public sealed record ClientRecord
{
    /// <summary>
    /// When the request was due; latency counts from here, so that a stalled client cannot hide a slow server.
    /// </summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The service that was asked.</summary>
    public required string Service { get; init; }

    /// <summary>The customer.</summary>
    public required string Entity { get; init; }

    /// <summary>From when it was due to the last byte of the answer.</summary>
    public required TimeSpan Latency { get; init; }

    /// <summary>How it ended.</summary>
    public required ClientOutcome Outcome { get; init; }

    /// <summary>Status code; 0 when there was no answer.</summary>
    public int Status { get; init; }

    /// <summary><c>Handover-Request-Id</c>; null when there was no answer.</summary>
    public string? RequestId { get; init; }

    /// <summary><c>Handover-Release</c>; null when no release answered.</summary>
    public string? Release { get; init; }

    /// <summary><c>Handover-Epoch</c>; null when absent.</summary>
    public long? Epoch { get; init; }

    /// <summary><c>Handover-Reason</c>; null when absent.</summary>
    public string? Reason { get; init; }

    /// <summary>The price that was answered; null when none was.</summary>
    public double? Price { get; init; }

    /// <summary>The <c>Idempotency-Key</c> that was sent; null when none was.</summary>
    public string? Key { get; init; }

    /// <summary>The <c>code</c> of a problem that Handover answered; null when there was none.</summary>
    public string? Code { get; init; }

    /// <summary>The price that the diamond had.</summary>
    public required double Truth { get; init; }

    /// <summary>Writes the record as one line of JSON.</summary>
    public void WriteTo(IBufferWriter<byte> buffer)
    {
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("at", At);
            json.WriteString("requestId", RequestId);
            json.WriteString("service", Service);
            json.WriteString("entity", Entity);
            json.WriteString("release", Release);
            WriteNumber(json, "epoch", Epoch);
            json.WriteString("reason", Reason);
            json.WriteNumber("status", Status);
            json.WriteNumber("latencyMs", Math.Round(Latency.TotalMilliseconds, 3));
            json.WriteString("outcome", OutcomeText);
            json.WriteString("key", Key);
            json.WriteString("code", Code);
            WriteNumber(json, "price", Price);
            json.WriteNumber("truth", Truth);
            json.WriteEndObject();
        }

        buffer.Write("\n"u8);
    }

    private string OutcomeText =>
        Outcome switch
        {
            ClientOutcome.Ok => "ok",
            ClientOutcome.Refused => "refused",
            ClientOutcome.Reset => "reset",
            ClientOutcome.Timeout => "timeout",
            ClientOutcome.Http => "http",
            _ => "unsent",
        };

    private static void WriteNumber(Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } number && double.IsFinite(number))
        {
            json.WriteNumber(name, number);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, long? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}

/// <summary>How a request ended for the client. Everything but <see cref="Ok"/> has failed.</summary>
public enum ClientOutcome
{
    /// <summary>A 2xx answer, read to its end.</summary>
    Ok,

    /// <summary>No connection.</summary>
    Refused,

    /// <summary>The connection broke before the answer's end.</summary>
    Reset,

    /// <summary>No complete answer in time.</summary>
    Timeout,

    /// <summary>An answer with another status.</summary>
    Http,

    /// <summary>Too many requests were in flight already; the request was never sent.</summary>
    Unsent,
}
