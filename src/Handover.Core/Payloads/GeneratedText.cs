using System.Text;
using System.Text.Json;
using Handover.Core.Foundation;

namespace Handover.Core.Payloads;

/// <summary>
/// Answers of the generate extension that servers of the Open Inference Protocol have for language models:
/// <c>text_output</c> in one document (<c>/generate</c>), or piece by piece in server-sent events
/// (<c>/generate_stream</c>), which has no last event: it ends with the body.
/// </summary>
internal static class GeneratedText
{
    private const string Name = "text_output";

    /// <summary>Whether a body is a stream of events.</summary>
    public static bool IsStream(ReadOnlySpan<byte> body)
    {
        ReadOnlySpan<byte> start = body.TrimStart(" \r\n\t"u8);
        return start.Length > 0 && start[0] is not ((byte)'{' or (byte)'[');
    }

    /// <summary>The text in a document; null when it has none.</summary>
    public static string? Of(JsonElement root) => PayloadDocument.Text(root, Name);

    /// <summary>A text as the one BYTES tensor <c>text_output</c>.</summary>
    public static Result<IReadOnlyList<TypedTensor>> Tensors(string text) =>
        Result<IReadOnlyList<TypedTensor>>.Of([new TypedTensor(Name, "BYTES", [1]) { Texts = [text] }]);

    /// <summary>
    /// The text that the events add up to. Problems: <c>payload-too-large</c>, <c>payload-malformed</c>,
    /// <c>answer-is-error</c>, and <c>stream-truncated</c> when there is no event at all.
    /// </summary>
    public static Result<TypedAnswer> ReadStream(ReadOnlySpan<byte> body)
    {
        if (body.Length > PayloadDocument.MaxBytes)
        {
            return new Problem(
                "payload-too-large",
                $"a body of {body.Length} bytes is over the bound of {PayloadDocument.MaxBytes}"
            );
        }

        var text = new StringBuilder();
        string? model = null;
        IReadOnlyList<string> events = ServerSentEvents.Data(body);
        foreach (string data in events)
        {
            Result<bool> read = PayloadDocument.Read<bool>(
                Encoding.UTF8.GetBytes(data),
                root =>
                {
                    if (PayloadDocument.Text(root, "error") is { } error)
                    {
                        return new Problem("answer-is-error", $"the member answered an error: {error}");
                    }

                    model ??= PayloadDocument.Text(root, "model_name");
                    if (Of(root) is not { } piece)
                    {
                        return PayloadDocument.Bad($"/{Name}", "is missing");
                    }

                    text.Append(piece);
                    return true;
                }
            );
            if (!read.Ok)
            {
                return Result<TypedAnswer>.Failed(read.Problems);
            }
        }

        return events.Count == 0
            ? new Problem("stream-truncated", "the stream has no whole event")
            : new TypedAnswer(Tensors(text.ToString()).Value) { Model = model };
    }
}
