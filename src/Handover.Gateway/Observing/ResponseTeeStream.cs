using Handover.Gateway.Forwarding;
using Microsoft.AspNetCore.Http;

namespace Handover.Gateway.Observing;

/// <summary>
/// The answer on its way to the caller, with a bounded copy taken as it flows. It never buffers what it passes on: the
/// caller gets each piece when the member wrote it.
/// </summary>
/// <param name="response">The caller's side.</param>
/// <param name="copy">Takes the copy.</param>
/// <param name="passage">Takes the time of the first piece; of a stream, of its first event with text.</param>
/// <param name="time">Clock.</param>
internal sealed class ResponseTeeStream(HttpResponse response, BodyCopy copy, Passage passage, TimeProvider time)
    : WriteOnlyStream
{
    private readonly Stream _inner = response.Body;
    private FirstEvent? _first;

    /// <inheritdoc/>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (passage.FirstByte is null)
        {
            _first ??= FirstEvent.Of(response.ContentType);
            if (_first is null || _first.Take(buffer.Span))
            {
                passage.FirstByte = time.GetElapsedTime(passage.DispatchedAt);
            }
        }

        copy.Take(buffer.Span);
        return _inner.WriteAsync(buffer, cancellationToken);
    }

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) => _inner.FlushAsync(cancellationToken);
}
