using System.Diagnostics;

namespace Handover.Bench.Cutover;

/// <summary>
/// One way of switching, under open-loop load: failed requests by the callers' count, and requests that came to the old
/// release after the first that came to the new one, by the model servers' own logs.
/// </summary>
/// <param name="Requests">Requests of the callers.</param>
/// <param name="Failed">Those without a 2xx answer.</param>
/// <param name="Stale">Requests at the old release after the first at the new one, over all switches.</param>
/// <param name="Switches">Switches.</param>
internal sealed record SwitchRun(int Requests, int Failed, int Stale, int Switches)
{
    /// <summary>Of the failed, those that were told to come again: held longer than the bound, or no room.</summary>
    public int Refused { get; init; }

    /// <summary>Runs it.</summary>
    /// <param name="target">Where callers send.</param>
    /// <param name="old">Serves before the first switch.</param>
    /// <param name="fresh">Serves after it; the two take turns.</param>
    /// <param name="plan">How often, how fast.</param>
    /// <param name="switching">Switches; true: to the new one.</param>
    public static async Task<SwitchRun> RunAsync(
        Uri target,
        TimedModel old,
        TimedModel fresh,
        CutoverPlan plan,
        Func<bool, Task> switching
    )
    {
        using var load = new OpenLoad(target, plan.Rate);
        using var stop = new CancellationTokenSource();
        Task running = load.RunAsync(stop.Token);
        await Task.Delay(TimeSpan.FromSeconds(1));
        var at = new List<(long From, bool Fresh)>();
        for (int i = 0; i < plan.Switches; i++)
        {
            at.Add((Stopwatch.GetTimestamp(), i % 2 == 0));
            await switching(i % 2 == 0);
            await Task.Delay(plan.Between);
        }

        // The last two are cleared away by time, so that a switch back is not counted into the next peer's run.
        await stop.CancelAsync();
        await running;
        return new SwitchRun(load.Records.Count, load.Failed, StaleOf(at, old, fresh), plan.Switches)
        {
            Refused = load.Records.Count(r => r.Status == 503),
        };
    }

    private static int StaleOf(IReadOnlyList<(long From, bool Fresh)> switches, TimedModel old, TimedModel fresh)
    {
        long[] atOld = [.. old.Arrivals.Order()];
        long[] atNew = [.. fresh.Arrivals.Order()];
        int stale = 0;
        for (int i = 0; i < switches.Count; i++)
        {
            (long from, bool toFresh) = switches[i];
            long until = i + 1 < switches.Count ? switches[i + 1].From : long.MaxValue;
            (long[] left, long[] taken) = toFresh ? (atOld, atNew) : (atNew, atOld);
            long first = taken.FirstOrDefault(t => t > from, long.MaxValue);
            stale += left.Count(t => t > first && t < until);
        }

        return stale;
    }
}

/// <summary>How much is measured.</summary>
/// <param name="Switches">Switches of our own.</param>
/// <param name="PeerSwitches">Switches of each peer.</param>
/// <param name="Rate">Requests per second.</param>
/// <param name="Between">Pause between switches.</param>
/// <param name="Shifts">5 % shifts.</param>
/// <param name="Seconds">Length of each side of the ledger's measurement.</param>
/// <param name="WarmRounds">Switches to a warmed release, and as many to one that is not.</param>
internal sealed record CutoverPlan(
    int Switches,
    int PeerSwitches,
    double Rate,
    TimeSpan Between,
    int Shifts,
    int Seconds,
    int WarmRounds
)
{
    /// <summary>Requests per second at the model that is warmed or not.</summary>
    public double WarmRate => 200;

    /// <summary>Requests between the first ones and those that are the steady state.</summary>
    public int WarmSkip => 500;

    /// <summary>Least requests that the switches are judged by.</summary>
    public int LeastRequests { get; init; }

    /// <summary>The same at another rate; on a slow machine longer, so that there are as many requests.</summary>
    public CutoverPlan At(double rate)
    {
        var needed = TimeSpan.FromSeconds(1.03 * LeastRequests / (rate * Switches));
        return this with { Rate = rate, Between = needed > Between ? needed : Between };
    }

    public static CutoverPlan Full { get; } =
        new(100, 10, 600, TimeSpan.FromSeconds(1), 60, 10, 5) { LeastRequests = 100_000 };

    public static CutoverPlan Quick { get; } = new(10, 4, 200, TimeSpan.FromMilliseconds(300), 8, 3, 1);
}
