using System.Text;
using Handover.Core.Contracts.Schemas;
using Handover.Core.Foundation;

namespace Handover.Core.Contracts.Pacts;

/// <summary>One side of an interaction: the expected request, response or message, with its rules.</summary>
internal sealed class PactMessage
{
    private readonly JsonText _text;
    private readonly int _at;
    private readonly bool _isRequest;
    private readonly int _rules;
    private readonly PactRules _bodyRules;
    private readonly PactMatcher? _status;

    /// <summary>Takes a message at its place in a file.</summary>
    /// <param name="text">The file.</param>
    /// <param name="at">The message.</param>
    /// <param name="isRequest">Requests may not have further members.</param>
    public PactMessage(JsonText text, int at, bool isRequest)
    {
        (_text, _at, _isRequest) = (text, at, isRequest);
        _rules = text.View.Find(at, "matchingRules"u8);
        string category = Under(_rules, "body") >= 0 || Under(_rules, "content") < 0 ? "body" : "content";
        _bodyRules = PactRules.Read(text, Under(_rules, category));
        _status = PactRules.Read(text, Under(_rules, "status")).For(["$"])?.Find("statusCode");
    }

    /// <summary>Whether it says anything of the body.</summary>
    public bool HasBody => Body() >= 0;

    /// <summary>The first mismatch of a body; null when it matches or nothing is expected.</summary>
    /// <param name="actual">The body; null when there is none.</param>
    public PactMismatch? Check(JsonValue? actual)
    {
        int body = Body();
        if (body < 0)
        {
            return null;
        }

        JsonValue? expected = Content(new JsonValue(_text, body));
        if (expected is not { } example || IsNothing(example))
        {
            return actual is null || IsNothing(actual.Value)
                ? null
                : new PactMismatch("", "is there where none is expected");
        }

        if (actual is not { } found)
        {
            return new PactMismatch("", "is missing");
        }

        return new PactBody(_bodyRules, mayHaveMore: !_isRequest).First(example, found);
    }

    /// <summary>The first mismatch of the status; null when it matches or none is expected.</summary>
    public PactMismatch? CheckStatus(int status)
    {
        int at = _text.View.Find(_at, "status"u8);
        string text = status.ToString(System.Globalization.CultureInfo.InvariantCulture);
        if (_status is { } matcher)
        {
            return PactValues.Status(matcher, text) is { } why ? new PactMismatch("status", why) : null;
        }

        return at < 0 || _text.View.String(at) == text ? null : new PactMismatch("status", $"is {text}");
    }

    /// <summary>The first mismatch of the headers; others may be there.</summary>
    public PactMismatch? CheckHeaders(IReadOnlyDictionary<string, string> actual)
    {
        int headers = _text.View.Find(_at, "headers"u8);
        var rules = PactRules.Read(_text, Under(_rules, "header"));
        foreach (int value in headers < 0 ? [] : _text.View.Children(headers))
        {
            string name = _text.View.NameOf(value);
            string expected = Joined(value);
            string? found = actual.FirstOrDefault(h => h.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;
            PactRule? rule = rules.For(["$", name]);
            bool fits =
                found is not null
                && (
                    rule is null
                        ? PactHeader.Same(name, expected, found)
                        : rule.Matchers.All(m => PactValues.Mismatch(m, Quoted(expected), Quoted(found)) is null)
                );
            if (!fits)
            {
                return new PactMismatch($"header {name}", found is null ? "is missing" : $"is not {expected}");
            }
        }

        return null;
    }

    /// <summary>The first mismatch of method, path and query.</summary>
    public PactMismatch? CheckTarget(string method, string path, IReadOnlyDictionary<string, string[]> query)
    {
        string? wanted = _text.View.Member(_at, "method"u8);
        if (wanted is not null && !wanted.Equals(method, StringComparison.OrdinalIgnoreCase))
        {
            return new PactMismatch("method", $"is not {wanted}");
        }

        string? route = _text.View.Member(_at, "path"u8);
        PactRule? rule = PactRules.Read(_text, Under(_rules, "path")).For(["$"]);
        bool fits =
            route is null
            || (
                rule is null
                    ? route == path
                    : rule.Matchers.All(m => PactValues.Mismatch(m, Quoted(route), Quoted(path)) is null)
            );
        return fits ? CheckQuery(query) : new PactMismatch("path", $"is not {route}");
    }

    private PactMismatch? CheckQuery(IReadOnlyDictionary<string, string[]> actual)
    {
        int query = _text.View.Find(_at, "query"u8);
        if (query < 0)
        {
            return null;
        }

        var rules = PactRules.Read(_text, Under(_rules, "query"));
        int[] wanted = _text.View.Tokens[query].Kind == JsonKind.Object ? _text.View.Children(query) : [];
        foreach (int value in wanted)
        {
            string name = _text.View.NameOf(value);
            string[] values = Texts(value);
            string[] found = actual.GetValueOrDefault(name, []);
            PactRule? rule = rules.For(["$", name]);
            bool fits = rule is null
                ? values.SequenceEqual(found)
                : found.Length > 0
                    && found.All(f =>
                        rule.Matchers.All(m => PactValues.Mismatch(m, Quoted(values[0]), Quoted(f)) is null)
                    );
            if (!fits)
            {
                return new PactMismatch($"query {name}", $"is not {string.Join(", ", values)}");
            }
        }

        string? more = actual.Keys.FirstOrDefault(k => !wanted.Any(v => _text.View.NameOf(v) == k));
        return more is null ? null : new PactMismatch($"query {more}", "is not expected");
    }

    /// <summary>The content of a body: version 4 wraps it with its type and encoding.</summary>
    public static JsonValue? Content(JsonValue body)
    {
        JsonView view = body.Text.View;
        if (
            view.Tokens[body.At].Kind != JsonKind.Object
            || view.Find(body.At, "content"u8) is not (>= 0 and var content)
        )
        {
            return body;
        }

        int encoded = view.Find(body.At, "encoded"u8);
        bool base64 =
            encoded >= 0
            && (view.Tokens[encoded].Kind == JsonKind.True || view.Member(body.At, "encoded"u8) == "base64");
        if (!base64 || view.Tokens[content].Kind != JsonKind.String)
        {
            return new JsonValue(body.Text, content);
        }

        byte[] bytes = new byte[view.Tokens[content].Length];
        if (!Convert.TryFromBase64String(view.String(content), bytes, out int written))
        {
            return new JsonValue(body.Text, content);
        }

        Result<JsonText> json = JsonText.Read(bytes.AsSpan(0, written), "a body");
        return json.Ok ? new JsonValue(json.Value, 0) : Quoted(Encoding.UTF8.GetString(bytes, 0, written));
    }

    private int Body()
    {
        int body = _text.View.Find(_at, "body"u8);
        return body >= 0 ? body : _text.View.Find(_at, "contents"u8);
    }

    private int Under(int at, string name) => at < 0 ? -1 : _text.View.Find(at, name);

    private string[] Texts(int value) =>
        _text.View.Tokens[value].Kind == JsonKind.Array
            ? [.. _text.View.Children(value).Select(c => _text.View.String(c))]
            : [_text.View.String(value)];

    private string Joined(int value) => string.Join(", ", Texts(value));

    private static bool IsNothing(JsonValue value) =>
        value.Text.View.Tokens[value.At] is { Kind: JsonKind.Null } or { Kind: JsonKind.String, Length: 0 };

    private static JsonValue Quoted(string text) =>
        new(JsonText.Read(Encoding.UTF8.GetBytes(System.Text.Json.JsonSerializer.Serialize(text)), "a text").Value, 0);
}
