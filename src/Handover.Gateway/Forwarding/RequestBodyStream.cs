using Handover.Gateway.Observing;
using Microsoft.AspNetCore.Http;

namespace Handover.Gateway.Forwarding;

/// <summary>
/// The caller's body on its way to the member: keeps a bounded copy, stops the answer's clock while the caller is slow,
/// and remembers how the caller failed, so that a caller's fault is never booked on the member.
/// </summary>
/// <param name="inner">The caller's body.</param>
/// <param name="copy">Takes a copy; null when nobody wants one.</param>
/// <param name="firstRead">Called when the member's connection asks for the first byte: the request is on its
/// way.</param>
internal sealed class RequestBodyStream(Stream inner, BodyCopy? copy, Action firstRead) : ReadOnlyStream
{
    /// <summary>The clock to stop while the caller is slow.</summary>
    public AnswerDeadline? Deadline { get; set; }

    /// <summary>Whether anything was asked for; then the request cannot be sent a second time.</summary>
    public bool Started { get; private set; }

    /// <summary>Status code of the caller's fault; 0 when there was none.</summary>
    public int CallerFault { get; private set; }

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!Started)
        {
            Started = true;
            firstRead();
        }

        bool waits = false;
        try
        {
            ValueTask<int> reading = inner.ReadAsync(buffer, cancellationToken);
            waits = !reading.IsCompleted;
            if (waits)
            {
                Deadline?.Pause();
            }

            int read = await reading;
            copy?.Take(buffer.Span[..read]);
            if (read == 0 && buffer.Length > 0 && copy is not null)
            {
                copy.Ended = true;
            }

            return read;
        }
        catch (BadHttpRequestException e)
        {
            CallerFault = e.StatusCode;
            throw;
        }
        finally
        {
            if (waits)
            {
                Deadline?.Resume();
            }
        }
    }
}
