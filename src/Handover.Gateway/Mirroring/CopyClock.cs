using Handover.Gateway.Observing;

namespace Handover.Gateway.Mirroring;

/// <summary>
/// One timer that keeps all three deadlines of a copy: it is set anew as pieces come, and tells which one was missed.
/// </summary>
internal sealed class CopyClock : IDisposable
{
    private readonly CopyPatience _patience;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _late;
    private readonly CancellationTokenRegistration _stopped;
    private readonly long _began;
    private long _set;
    private long _heard;
    private bool _begun;

    /// <summary>Begins to count.</summary>
    public CopyClock(CopyPatience patience, TimeProvider time, CancellationToken stop)
    {
        (_patience, _time) = (patience, time);
        _began = _set = time.GetTimestamp();
        _late = new CancellationTokenSource(patience.First, time);
        _stopped = stop.UnsafeRegister(static late => ((CancellationTokenSource)late!).Cancel(), _late);
    }

    /// <summary>Ends with the first deadline that is missed, or with the gateway.</summary>
    public CancellationToken Token => _late.Token;

    /// <summary>Since the beginning.</summary>
    public TimeSpan Elapsed => _time.GetElapsedTime(_began);

    /// <summary>Where the text of the answer begins, when it is a stream of events; null when it is none.</summary>
    public FirstEvent? First { get; set; }

    /// <summary>
    /// From the beginning to the first byte, of a stream of events to the first that has text; null before it.
    /// </summary>
    public TimeSpan? FirstByte { get; private set; }

    /// <summary>Why it is late, in words that are the same for all copies, so that they can be counted.</summary>
    public string Missed =>
        !_begun ? "no answer in time"
        : _time.GetElapsedTime(_heard) > _patience.Silence / 2 ? "the answer stopped in the middle"
        : "the answer was not complete in time";

    /// <summary>A piece of the answer has come.</summary>
    public void Heard(ReadOnlySpan<byte> piece)
    {
        long now = _time.GetTimestamp();
        bool first = !_begun;
        (_heard, _begun) = (now, true);
        if (FirstByte is null && (First is null || First.Take(piece)))
        {
            FirstByte = _time.GetElapsedTime(_began, now);
        }

        // A stream comes in thousands of pieces; the timer need not be set for each of them.
        if (!first && _time.GetElapsedTime(_set, now) < _patience.Silence / 8)
        {
            return;
        }

        _set = now;
        TimeSpan left = _patience.Whole - _time.GetElapsedTime(_began, now);
        TimeSpan next = left < _patience.Silence ? left : _patience.Silence;
        _late.CancelAfter(next > TimeSpan.Zero ? next : TimeSpan.Zero);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stopped.Dispose();
        _late.Dispose();
    }
}
