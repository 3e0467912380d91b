using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;
using Handover.Core.Foundation;

namespace Handover.Core.Payloads;

/// <summary>
/// Reads answers of language models as OpenAI and those who follow it give them: chat and text completions, responses
/// and messages (<see cref="ChatBuilder"/>), whole or as server-sent events, and embeddings. Text becomes the BYTES
/// tensors <c>content</c>, <c>finish_reason</c> and, where there are any, <c>tool_calls</c>, one value per choice,
/// beside the token counts; embeddings become one FP32 tensor <c>embedding</c>, one row per input.
/// </summary>
public static class OpenAiReader
{
    /// <summary>
    /// The answer. Problems: <c>payload-too-large</c>, <c>payload-malformed</c>, <c>answer-is-error</c>, and
    /// <c>stream-truncated</c> for a stream that ends before <c>[DONE]</c>, or what says so in its shape.
    /// </summary>
    public static Result<TypedAnswer> ReadResponse(ReadOnlySpan<byte> body)
    {
        return ServerSentEvents.Is(body) ? ReadStream(body) : PayloadDocument.Read(body, Whole);
    }

    /// <summary>The answer that the events of a stream add up to.</summary>
    public static Result<TypedAnswer> ReadStream(ReadOnlySpan<byte> body)
    {
        Result<ChatBuilder> chat = Gathered(body);
        return chat.Ok ? chat.Value.Answer() : Result<TypedAnswer>.Failed(chat.Problems);
    }

    /// <summary>
    /// The whole document that the events of a stream add up to, in the shape of a chat completion. Reading it gives
    /// what reading the stream gives. Problems as in <see cref="ReadResponse"/>.
    /// </summary>
    public static Result<ReadOnlyMemory<byte>> Gather(ReadOnlySpan<byte> stream)
    {
        Result<ChatBuilder> chat = Gathered(stream);
        if (!chat.Ok)
        {
            return Result<ReadOnlyMemory<byte>>.Failed(chat.Problems);
        }

        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            chat.Value.Write(writer);
        }

        return (ReadOnlyMemory<byte>)buffer.WrittenMemory;
    }

    private static Result<ChatBuilder> Gathered(ReadOnlySpan<byte> body)
    {
        if (PayloadDocument.TooLarge(body) is { } tooLarge)
        {
            return tooLarge;
        }

        var chat = new ChatBuilder();
        foreach (string data in ServerSentEvents.Data(body))
        {
            if (string.Equals(data, "[DONE]", StringComparison.Ordinal))
            {
                return chat;
            }

            Result<bool> read = PayloadDocument.Read<bool>(
                System.Text.Encoding.UTF8.GetBytes(data),
                root =>
                    Error(root) is { } error ? error
                    : chat.Add(root) is { } bad ? bad
                    : true
            );
            if (!read.Ok)
            {
                return Result<ChatBuilder>.Failed(read.Problems);
            }

            if (chat.Ended)
            {
                return chat;
            }
        }

        return new Problem("stream-truncated", "the stream ended before its last event ([DONE] of a chat)")
        {
            Fix = "the member broke off, or an intermediary cut the stream",
        };
    }

    private static Result<TypedAnswer> Whole(JsonElement root)
    {
        if (Error(root) is { } error)
        {
            return error;
        }

        if (root.ValueKind == JsonValueKind.Object && root.TryGetProperty("data", out JsonElement data))
        {
            return Embeddings(root, data);
        }

        var chat = new ChatBuilder();
        return chat.Add(root) is { } bad ? bad : chat.Answer();
    }

    private static Problem? Error(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("error", out JsonElement error))
        {
            return null;
        }

        string message = PayloadDocument.Text(error, "message") ?? error.ToString();
        return error.ValueKind == JsonValueKind.Null
            ? null
            : new Problem("answer-is-error", $"the member answered an error: {message}");
    }

    private static Result<TypedAnswer> Embeddings(JsonElement root, JsonElement data)
    {
        if (data.ValueKind != JsonValueKind.Array)
        {
            return PayloadDocument.Bad("/data", "is not a list");
        }

        var numbers = new List<double>();
        int width = -1;
        int index = 0;
        foreach (JsonElement item in data.EnumerateArray())
        {
            string where = $"/data/{index++}/embedding";
            if (
                item.ValueKind != JsonValueKind.Object
                || !item.TryGetProperty("embedding", out JsonElement embedding)
                || Vector(embedding) is not { } vector
            )
            {
                return PayloadDocument.Bad(where, "is missing or no vector");
            }

            if (width >= 0 && vector.Count != width)
            {
                return PayloadDocument.Bad(where, $"has {vector.Count} dimensions where the first has {width}");
            }

            width = vector.Count;
            numbers.AddRange(vector);
        }

        return new TypedAnswer([
            new TypedTensor("embedding", "FP32", [index, Math.Max(0, width)]) { Numbers = numbers },
        ])
        {
            Model = PayloadDocument.Text(root, "model"),
        };
    }

    private static List<double>? Vector(JsonElement embedding)
    {
        if (embedding.ValueKind == JsonValueKind.Array)
        {
            var values = new List<double>(embedding.GetArrayLength());
            foreach (JsonElement item in embedding.EnumerateArray())
            {
                if (PayloadDocument.Number(item) is not { } value)
                {
                    return null;
                }

                values.Add(value);
            }

            return values;
        }

        // Base64 of little-endian FP32.
        if (
            embedding.ValueKind != JsonValueKind.String
            || !embedding.TryGetBytesFromBase64(out byte[]? bytes)
            || bytes.Length % 4 != 0
        )
        {
            return null;
        }

        var floats = new List<double>(bytes.Length / 4);
        for (int i = 0; i < bytes.Length; i += 4)
        {
            floats.Add(BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(i)));
        }

        return floats;
    }
}
