namespace Handover.Gateway.Forwarding;

/// <summary>
/// The time that a member may keep a caller waiting for its answer. It does not run while the gateway itself waits for
/// the caller's next bytes (a slow uploader is not a slow model), and ends with the answer's headers: a stream may take
/// as long as it flows.
/// </summary>
internal sealed class AnswerDeadline : IDisposable
{
    private readonly CancellationTokenSource _source;
    private readonly TimeSpan _timeout;
    private volatile bool _answered;

    /// <summary>Starts to run.</summary>
    public AnswerDeadline(TimeSpan timeout, TimeProvider time)
    {
        _timeout = timeout;
        _source = new CancellationTokenSource(timeout, time);
    }

    /// <summary>Cancelled when the time is over.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>Whether the time was over before the answer began.</summary>
    public bool Expired => _source.IsCancellationRequested && !_answered;

    /// <summary>The gateway waits for the caller.</summary>
    public void Pause() => _source.CancelAfter(Timeout.InfiniteTimeSpan);

    /// <summary>The member's turn again.</summary>
    public void Resume()
    {
        if (_answered)
        {
            return;
        }

        // The answer may begin between the question and the timer; then the timer must not outlive it.
        _source.CancelAfter(_timeout);
        if (_answered)
        {
            Pause();
        }
    }

    /// <summary>The next piece of an answer that has begun must come in this time.</summary>
    public void Within(TimeSpan idle) => _source.CancelAfter(idle);

    /// <summary>The answer has begun.</summary>
    public void Answered()
    {
        _answered = true;
        Pause();
    }

    /// <inheritdoc/>
    public void Dispose() => _source.Dispose();
}
