using Handover.Gateway.Forwarding;

namespace Handover.Gateway.Ledger;

/// <summary>
/// Keeps a member's answer back until it is on record. Past its bound the answer cannot be kept: then whoever owns the
/// buffer is asked, once, whether it may flow, and from there on it does.
/// </summary>
/// <param name="inner">The caller's side.</param>
/// <param name="bound">Most bytes that are kept back.</param>
/// <param name="overflowed">Asked when there are more; throws when the answer must not flow.</param>
internal sealed class AnswerBuffer(Stream inner, int bound, Func<Task> overflowed) : WriteOnlyStream
{
    private readonly MemoryStream _kept = new();
    private bool _flows;

    /// <summary>The whole answer so far; empty once it flows.</summary>
    public ReadOnlyMemory<byte> Kept => _kept.GetBuffer().AsMemory(0, (int)_kept.Length);

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(
        ReadOnlyMemory<byte> buffer,
        CancellationToken cancellationToken = default
    )
    {
        if (!_flows && _kept.Length + buffer.Length <= bound)
        {
            _kept.Write(buffer.Span);
            return;
        }

        if (!_flows)
        {
            await overflowed();
            _flows = true;
            await inner.WriteAsync(Kept, cancellationToken);
            _kept.SetLength(0);
            _kept.Capacity = 0;
        }

        await inner.WriteAsync(buffer, cancellationToken);
    }

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) =>
        _flows ? inner.FlushAsync(cancellationToken) : Task.CompletedTask;
}
