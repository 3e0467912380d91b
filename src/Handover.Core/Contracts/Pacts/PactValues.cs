using System.Globalization;
using System.Text.RegularExpressions;
using Handover.Core.Contracts.Schemas;
using Handover.Core.Foundation;

namespace Handover.Core.Contracts.Pacts;

/// <summary>
/// The matchers for single values. A number that is written without a point is no <c>decimal</c>, even if it stands
/// for one: the reference verifier refuses it, so a score of 1.0 that a server writes as 1 breaks the consumer.
/// </summary>
internal static class PactValues
{
    /// <summary>Why a value does not match; null when it does.</summary>
    public static string? Mismatch(PactMatcher matcher, JsonValue expected, JsonValue actual)
    {
        JsonView view = actual.Text.View;
        JsonKind kind = view.Tokens[actual.At].Kind;
        string text = kind is JsonKind.String or JsonKind.Number ? view.String(actual.At) : actual.ToString();
        bool number = kind == JsonKind.Number;
        bool whole =
            number && !text.Contains('.', StringComparison.Ordinal) && !text.Contains('e') && !text.Contains('E');
        return matcher.Name switch
        {
            "equality" => Equal(expected, actual) ? null : $"is not {Short(expected)}",
            "type" => SameType(expected, actual)
                ? Counted(matcher, actual)
                : $"is of another type than {Short(expected)}",
            "regex" => Regex(matcher, text),
            "number" => number ? null : "is no number",
            "integer" => whole ? null : "is no integer",
            "decimal" => number && !whole ? null : "is no decimal (it needs a point)",
            "boolean" => kind is JsonKind.True or JsonKind.False || text is "true" or "false" ? null : "is no boolean",
            "null" => kind == JsonKind.Null ? null : "is not null",
            "include" => text.Contains(matcher.Text("value") ?? "", StringComparison.Ordinal)
                ? null
                : $"does not include '{matcher.Text("value")}'",
            "date" => Date(text, matcher.Text("format") ?? matcher.Text("date") ?? "yyyy-MM-dd"),
            "time" => Date(text, matcher.Text("format") ?? matcher.Text("time") ?? "HH:mm:ss"),
            "timestamp" or "datetime" => Date(
                text,
                matcher.Text("format") ?? matcher.Text("timestamp") ?? "yyyy-MM-dd'T'HH:mm:ss"
            ),
            "semver" => Semver.IsMatch(text) ? null : "is no semantic version",
            "notEmpty" => text.Length > 0
            && view.Tokens[actual.At] is not { Kind: JsonKind.Array or JsonKind.Object, Count: 0 }
                ? null
                : "is empty",
            "values" or "eachKey" or "eachValue" or "arrayContains" or "contentType" => null,
            "statusCode" => Status(matcher, text),
            _ => $"has the matcher '{matcher.Name}', which is not known",
        };
    }

    /// <summary>Equal values; a number equals another one of the same value.</summary>
    public static bool Equal(JsonValue a, JsonValue b) => JsonView.Same(a.Text.View, a.At, b.Text.View, b.At);

    /// <summary>Whether a status has the class that a matcher names.</summary>
    public static string? Status(PactMatcher matcher, string status)
    {
        string wanted = matcher.Text("status") ?? "";
        char first = status.Length == 3 ? status[0] : '0';
        bool fits = wanted switch
        {
            "info" => first == '1',
            "success" => first == '2',
            "redirect" => first == '3',
            "clientError" => first == '4',
            "serverError" => first == '5',
            "nonError" => first is '1' or '2' or '3',
            "error" => first is '4' or '5',
            _ => Listed(),
        };
        return fits ? null : $"is {status}, which is not {(wanted.Length > 0 ? wanted : "listed")}";

        bool Listed()
        {
            JsonView view = matcher.Source.Text.View;
            int list = view.Find(matcher.Source.At, "status"u8);
            return list >= 0
                && view.Tokens[list].Kind == JsonKind.Array
                && view.Children(list).Any(c => matcher.Source.Text.View.String(c) == status);
        }
    }

    /// <summary>Why the number of items does not fit; null when it does.</summary>
    public static string? Counted(PactMatcher matcher, JsonValue actual)
    {
        JsonToken token = actual.Text.View.Tokens[actual.At];
        if (token.Kind != JsonKind.Array)
        {
            return null;
        }

        return matcher.Whole("min") is { } least && token.Count < least ? $"has fewer than {least} items"
            : matcher.Whole("max") is { } most && token.Count > most ? $"has more than {most} items"
            : null;
    }

    private static readonly Regex Semver = new(
        @"^(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?\z",
        RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture
    );

    private static bool SameType(JsonValue a, JsonValue b) => Class(a) == Class(b);

    private static JsonKind Class(JsonValue value) =>
        value.Text.View.Tokens[value.At].Kind is var kind && kind == JsonKind.False ? JsonKind.True : kind;

    private static string? Regex(PactMatcher matcher, string text)
    {
        Result<bool> has = matcher.HasPattern(text);
        return !has.Ok ? has.Problems[0].Message
            : has.Value ? null
            : $"does not match {matcher.Text("regex")}";
    }

    private static string? Date(string text, string format)
    {
        // Java's letters, as Pact writes them, in .NET's.
        string here = format
            .Replace("YYYY", "yyyy", StringComparison.Ordinal)
            .Replace("XXX", "zzz", StringComparison.Ordinal)
            .Replace("SSS", "fff", StringComparison.Ordinal)
            .Replace("EEEE", "dddd", StringComparison.Ordinal)
            .Replace("EEE", "ddd", StringComparison.Ordinal)
            .Replace('a', 't')
            .Replace("Z", "zzz", StringComparison.Ordinal);
        return DateTimeOffset.TryParseExact(text, here, CultureInfo.InvariantCulture, DateTimeStyles.None, out _)
            ? null
            : $"does not have the form {format}";
    }

    private static string Short(JsonValue value)
    {
        string text = value.ToString();
        return text.Length > 60 ? text[..60] + "…" : text;
    }
}
