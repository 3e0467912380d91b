using System.Buffers;
using System.Text.Json;
using Handover.Core.Catalog;
using Handover.Core.Contracts.Queries;
using Handover.Core.Foundation;
using Handover.Core.Payloads;

namespace Handover.Core.Contracts.Adapters;

/// <summary>
/// An adapter made ready to rewrite answers: compiled once, run for every answer. Bounded in bytes in, bytes out and
/// steps, so that no answer of a model can make the gateway stall. Safe for any number of readers at a time.
/// </summary>
public sealed class AnswerAdapter
{
    /// <summary>Largest answer that is rewritten, and largest result.</summary>
    public const int MaxBytes = 4 << 20;

    /// <summary>Most steps of a query over one answer: some tens of milliseconds.</summary>
    public const long MaxSteps = 1_000_000;

    private readonly JmesQuery? _query;
    private readonly TensorRewriter? _tensors;

    private AnswerAdapter(OutputAdapter declared, JmesQuery? query, TensorRewriter? tensors) =>
        (Declared, _query, _tensors) = (declared, query, tensors);

    /// <summary>What it was made from.</summary>
    public OutputAdapter Declared { get; }

    /// <summary>Makes an adapter ready. Problem <c>bad-jmespath</c>.</summary>
    public static Result<AnswerAdapter> Compile(OutputAdapter declared)
    {
        if (declared is OutputAdapter.Tensors tensors)
        {
            return new AnswerAdapter(declared, null, new TensorRewriter(tensors.Steps));
        }

        Result<JmesQuery> query = JmesQuery.Compile(((OutputAdapter.Query)declared).JmesPath);
        return query.Ok ? new AnswerAdapter(declared, query.Value, null) : Result<AnswerAdapter>.Failed(query.Problems);
    }

    /// <summary>
    /// Rewrites the JSON body of an answer. There is no half way: a problem means that there is no answer that may be
    /// passed on.
    /// </summary>
    public Result<ReadOnlyMemory<byte>> Adapt(ReadOnlySpan<byte> answer) =>
        answer.Length > MaxBytes
            ? new Problem("adapter-bounds", $"an answer of {answer.Length} bytes is over the bound of {MaxBytes}")
            : PayloadDocument.Read(answer, Rewritten);

    private Result<ReadOnlyMemory<byte>> Rewritten(JsonElement root)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(buffer, JmesQuery.AsWritten))
        {
            Problem? problem =
                _query?.Evaluate(root, writer, MaxSteps, MaxBytes) ?? _tensors?.Rewrite(root, writer, MaxBytes);
            if (problem is not null)
            {
                return problem;
            }
        }

        return buffer.WrittenCount > MaxBytes
            ? new Problem("adapter-bounds", $"the adapted answer has more than {MaxBytes} bytes")
            : (ReadOnlyMemory<byte>)buffer.WrittenMemory;
    }
}
