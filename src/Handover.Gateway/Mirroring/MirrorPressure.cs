using Handover.Core.Foundation;

namespace Handover.Gateway.Mirroring;

/// <summary>
/// Lowers the share of requests that are copied while the one who answers the copies cannot keep up, and raises it
/// again by itself: half after each second in which copies found no place, got no answer in time, or found more than
/// half of the places taken on average; five points of the share back after each second in which they found less than a
/// quarter taken. It never falls to nothing, so that a recovery is noticed.
/// </summary>
/// <remarks>
/// Places taken are requests per second times the time of an answer (Little), so the rule sees a candidate that is slow
/// under any deadline, in proportion to the load that it is slow at, and needs no idea of how fast it ought to be: a
/// comparison with its own past would call a change of the callers' questions pressure. Between a quarter and a half
/// the share stays as it is, or it would never rest. Requests read one volatile number; a window is closed by the first
/// request after its end.
/// </remarks>
/// <param name="time">Clock.</param>
internal sealed class MirrorPressure(TimeProvider time)
{
    /// <summary>How long signs of pressure are gathered before the share answers to them.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromSeconds(1);

    /// <summary>A copy found no place.</summary>
    public const string Full = "copies find no place";

    /// <summary>A copy's answer did not come in time.</summary>
    public const string Late = "copies get no answer in time";

    /// <summary>Answers take long for the number of copies.</summary>
    public const string Slow = "answers are so slow that more than half of the places are taken";

    private const int Whole = 1_000;
    private const int Floor = 10;
    private const int Step = 50;

    private readonly Lock _gate = new();
    private long _windowEnds = time.GetTimestamp() + (long)(Window.TotalSeconds * time.TimestampFrequency);
    private string? _suffered;
    private long _parts;
    private long _found;
    private volatile int _factor = Whole;
    private volatile string? _why;
    private int _turn;

    /// <summary>The part of the wanted share that is copied now, in (0, 1].</summary>
    public double Factor => (double)_factor / Whole;

    /// <summary>Why the share is lower than wanted; null when it is not.</summary>
    public string? Why => _why;

    /// <summary>A sign that too much is asked: <see cref="Full"/> or <see cref="Late"/>.</summary>
    public void Suffered(string why) => Volatile.Write(ref _suffered, why);

    /// <summary>A copy looked for a place.</summary>
    /// <param name="taken">Places that others had.</param>
    /// <param name="places">All of them, at least one.</param>
    public void Found(int taken, int places)
    {
        if (taken >= places)
        {
            Suffered(Full);
        }

        Interlocked.Add(ref _parts, (long)Math.Min(taken, places) * Whole / places);
        Interlocked.Increment(ref _found);
    }

    /// <summary>
    /// Whether the share has just left the wanted one (false) or come back to it (true); null when neither since the
    /// last question. For one line in the log at each turn.
    /// </summary>
    public bool? TakeTurn() =>
        Volatile.Read(ref _turn) == 0
            ? null
            : Interlocked.Exchange(ref _turn, 0) switch
            {
                > 0 => true,
                < 0 => false,
                _ => null,
            };

    /// <summary>The share that is copied now: at most <paramref name="wanted"/>, and never nothing of it.</summary>
    public Share Of(Share wanted)
    {
        Turn();
        int factor = _factor;
        return factor == Whole || wanted.Parts == 0
            ? wanted
            : new Share(Math.Max(1, (int)((long)wanted.Parts * factor / Whole)));
    }

    private void Turn()
    {
        long now = time.GetTimestamp();
        if (now < Volatile.Read(ref _windowEnds) || !_gate.TryEnter())
        {
            return;
        }

        try
        {
            long length = (long)(Window.TotalSeconds * time.TimestampFrequency);
            long over = now - _windowEnds;
            if (over < 0)
            {
                return;
            }

            // Seconds in which nobody asked were seconds without pressure.
            long quiet = Math.Min(Whole, over / length);
            Volatile.Write(ref _windowEnds, now + length);
            long parts = Interlocked.Exchange(ref _parts, 0);
            long taken = parts / Math.Max(1, Interlocked.Exchange(ref _found, 0));
            string? why = Interlocked.Exchange(ref _suffered, null) ?? (taken > Whole / 2 ? Slow : null);
            int first =
                why is not null ? Math.Max(Floor, _factor / 2)
                : taken > Whole / 4 ? _factor
                : _factor + Step;
            Set((int)Math.Min(Whole, first + (quiet * Step)), why);
        }
        finally
        {
            _gate.Exit();
        }
    }

    private void Set(int factor, string? why)
    {
        int before = _factor;
        _why = factor == Whole ? null : why ?? _why;
        _factor = factor;
        if ((before == Whole) != (factor == Whole))
        {
            Volatile.Write(ref _turn, factor == Whole ? 1 : -1);
        }
    }
}
