using Handover.Gateway.Forwarding;

namespace Handover.Gateway.Observing;

/// <summary>
/// The answer on its way to the caller, with a bounded copy taken as it flows. It never buffers what it passes on: the
/// caller gets each piece when the member wrote it.
/// </summary>
/// <param name="inner">The caller's side.</param>
/// <param name="copy">Takes the copy.</param>
/// <param name="passage">Takes the time of the first piece.</param>
/// <param name="time">Clock.</param>
internal sealed class ResponseTeeStream(Stream inner, BodyCopy copy, Passage passage, TimeProvider time)
    : WriteOnlyStream
{
    /// <inheritdoc/>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        passage.FirstByte ??= time.GetElapsedTime(passage.DispatchedAt);
        copy.Take(buffer.Span);
        return inner.WriteAsync(buffer, cancellationToken);
    }

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);
}
