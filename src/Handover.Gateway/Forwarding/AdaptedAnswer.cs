using System.Net.Http.Headers;
using Handover.Core.Contracts.Adapters;
using Handover.Core.Foundation;
using Microsoft.AspNetCore.Http;

namespace Handover.Gateway.Forwarding;

/// <summary>
/// Keeps a member's answer back until the release's adapter has rewritten it. Answers that are no success pass as they
/// are. What cannot be rewritten never reaches the caller: half of an adapter is worse than none.
/// </summary>
/// <param name="inner">The caller's side.</param>
/// <param name="adapter">Rewrites answers.</param>
internal sealed class AdaptedAnswer(Stream inner, AnswerAdapter adapter) : WriteOnlyStream
{
    // Of the body as the member wrote it, not of the one that the caller gets.
    private static readonly string[] OfTheBody =
    [
        "Content-Length",
        "Content-MD5",
        "Content-Digest",
        "Repr-Digest",
        "Digest",
        "ETag",
        "Accept-Ranges",
    ];

    private readonly MemoryStream _kept = new();
    private bool _active;

    /// <summary>What was wrong; null when nothing was so far.</summary>
    public Problem? Problem { get; private set; }

    /// <summary>
    /// Why an answer cannot be rewritten whatever is in it: it is no JSON, or compressed though nobody asked for that.
    /// </summary>
    public static Problem? Unfit(HttpResponseMessage answer)
    {
        HttpContentHeaders headers = answer.Content.Headers;
        string? type = headers.ContentType?.MediaType;
        bool json = type is null || type.EndsWith("json", StringComparison.OrdinalIgnoreCase);
        return !json ? new Problem("adapter-failed", $"the answer is {type}; only JSON can be rewritten")
            : headers.ContentEncoding.Count > 0
                ? new Problem("adapter-failed", $"the answer is compressed ({headers.ContentEncoding.First()})")
            : answer.Headers.Contains("Inference-Header-Content-Length")
            || headers.Contains("Inference-Header-Content-Length")
                ? new Problem("adapter-failed", "the answer has binary tensors; only JSON can be rewritten")
            : null;
    }

    /// <summary>The answer's headers are here, and were copied to the caller's response.</summary>
    public void Begin(HttpResponseMessage answer, HttpResponse response)
    {
        _active = answer.IsSuccessStatusCode;
        if (_active)
        {
            Problem = Unfit(answer);
            foreach (string name in OfTheBody)
            {
                response.Headers.Remove(name);
            }
        }
    }

    /// <summary>
    /// The answer is complete: rewrites it and passes it on. With a problem nothing was passed on, and whatever is
    /// written from now on passes as it is.
    /// </summary>
    public async Task FinishAsync(HttpResponse response, CancellationToken cancel)
    {
        if (!_active || Problem is not null)
        {
            _active = false;
            return;
        }

        _active = false;
        Result<ReadOnlyMemory<byte>> adapted = adapter.Adapt(_kept.GetBuffer().AsSpan(0, (int)_kept.Length));
        if (!adapted.Ok)
        {
            Problem = adapted.Problems[0];
            return;
        }

        response.ContentLength = adapted.Value.Length;
        await inner.WriteAsync(adapted.Value, cancel);
    }

    /// <inheritdoc/>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!_active)
        {
            return inner.WriteAsync(buffer, cancellationToken);
        }

        if (_kept.Length + buffer.Length > AnswerAdapter.MaxBytes)
        {
            Problem ??= new Problem("adapter-bounds", $"the answer has more than {AnswerAdapter.MaxBytes} bytes");
        }

        if (Problem is not null)
        {
            // The rest is of no use to anybody.
            throw new IOException(Problem.Message);
        }

        _kept.Write(buffer.Span);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) =>
        _active ? Task.CompletedTask : inner.FlushAsync(cancellationToken);
}
