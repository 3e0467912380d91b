using Handover.Control.Warming;
using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Ports;
using Handover.Testkit.Stores;
using Handover.Tests.Journal;
using Xunit;

namespace Handover.Tests.Warming;

/// <summary>Warming slows down when stable's own callers wait longer than before, and only then.</summary>
public sealed class WarmPaceTests : IJournalPort
{
    private readonly TestClock _clock = new();
    private readonly List<Exchange> _live = [];

    public long Dropped => 0;

    [Fact]
    public async Task Each_look_at_callers_who_wait_longer_halves_the_load_until_the_slowest()
    {
        Answer(50, 40);
        WarmPace pace = Pace();
        await pace.BeginAsync(default);
        Assert.Equal((0, 2, 0.0), (pace.Level, pace.Concurrency, pace.Rest));
        double[] loads = new double[WarmPace.Slowest + 1];
        loads[0] = pace.Concurrency / (1 + pace.Rest);
        for (int i = 1; i <= WarmPace.Slowest; i++)
        {
            Answer(50, 60);
            Assert.True(await pace.LookAsync(default));
            Assert.Equal(i, pace.Level);
            loads[i] = pace.Concurrency / (1 + pace.Rest);
        }

        Assert.All(loads.Zip(loads.Skip(1)), l => Assert.Equal(2, l.First / l.Second));
        Answer(50, 60);
        Assert.False(await pace.LookAsync(default));
    }

    [Theory]
    [InlineData(50, 47)] // within the margin of a fifth
    [InlineData(19, 500)] // too few to know
    public async Task What_is_within_the_margin_or_not_known_changes_nothing(int answers, double ms)
    {
        Answer(50, 40);
        WarmPace pace = Pace();
        await pace.BeginAsync(default);
        Answer(answers, ms);
        Assert.False(await pace.LookAsync(default));
        Assert.Equal(0, pace.Level);
    }

    [Fact]
    public async Task Answers_from_before_a_lower_pace_are_not_held_against_it()
    {
        Answer(50, 40);
        WarmPace pace = Pace();
        await pace.BeginAsync(default);
        Answer(50, 60);
        Assert.True(await pace.LookAsync(default));
        Assert.False(await pace.LookAsync(default));
        Answer(50, 40);
        Assert.False(await pace.LookAsync(default));
        Assert.Equal((1, 40), (pace.Level, pace.LiveP95Ms));
    }

    [Fact]
    public async Task Where_nobody_asked_before_nothing_can_be_held_against_warming()
    {
        WarmPace pace = Pace();
        await pace.BeginAsync(default);
        Answer(50, 900);
        Assert.False(await pace.LookAsync(default));
    }

    public Task<IReadOnlyList<Exchange>> RecentAsync(JournalQuery query, int limit, CancellationToken cancel) =>
        Task.FromResult<IReadOnlyList<Exchange>>([
            .. _live.Where(e => e.Release == query.Release && e.At > query.Since).Reverse().Take(limit),
        ]);

    public Task<IReadOnlyList<Exchange>> FindAsync(
        string service,
        IReadOnlyCollection<string> requestIds,
        CancellationToken cancel
    ) => throw new NotSupportedException();

    public Task<IReadOnlyList<(long Number, Exchange Exchange)>> AfterAsync(
        JournalQuery query,
        long after,
        int limit,
        CancellationToken cancel
    ) => throw new NotSupportedException();

    public Task<long> HeadAsync(CancellationToken cancel) => throw new NotSupportedException();

    private void Answer(int count, double ms)
    {
        _clock.Advance(TimeSpan.FromSeconds(1));
        for (int i = 0; i < count; i++)
        {
            _live.Add(Exchanges.One(i) with { At = _clock.GetUtcNow(), Latency = TimeSpan.FromMilliseconds(ms) });
        }

        _clock.Advance(TimeSpan.FromMilliseconds(1));
    }

    private WarmPace Pace() =>
        new(
            this,
            _clock,
            new WarmJob(
                new Service
                {
                    Name = "price",
                    Route = new ServiceRoute("/p"),
                    Stable = "v1",
                    Entity = new EntityKey(ValueSource.Header, "x-id"),
                },
                "v1",
                "v2",
                50
            )
            {
                LatencyMargin = new Ratio(0.2),
            }
        );
}
