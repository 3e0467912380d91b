using Handover.Ports;

namespace Handover.Gateway.Observing;

/// <summary>
/// Counts one kind of copies with interlocked operations. What is counted for one rollout is counted for the whole
/// service too: people ask about the rollout, graphs want totals that never fall.
/// </summary>
/// <param name="whole">Counts the same for the service; null for the one that does.</param>
internal sealed class CopyCounts(CopyCounts? whole = null)
{
    private long _made;
    private long _failed;
    private long _timedOut;
    private long _dropped;
    private long _withheld;
    private long _spared;
    private long _bytesSent;
    private long _bytesRead;
    private long _ticks;
    private int _running;

    /// <summary>The counts so far.</summary>
    public CopyTally Tally =>
        new()
        {
            Made = Interlocked.Read(ref _made),
            Failed = Interlocked.Read(ref _failed),
            TimedOut = Interlocked.Read(ref _timedOut),
            Dropped = Interlocked.Read(ref _dropped),
            Withheld = Interlocked.Read(ref _withheld),
            Spared = Interlocked.Read(ref _spared),
            BytesSent = Interlocked.Read(ref _bytesSent),
            BytesRead = Interlocked.Read(ref _bytesRead),
            Time = TimeSpan.FromTicks(Interlocked.Read(ref _ticks)),
        };

    /// <summary>Takes a place among the service's copies under way.</summary>
    /// <param name="most">How many places there are.</param>
    /// <param name="others">How many places others have.</param>
    /// <returns>Whether there was one.</returns>
    public bool TryTakePlace(int most, out int others)
    {
        CopyCounts places = whole ?? this;
        others = Interlocked.Increment(ref places._running) - 1;
        if (others < most)
        {
            return true;
        }

        Interlocked.Decrement(ref places._running);
        return false;
    }

    /// <summary>A copy has ended and gives its place back.</summary>
    /// <param name="outcome">How it ended.</param>
    /// <param name="sent">Bytes of its request's body.</param>
    /// <param name="read">Bytes of its answer.</param>
    /// <param name="took">From dispatch to its end.</param>
    public void Ended(ExchangeOutcome outcome, long sent, long read, TimeSpan took)
    {
        Interlocked.Decrement(ref (whole ?? this)._running);
        Count(outcome, sent, read, took);
        whole?.Count(outcome, sent, read, took);
    }

    /// <summary>A copy found no place, or was too large.</summary>
    public void Dropped()
    {
        Interlocked.Increment(ref _dropped);
        whole?.Dropped();
    }

    /// <summary>A copy was not made because the share had lowered itself.</summary>
    public void Withheld()
    {
        Interlocked.Increment(ref _withheld);
        whole?.Withheld();
    }

    /// <summary>A copy was not made because the request was the caller's mistake.</summary>
    public void Spared()
    {
        Interlocked.Increment(ref _spared);
        whole?.Spared();
    }

    private void Count(ExchangeOutcome outcome, long sent, long read, TimeSpan took)
    {
        Interlocked.Increment(ref _made);
        if (outcome is ExchangeOutcome.Timeout)
        {
            Interlocked.Increment(ref _timedOut);
        }
        else if (outcome is not ExchangeOutcome.Ok)
        {
            Interlocked.Increment(ref _failed);
        }

        Interlocked.Add(ref _bytesSent, sent);
        Interlocked.Add(ref _bytesRead, read);
        Interlocked.Add(ref _ticks, took.Ticks);
    }
}
