using System.Text;
using System.Text.Json;
using Handover.Core.Foundation;

namespace Handover.Core.Payloads;

/// <summary>
/// Answers of the generate extension that servers of the Open Inference Protocol have for language models:
/// <c>text_output</c> in one document (<c>/generate</c>), or piece by piece in server-sent events
/// (<c>/generate_stream</c>), which has no last event: it ends with the body. Servers of text generation inference
/// answer at the same paths with <c>generated_text</c>, or with a <c>token</c> in each event, of which the last one
/// carries the whole text; both give the same output.
/// </summary>
internal static class GeneratedText
{
    private const string Name = "text_output";
    private const string Generated = "generated_text";

    /// <summary>The text in a document; null when it has none.</summary>
    public static string? Of(JsonElement root) =>
        PayloadDocument.Text(root, Name) ?? PayloadDocument.Text(root, Generated);

    /// <summary>A text as the one BYTES tensor <c>text_output</c>.</summary>
    public static Result<IReadOnlyList<TypedTensor>> Tensors(string text) =>
        Result<IReadOnlyList<TypedTensor>>.Of([new TypedTensor(Name, "BYTES", [1]) { Texts = [text] }]);

    /// <summary>
    /// The text that the events add up to. Problems: <c>payload-too-large</c>, <c>payload-malformed</c>,
    /// <c>answer-is-error</c>, and <c>stream-truncated</c> when there is no event at all, or tokens without their last.
    /// </summary>
    public static Result<TypedAnswer> ReadStream(ReadOnlySpan<byte> body)
    {
        if (PayloadDocument.TooLarge(body) is { } tooLarge)
        {
            return tooLarge;
        }

        var text = new StringBuilder();
        string? model = null;
        bool open = false;
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
                    bool token = IsToken(root);
                    if (Of(root) is { } piece)
                    {
                        // The last event of tokens repeats them all, without those that are marks only.
                        (token ? text.Clear() : text).Append(piece);
                        open = false;
                        return true;
                    }

                    open = token;
                    return token ? true : PayloadDocument.Bad($"/{Name}", "is missing");
                }
            );
            if (!read.Ok)
            {
                return Result<TypedAnswer>.Failed(read.Problems);
            }
        }

        return events.Count == 0 || open
            ? new Problem("stream-truncated", open ? "the stream has no last token" : "the stream has no whole event")
            : new TypedAnswer(Tensors(text.ToString()).Value) { Model = model };
    }

    private static bool IsToken(JsonElement root) =>
        root.ValueKind == JsonValueKind.Object
        && root.TryGetProperty("token", out JsonElement token)
        && token.ValueKind == JsonValueKind.Object;
}
