// Why: which release answered which request is told by the model server itself, not only by the gateway, so that the
// gateway's word can be checked against it.
using System.Buffers;
using System.Text.Json;

namespace Handover.Runtimes.Onnx;

/// <summary>
/// One NDJSON line per answer: <c>{"at","requestId","release","purpose","status"}</c>, and <c>key</c> where the request had one. <c>at</c> is when the request
/// arrived, so that lines can be put into the order in which requests reached the model; <c>status</c> is 0 when the
/// caller went away before there was an answer.
/// </summary>
internal sealed class AnswerLog(BatchedLog log, string release)
{
    [ThreadStatic]
    private static ArrayBufferWriter<byte>? buffer;

    [ThreadStatic]
    private static Utf8JsonWriter? writer;

    /// <summary>Takes note of one answer. Never blocks.</summary>
    public void Record(DateTimeOffset at, string? requestId, string? purpose, int status, string? key = null)
    {
        buffer ??= new ArrayBufferWriter<byte>(256);
        writer ??= new Utf8JsonWriter(buffer);
        buffer.ResetWrittenCount();
        writer.Reset(buffer);
        writer.WriteStartObject();
        writer.WriteString("at"u8, at);
        writer.WriteString("requestId"u8, Bounded(requestId));
        writer.WriteString("release"u8, release);
        writer.WriteString("purpose"u8, Bounded(purpose));
        writer.WriteNumber("status"u8, status);
        if (!string.IsNullOrEmpty(key))
        {
            writer.WriteString("key"u8, Bounded(key));
        }

        writer.WriteEndObject();
        writer.Flush();
        log.Append(buffer.WrittenSpan);
    }

    private static string? Bounded(string? text) => text is { Length: > 256 } ? text[..256] : text;
}
