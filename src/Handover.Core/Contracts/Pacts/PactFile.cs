using System.Text;
using Handover.Core.Contracts.Schemas;
using Handover.Core.Foundation;

namespace Handover.Core.Contracts.Pacts;

/// <summary>
/// A Pact file of version 3 or 4: examples of what a consumer asks and what it must be able to read. An answer to a
/// request that an example fits must match that example's response. <c>pending</c> interactions never refuse.
/// </summary>
public sealed class PactFile
{
    private readonly List<(PactMessage? Request, PactMessage Answer, string Name)> _interactions;

    private PactFile(List<(PactMessage? Request, PactMessage Answer, string Name)> interactions) =>
        _interactions = interactions;

    /// <summary>How many interactions can refuse.</summary>
    public int Count => _interactions.Count;

    /// <summary>Reads a file, or says what is wrong with it.</summary>
    public static Result<PactFile> Read(ReadOnlyMemory<byte> utf8)
    {
        Result<JsonText> json = JsonText.Read(utf8.Span, "the Pact file");
        if (!json.Ok)
        {
            return Result<PactFile>.Failed(json.Problems);
        }

        JsonText text = json.Value;
        var found = new List<(PactMessage?, PactMessage, string)>();
        foreach (string list in new[] { "interactions", "messages" })
        {
            int at = text.View.Find(0, list);
            foreach (
                int interaction in at >= 0 && text.View.Tokens[at].Kind == JsonKind.Array ? text.View.Children(at) : []
            )
            {
                found.AddRange(Interaction(text, interaction));
            }
        }

        return found.Count > 0
            ? new PactFile(found)
            : new Problem("pact-empty", "the Pact file has no interactions and no messages")
            {
                Fix = "Use version 3 or 4.",
            };
    }

    /// <summary>
    /// The first thing that is wrong with an answer, by the examples that its request fits; null when none fits or one
    /// of them matches.
    /// </summary>
    internal (string Path, string Why)? First(
        ReadOnlySpan<byte> answer,
        ReadOnlySpan<byte> request,
        int status = 200
    ) => Judge(answer, request, status).Wrong;

    /// <summary>The same, and whether any example speaks of such a request.</summary>
    internal (bool Fits, (string Path, string Why)? Wrong) Judge(
        ReadOnlySpan<byte> answer,
        ReadOnlySpan<byte> request,
        int status
    )
    {
        JsonValue? asked = request.Length == 0 ? null : Value(request);
        JsonValue? answered = null;
        PactMismatch? first = null;
        string name = "";
        foreach ((PactMessage? expected, PactMessage response, string description) in _interactions)
        {
            if (!Fits(expected, asked))
            {
                continue;
            }

            answered ??= Value(answer);
            PactMismatch? wrong = response.CheckStatus(status) ?? response.Check(answered);
            if (wrong is null)
            {
                return (true, null);
            }

            (first, name) = first is null ? (wrong, description) : (first, name);
        }

        return first is null
            ? (false, null)
            : (true, (first.Path, $"{(first.Path.Length == 0 ? "the body" : first.Path)} {first.Why} ({name})"));
    }

    private static bool Fits(PactMessage? expected, JsonValue? asked) =>
        expected is null || asked is null || !expected.HasBody || expected.Check(asked) is null;

    private static IEnumerable<(PactMessage?, PactMessage, string)> Interaction(JsonText text, int at)
    {
        string name = text.View.Member(at, "description"u8) ?? "interaction";
        int pending = text.View.Find(at, "pending"u8);
        if (pending >= 0 && text.View.Tokens[pending].Kind == JsonKind.True)
        {
            yield break;
        }

        int request = text.View.Find(at, "request"u8);
        int response = text.View.Find(at, "response"u8);
        if (response < 0)
        {
            yield return (null, new PactMessage(text, at, isRequest: false), name);
            yield break;
        }

        PactMessage? asks = request < 0 ? null : new PactMessage(text, request, isRequest: true);
        int[] answers = text.View.Tokens[response].Kind == JsonKind.Array ? text.View.Children(response) : [response];
        foreach (int answer in answers)
        {
            yield return (asks, new PactMessage(text, answer, isRequest: false), name);
        }
    }

    /// <summary>A body as JSON; text that is none is a string.</summary>
    internal static JsonValue Value(ReadOnlySpan<byte> body)
    {
        Result<JsonText> json = JsonText.Read(body, "a body");
        return json.Ok
            ? new JsonValue(json.Value, 0)
            : new JsonValue(
                JsonText
                    .Read(
                        Encoding.UTF8.GetBytes(
                            System.Text.Json.JsonSerializer.Serialize(Encoding.UTF8.GetString(body))
                        ),
                        "a text"
                    )
                    .Value,
                0
            );
    }

    /// <summary>
    /// One case of the official suite: whether an actual message matches the expected one, both written as in a file.
    /// </summary>
    /// <param name="expected">The message of a Pact file.</param>
    /// <param name="actual">What came, in the same form.</param>
    /// <param name="isRequest">Whether it is a request.</param>
    /// <returns>Where it does not match, in words; null when it matches.</returns>
    public static string? Compare(ReadOnlyMemory<byte> expected, ReadOnlyMemory<byte> actual, bool isRequest)
    {
        JsonText wanted = JsonText.Read(expected.Span, "expected").Value;
        JsonText came = JsonText.Read(actual.Span, "actual").Value;
        var message = new PactMessage(wanted, 0, isRequest);
        JsonView view = came.View;
        int status = view.Find(0, "status"u8);
        int body = Math.Max(view.Find(0, "body"u8), view.Find(0, "contents"u8));
        PactMismatch? wrong =
            (
                status < 0
                    ? null
                    : message.CheckStatus(
                        int.Parse(view.String(status), System.Globalization.CultureInfo.InvariantCulture)
                    )
            )
            ?? (
                isRequest
                    ? message.CheckTarget(view.Member(0, "method"u8) ?? "", view.Member(0, "path"u8) ?? "", Query(came))
                    : null
            )
            ?? message.CheckHeaders(Headers(came))
            ?? message.Check(body < 0 ? null : PactMessage.Content(new JsonValue(came, body)));
        return wrong is null ? null : $"{wrong.Path} {wrong.Why}";
    }

    private static Dictionary<string, string> Headers(JsonText text)
    {
        int at = text.View.Find(0, "headers"u8);
        return at < 0
            ? []
            : text
                .View.Children(at)
                .ToDictionary(c => text.View.NameOf(c), c => text.View.String(c), StringComparer.Ordinal);
    }

    private static Dictionary<string, string[]> Query(JsonText text)
    {
        int at = text.View.Find(0, "query"u8);
        return at < 0 || text.View.Tokens[at].Kind != JsonKind.Object
            ? []
            : text
                .View.Children(at)
                .ToDictionary(
                    c => text.View.NameOf(c),
                    c => text.View.Children(c).Select(v => text.View.String(v)).ToArray(),
                    StringComparer.Ordinal
                );
    }
}
