using System.Text.Encodings.Web;
using System.Text.Json;
using Handover.Core.Foundation;

namespace Handover.Core.Contracts.Queries;

/// <summary>
/// A compiled JMESPath expression (jmespath.org, the grammar and the 26 functions of its specification). Written here
/// because what rewrites answers of strangers on the way to callers must be bounded by steps that are counted, not by a
/// clock, and because the gateway and the contract engine must read one expression in one way (ADR 0009).
/// </summary>
public sealed class JmesQuery
{
    /// <summary>Longest expression, in characters.</summary>
    public const int MaxText = 8 << 10;

    /// <summary>Text comes out as it came in; only what JSON itself needs escaped is.</summary>
    internal static readonly JsonWriterOptions AsWritten = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly JmesNode _root;

    private JmesQuery(string text, JmesNode root) => (Text, _root) = (text, root);

    /// <summary>The expression as it was written.</summary>
    public string Text { get; }

    /// <summary>
    /// Compiles an expression. Problem <c>bad-jmespath</c> with the column: what is written is not JMESPath, calls a
    /// function that there is not, or with too few or too many arguments.
    /// </summary>
    public static Result<JmesQuery> Compile(string text)
    {
        if (text.Length > MaxText)
        {
            return Bad(0, $"an expression of {text.Length} characters is over the bound of {MaxText}");
        }

        Result<IReadOnlyList<JmesToken>> tokens = JmesLexer.Read(text);
        if (!tokens.Ok)
        {
            return Result<JmesQuery>.Failed(tokens.Problems);
        }

        Result<JmesNode> root = new JmesParser(tokens.Value).Parse();
        return root.Ok ? new JmesQuery(text, root.Value) : Result<JmesQuery>.Failed(root.Problems);
    }

    /// <summary>
    /// Evaluates the expression over a document and writes what it finds. Problem <c>jmespath-failed</c>: a function
    /// got a value of a type that it does not take. Problem <c>jmespath-bounds</c>: more steps than
    /// <paramref name="steps"/>, or more than <paramref name="bytes"/> to write.
    /// </summary>
    /// <param name="document">The document; may be disposed afterwards.</param>
    /// <param name="writer">Takes the result.</param>
    /// <param name="steps">Most nodes of expression and items of values that may be visited.</param>
    /// <param name="bytes">Most bytes that may be written.</param>
    public Problem? Evaluate(JsonElement document, Utf8JsonWriter writer, long steps, long bytes)
    {
        var evaluation = new JmesEvaluation(steps);
        JmesValue found = evaluation.Evaluate(_root, JmesValue.Of(document));
        if (evaluation.Problem is null)
        {
            evaluation.Write(found, writer, bytes);
        }

        return evaluation.Problem;
    }

    internal static Problem Bad(int at, string why) =>
        new("bad-jmespath", $"column {at + 1}: {why}") { Fix = "See the grammar at jmespath.org/specification.html." };
}
