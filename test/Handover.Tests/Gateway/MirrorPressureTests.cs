using Handover.Core.Foundation;
using Handover.Gateway.Mirroring;
using Xunit;

namespace Handover.Tests.Gateway;

/// <summary>The copied share lowers itself under pressure, never to nothing, and comes back by itself.</summary>
public sealed class MirrorPressureTests
{
    private static readonly Share Wanted = Share.FromPercent(80);

    private readonly Stopped _clock = new();
    private readonly MirrorPressure _pressure;

    public MirrorPressureTests() => _pressure = new MirrorPressure(_clock);

    [Fact]
    public void Without_pressure_everything_wanted_is_copied()
    {
        for (int second = 0; second < 100; second++)
        {
            Assert.Equal(Wanted, Second(suffers: false));
        }
    }

    [Fact]
    public void Each_second_of_pressure_halves_the_share_however_many_copies_suffered()
    {
        Assert.Equal(Share.FromPercent(40), Second(suffers: true));
        Assert.Equal(Share.FromPercent(20), Second(suffers: true));
        for (int second = 0; second < 100; second++)
        {
            Second(suffers: true);
        }

        // Something is still asked, or nobody would notice that the release is well again.
        Assert.Equal(Share.FromPercent(0.8), Second(suffers: true));
        Assert.Equal(1, _pressure.Of(new Share(1)).Parts);
        Assert.Equal(Share.None, _pressure.Of(Share.None));
    }

    [Fact]
    public void The_share_comes_back_within_twenty_seconds_and_never_beyond_what_is_wanted()
    {
        for (int second = 0; second < 10; second++)
        {
            Second(suffers: true);
        }

        Share before = _pressure.Of(Wanted);
        for (int second = 0; second < 20; second++)
        {
            Share now = Second(suffers: false);
            Assert.True(now.Parts > before.Parts || now == Wanted);
            before = now;
        }

        Assert.Equal(Wanted, before);
    }

    [Fact]
    public void Seconds_in_which_nobody_asked_count_as_quiet()
    {
        Second(suffers: true);
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(Wanted, _pressure.Of(Wanted));
        Assert.Equal(Share.FromPercent(40), Second(suffers: true));
    }

    private Share Second(bool suffers)
    {
        for (int i = 0; i < 10 && suffers; i++)
        {
            _pressure.Suffered();
        }

        _clock.Advance(MirrorPressure.Window);
        return _pressure.Of(Wanted);
    }

    private sealed class Stopped : TimeProvider
    {
        private long _now = 1;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now;

        public void Advance(TimeSpan by) => _now += by.Ticks;
    }
}
