using Handover.Core.Foundation;

namespace Handover.Gateway.Mirroring;

/// <summary>
/// Lowers the share of requests that are copied while the one who answers the copies cannot keep up, and raises it
/// again by itself: half after each second in which copies found no place or no answer in time, five points of the
/// share back after each second without. It never falls to nothing, so that a recovery is noticed.
/// </summary>
/// <remarks>Requests read one volatile number. A window is closed by the first request after its end.</remarks>
/// <param name="time">Clock.</param>
internal sealed class MirrorPressure(TimeProvider time)
{
    /// <summary>How long signs of pressure are gathered before the share answers to them.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromSeconds(1);

    private const int Full = 1_000;
    private const int Floor = 10;
    private const int Step = 50;

    private readonly Lock _gate = new();
    private long _windowEnds = time.GetTimestamp() + (long)(Window.TotalSeconds * time.TimestampFrequency);
    private int _suffered;
    private volatile int _factor = Full;

    /// <summary>The part of the wanted share that is copied now, in (0, 1].</summary>
    public double Factor => (double)_factor / Full;

    /// <summary>A copy found no place, or its answer did not come in time.</summary>
    public void Suffered() => Volatile.Write(ref _suffered, 1);

    /// <summary>The share that is copied now: at most <paramref name="wanted"/>, and never nothing of it.</summary>
    public Share Of(Share wanted)
    {
        Turn();
        int factor = _factor;
        return factor == Full || wanted.Parts == 0
            ? wanted
            : new Share(Math.Max(1, (int)((long)wanted.Parts * factor / Full)));
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
            long quiet = Math.Min(Full, over / length);
            Volatile.Write(ref _windowEnds, now + length);
            bool suffered = Interlocked.Exchange(ref _suffered, 0) == 1;
            int first = suffered ? Math.Max(Floor, _factor / 2) : _factor + Step;
            _factor = (int)Math.Min(Full, first + (quiet * Step));
        }
        finally
        {
            _gate.Exit();
        }
    }
}
