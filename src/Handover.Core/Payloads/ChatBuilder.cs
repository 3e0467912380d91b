using System.Text;
using System.Text.Json;
using Handover.Core.Foundation;

namespace Handover.Core.Payloads;

/// <summary>
/// Adds up the choices of a chat answer, from one whole document or from the deltas of many events: both give the same
/// answer.
/// </summary>
internal sealed partial class ChatBuilder
{
    private const int MostChoices = 1_024;

    private readonly SortedDictionary<int, Choice> _choices = [];
    private string? _id;
    private string? _model;
    private long? _promptTokens;
    private long? _completionTokens;

    /// <summary>Whether an event said that it is the last one.</summary>
    public bool Ended { get; private set; }

    /// <summary>Takes a document or an event; returns what is wrong with it, or null.</summary>
    public Problem? Add(JsonElement root)
    {
        if (IsMessage(root))
        {
            return AddMessage(root);
        }

        if (
            root.ValueKind != JsonValueKind.Object
            || !root.TryGetProperty("choices", out JsonElement choices)
            || choices.ValueKind != JsonValueKind.Array
        )
        {
            return PayloadDocument.Bad("/choices", "is missing or not a list");
        }

        _id ??= PayloadDocument.Text(root, "id");
        _model ??= PayloadDocument.Text(root, "model");
        if (root.TryGetProperty("usage", out JsonElement usage))
        {
            _promptTokens = Count(usage, "prompt_tokens") ?? _promptTokens;
            _completionTokens = Count(usage, "completion_tokens") ?? _completionTokens;
        }

        int position = 0;
        foreach (JsonElement choice in choices.EnumerateArray())
        {
            int index = (int?)Count(choice, "index") ?? position;
            position++;
            if (index is < 0 or >= MostChoices || choice.ValueKind != JsonValueKind.Object)
            {
                return PayloadDocument.Bad($"/choices/{position - 1}", "is no choice, or its index is out of bounds");
            }

            if (!_choices.TryGetValue(index, out Choice? known))
            {
                _choices[index] = known = new Choice();
            }

            known.Add(choice);
        }

        return null;
    }

    /// <summary>The answer so far.</summary>
    public TypedAnswer Answer()
    {
        Choice[] choices = [.. _choices.Values];
        var tensors = new List<TypedTensor>
        {
            Texts("content", choices.Select(c => c.Content.ToString())),
            Texts("finish_reason", choices.Select(c => c.FinishReason ?? "")),
        };
        if (choices.Any(c => c.HasTools))
        {
            tensors.Add(Texts("tool_calls", choices.Select(c => c.Tools())));
        }

        AddCount(tensors, "prompt_tokens", _promptTokens);
        AddCount(tensors, "completion_tokens", _completionTokens);
        return new TypedAnswer(tensors) { Id = _id, Model = _model };
    }

    /// <summary>Writes the answer so far as one whole document.</summary>
    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("object", "chat.completion");
        if (_id is not null)
        {
            writer.WriteString("id", _id);
        }

        if (_model is not null)
        {
            writer.WriteString("model", _model);
        }

        writer.WriteStartArray("choices");
        foreach ((int index, Choice choice) in _choices)
        {
            choice.Write(writer, index);
        }

        writer.WriteEndArray();
        if (_promptTokens is not null || _completionTokens is not null)
        {
            writer.WriteStartObject("usage");
            WriteCount(writer, "prompt_tokens", _promptTokens);
            WriteCount(writer, "completion_tokens", _completionTokens);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private static void WriteCount(Utf8JsonWriter writer, string name, long? count)
    {
        if (count is { } value)
        {
            writer.WriteNumber(name, value);
        }
    }

    private static void AddCount(List<TypedTensor> tensors, string name, long? count)
    {
        if (count is { } value)
        {
            tensors.Add(new TypedTensor(name, "INT64", [1]) { Numbers = [value] });
        }
    }

    private static TypedTensor Texts(string name, IEnumerable<string> values)
    {
        string[] texts = [.. values];
        return new TypedTensor(name, "BYTES", [texts.Length]) { Texts = texts };
    }

    private static long? Count(JsonElement element, string property) =>
        element.ValueKind == JsonValueKind.Object
        && element.TryGetProperty(property, out JsonElement value)
        && value.ValueKind == JsonValueKind.Number
        && value.TryGetInt64(out long count)
        && count is >= 0 and <= int.MaxValue
            ? count
            : null;

    private sealed class Choice
    {
        private readonly SortedDictionary<int, (StringBuilder Name, StringBuilder Arguments)> _tools = [];

        public StringBuilder Content { get; } = new();

        public string? FinishReason { get; set; }

        public bool HasTools => _tools.Count > 0;

        public void Add(JsonElement choice)
        {
            FinishReason = PayloadDocument.Text(choice, "finish_reason") ?? FinishReason;
            Content.Append(PayloadDocument.Text(choice, "text"));
            foreach (string part in (string[])["message", "delta"])
            {
                if (choice.TryGetProperty(part, out JsonElement message) && message.ValueKind == JsonValueKind.Object)
                {
                    Content.Append(PayloadDocument.Text(message, "content"));
                    Content.Append(PayloadDocument.Text(message, "refusal"));
                    AddTools(message);
                }
            }
        }

        public string Tools() =>
            string.Join("; ", _tools.Values.Select(t => $"{t.Name}({Arguments(t.Arguments.ToString())})"));

        public void Write(Utf8JsonWriter writer, int index)
        {
            writer.WriteStartObject();
            writer.WriteNumber("index", index);
            writer.WriteStartObject("message");
            writer.WriteString("role", "assistant");
            writer.WriteString("content", Content.ToString());
            if (HasTools)
            {
                writer.WriteStartArray("tool_calls");
                foreach ((int tool, (StringBuilder name, StringBuilder arguments)) in _tools)
                {
                    writer.WriteStartObject();
                    writer.WriteNumber("index", tool);
                    writer.WriteStartObject("function");
                    writer.WriteString("name", name.ToString());
                    writer.WriteString("arguments", arguments.ToString());
                    writer.WriteEndObject();
                    writer.WriteEndObject();
                }

                writer.WriteEndArray();
            }

            writer.WriteEndObject();
            if (FinishReason is not null)
            {
                writer.WriteString("finish_reason", FinishReason);
            }

            writer.WriteEndObject();
        }

        private void AddTools(JsonElement message)
        {
            if (!message.TryGetProperty("tool_calls", out JsonElement calls) || calls.ValueKind != JsonValueKind.Array)
            {
                return;
            }

            int position = 0;
            foreach (JsonElement call in calls.EnumerateArray())
            {
                int index = (int?)Count(call, "index") ?? position;
                position++;
                if (
                    index >= MostChoices
                    || call.ValueKind != JsonValueKind.Object
                    || !call.TryGetProperty("function", out JsonElement function)
                )
                {
                    continue;
                }

                AddTool(index, PayloadDocument.Text(function, "name"), PayloadDocument.Text(function, "arguments"));
            }
        }

        public void AddTool(int index, string? name, string? arguments)
        {
            if (!_tools.TryGetValue(index, out (StringBuilder Name, StringBuilder Arguments) known))
            {
                _tools[index] = known = (new StringBuilder(), new StringBuilder());
            }

            known.Name.Append(name);
            known.Arguments.Append(arguments);
        }

        // Arguments are JSON in a string: order of keys and spaces mean nothing.
        private static string Arguments(string text)
        {
            Result<string> canonical = PayloadDocument.Read<string>(
                Encoding.UTF8.GetBytes(text),
                root => PlainJsonReader.Canonical(root)
            );
            return canonical.Ok ? canonical.Value : text;
        }
    }
}
