using System.Text.Json;
using Handover.Core.Foundation;

namespace Handover.Core.Payloads;

/// <summary>
/// The two other shapes that servers of language models answer in, read as one choice: responses
/// (<c>/v1/responses</c>: a list of output items, named events of which the last one carries the whole answer) and
/// messages (<c>/v1/messages</c>: blocks of content, each begun by an event and added to by others).
/// </summary>
internal sealed partial class ChatBuilder
{
    private static readonly string[] MessageEvents =
    [
        "message",
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
        "ping",
    ];

    private Choice Only
    {
        get
        {
            if (!_choices.TryGetValue(0, out Choice? only))
            {
                _choices[0] = only = new Choice();
            }

            return only;
        }
    }

    private static bool IsMessage(JsonElement root) =>
        PayloadDocument.Text(root, "object") == "response"
        || PayloadDocument.Text(root, "type") is { } type
            && (
                type.StartsWith("response.", StringComparison.Ordinal)
                || type is "error"
                || MessageEvents.Contains(type)
            );

    private Problem? AddMessage(JsonElement root)
    {
        string type = PayloadDocument.Text(root, "type") ?? "";
        switch (type)
        {
            case "error":
                return Failed(PayloadDocument.Text(root, "message"));
            case "response.failed":
                return Failed(PayloadDocument.Text(Member(Member(root, "response"), "error"), "message"));
            case "response.completed" or "response.incomplete":
                Ended = true;
                return AddResponse(Member(root, "response"), "/response");
            case "message" or "message_start":
                JsonElement message = type == "message" ? root : Member(root, "message");
                Named(message);
                FinishBy(message);
                AddBlocks(message);
                return null;
            case "content_block_start":
                AddBlock(Member(root, "content_block"), Position(root));
                return null;
            case "content_block_delta":
                AddDelta(Member(root, "delta"), Position(root));
                return null;
            case "message_delta":
                Spent(root);
                FinishBy(Member(root, "delta"));
                return null;
            case "message_stop":
                Ended = true;
                return null;
            default:
                // The other events of a response only tell beforehand what its last one holds.
                return PayloadDocument.Text(root, "object") == "response" ? AddResponse(root, "") : null;
        }
    }

    private static Problem Failed(string? message) =>
        new("answer-is-error", $"the member answered an error: {message ?? "no message"}");

    private Problem? AddResponse(JsonElement response, string at)
    {
        if (Member(response, "output") is not { ValueKind: JsonValueKind.Array } output)
        {
            return PayloadDocument.Bad($"{at}/output", "is missing or not a list");
        }

        Named(response);
        Only.FinishReason =
            PayloadDocument.Text(Member(response, "incomplete_details"), "reason")
            ?? PayloadDocument.Text(response, "status");
        int position = 0;
        foreach (JsonElement item in output.EnumerateArray().Take(MostChoices))
        {
            if (PayloadDocument.Text(item, "type") == "function_call")
            {
                Only.AddTool(position, PayloadDocument.Text(item, "name"), PayloadDocument.Text(item, "arguments"));
            }
            else if (
                PayloadDocument.Text(item, "type") == "message"
                && Member(item, "content") is { ValueKind: JsonValueKind.Array } parts
            )
            {
                foreach (JsonElement part in parts.EnumerateArray())
                {
                    Only.Content.Append(PayloadDocument.Text(part, "text") ?? PayloadDocument.Text(part, "refusal"));
                }
            }

            position++;
        }

        return null;
    }

    private void AddBlocks(JsonElement message)
    {
        if (Member(message, "content") is not { ValueKind: JsonValueKind.Array } blocks)
        {
            return;
        }

        int position = 0;
        foreach (JsonElement block in blocks.EnumerateArray().Take(MostChoices))
        {
            AddBlock(block, position++);
        }
    }

    // What a tool is given is a whole object here, and comes in pieces of its text there, after an empty one.
    private void AddBlock(JsonElement block, int position)
    {
        Only.Content.Append(PayloadDocument.Text(block, "type") == "text" ? PayloadDocument.Text(block, "text") : null);
        if (PayloadDocument.Text(block, "type") == "tool_use")
        {
            JsonElement input = Member(block, "input");
            bool given = input.ValueKind == JsonValueKind.Object && input.EnumerateObject().Any();
            Only.AddTool(position, PayloadDocument.Text(block, "name"), given ? input.GetRawText() : null);
        }
    }

    private void AddDelta(JsonElement delta, int position)
    {
        switch (PayloadDocument.Text(delta, "type"))
        {
            case "text_delta":
                Only.Content.Append(PayloadDocument.Text(delta, "text"));
                break;
            case "input_json_delta":
                Only.AddTool(position, name: null, PayloadDocument.Text(delta, "partial_json"));
                break;
            default:
                // Signatures, citations and what the model thinks are no part of what it answers.
                break;
        }
    }

    private void FinishBy(JsonElement message) =>
        Only.FinishReason = PayloadDocument.Text(message, "stop_reason") ?? Only.FinishReason;

    private void Named(JsonElement message)
    {
        _id ??= PayloadDocument.Text(message, "id");
        _model ??= PayloadDocument.Text(message, "model");
        Spent(message);
    }

    private void Spent(JsonElement message)
    {
        JsonElement usage = Member(message, "usage");
        _promptTokens = Count(usage, "input_tokens") ?? _promptTokens;
        _completionTokens = Count(usage, "output_tokens") ?? _completionTokens;
    }

    private static int Position(JsonElement root) =>
        Count(root, "index") is { } index and < MostChoices ? (int)index : MostChoices;

    private static JsonElement Member(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value)
            ? value
            : default;
}
