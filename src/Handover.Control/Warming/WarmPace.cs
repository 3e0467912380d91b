using Handover.Core.Traffic;
using Handover.Ports;

namespace Handover.Control.Warming;

/// <summary>
/// How hard warming may lean on a machine that serves callers at the same time. While it goes on, what stable's own
/// callers wait is read from the journal; when that grows beyond the margin warming slows down, for good: a release
/// that takes longer to warm has hurt nobody.
/// </summary>
internal sealed class WarmPace(IJournalPort journal, TimeProvider time, WarmJob job)
{
    /// <summary>The slowest pace; one request, then a rest of 15 times as long as it took.</summary>
    public const int Slowest = 5;

    /// <summary>Fewer answers than this say nothing about a 95th percentile.</summary>
    public const int LeastLive = 20;

    private const int MostLive = 200;
    private static readonly TimeSpan Before = TimeSpan.FromMinutes(5);

    private double? _beforeMs;
    private DateTimeOffset _since;

    /// <summary>0 is full pace; each step halves the load, up to <see cref="Slowest"/>.</summary>
    public int Level { get; private set; }

    /// <summary>Stable's live 95th percentile at the last look, in ms; null without enough answers.</summary>
    public double? LiveP95Ms { get; private set; }

    /// <summary>Requests under way at once.</summary>
    public int Concurrency => Level == 0 ? 2 : 1;

    /// <summary>Rest after each request, as a multiple of the time that it took.</summary>
    public double Rest => Level <= 1 ? 0 : (1 << (Level - 1)) - 1;

    /// <summary>Takes note of what callers wait before anything is replayed.</summary>
    public async Task BeginAsync(CancellationToken cancel)
    {
        _since = time.GetUtcNow();
        _beforeMs = await LiveAsync(_since - Before, cancel);
    }

    /// <summary>Looks whether callers wait longer than before; true when the pace was lowered.</summary>
    public async Task<bool> LookAsync(CancellationToken cancel)
    {
        if (_beforeMs is not { } before || await LiveAsync(_since, cancel) is not { } now)
        {
            return false;
        }

        LiveP95Ms = now;
        if (now <= Math.Max((1 + job.LatencyMargin.Value) * before, before + Warmer.FloorMs) || Level == Slowest)
        {
            return false;
        }

        // Judged anew from here on, by answers that met the lower pace only.
        Level++;
        _since = time.GetUtcNow();
        return true;
    }

    private async Task<double?> LiveAsync(DateTimeOffset since, CancellationToken cancel)
    {
        var query = new JournalQuery(job.Service.Name)
        {
            Release = job.Stable,
            Purpose = Purpose.Live,
            Since = since,
        };
        IReadOnlyList<Exchange> live = await journal.RecentAsync(query, MostLive, cancel);
        double[] waits = [.. live.Where(e => e.Inference).Select(e => e.Latency.TotalMilliseconds)];
        return waits.Length < LeastLive ? null : Warmer.Quantile(waits, 0.95);
    }
}
