using Handover.Core.Gates;
using Xunit;

namespace Handover.Tests.Record;

/// <summary>
/// Requests are recorded while gates are asked and forecasts are made. Whoever took two of the locks in another order
/// than somebody else would stop the whole node, every request with it.
/// </summary>
public sealed class EvidenceLockTests
{
    private const int Looks = 10_000;

    [Fact(Timeout = 60_000)]
    public async Task Requests_judgements_and_forecasts_never_wait_for_each_other_in_a_circle()
    {
        using var world = new EvidenceWorld();
        DateTimeOffset start = world.Clock.GetUtcNow();
        ForecastStep[] steps = [new(0.1, TimeSpan.FromHours(1), 0)];
        using var done = new CancellationTokenSource();
        Task[] others =
        [
            Loop(() => world.Send("c-1", _ => false)),
            Loop(() => world.Collector.Forecast(world.State, world.Service, steps)),
            Loop(() => world.Collector.P99("price", "v1")),
        ];
        int looked = 0;
        for (int i = 1; i <= Looks; i++)
        {
            looked += world.Collector.Judge(world.State, start.AddSeconds(10 * i)).Count;
        }

        await done.CancelAsync();
        await Task.WhenAll(others);
        Assert.Equal(Looks, looked);

        Task Loop(Action step) =>
            Task.Factory.StartNew(
                () =>
                {
                    while (!done.IsCancellationRequested)
                    {
                        step();
                    }
                },
                CancellationToken.None,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default
            );
    }
}
