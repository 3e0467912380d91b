using System.Buffers;
using System.Text.Json;

namespace Diamonds.Encoder;

/// <summary>
/// The encoder's own record of what it answered, one line of JSON each, for the judge. A line is written before its
/// answer leaves, so that no answer which a client has is missing here, even after a kill.
/// </summary>
/// <param name="output">Where lines go.</param>
/// <param name="release">The release of this process.</param>
public sealed class AnswerLog(Stream output, string release)
{
    private readonly Lock gate = new();
    private readonly ArrayBufferWriter<byte> buffer = new(512);

    /// <summary>Writes one line.</summary>
    /// <param name="at">When the request arrived.</param>
    /// <param name="requestId">The gateway's id; null when the request carried none.</param>
    /// <param name="purpose">Why it was asked.</param>
    /// <param name="status">The status that is about to be answered.</param>
    public void Write(DateTimeOffset at, string? requestId, string purpose, int status)
    {
        lock (gate)
        {
            buffer.ResetWrittenCount();
            using (var json = new Utf8JsonWriter(buffer))
            {
                json.WriteStartObject();
                json.WriteString("at", at);
                json.WriteString("requestId", requestId);
                json.WriteString("release", release);
                json.WriteString("purpose", purpose);
                json.WriteNumber("status", status);
                json.WriteEndObject();
            }

            buffer.Write("\n"u8);
            output.Write(buffer.WrittenSpan);
            output.Flush();
        }
    }
}
