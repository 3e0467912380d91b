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

    [Fact]
    public void A_candidate_that_is_slow_under_all_bounds_is_asked_less_until_it_is_not()
    {
        // What 32 places see when answers take longer and longer at the same load (Little).
        for (int taken = 0; taken < 8; taken++)
        {
            Assert.Equal(Wanted, Occupied(taken));
        }

        Assert.Equal(Share.FromPercent(40), Occupied(20));
        Assert.Equal(MirrorPressure.Slow, _pressure.Why);
        Assert.Equal(Share.FromPercent(40), Occupied(12));
        Assert.Equal(Share.FromPercent(44), Occupied(3));
        for (int second = 0; second < 20; second++)
        {
            Occupied(3);
        }

        Assert.Equal((Wanted, null), (_pressure.Of(Wanted), _pressure.Why));
    }

    [Fact]
    public void One_burst_among_many_quiet_copies_is_no_pressure()
    {
        _pressure.Found(30, 32);
        for (int i = 0; i < 30; i++)
        {
            _pressure.Found(1, 32);
        }

        _clock.Advance(MirrorPressure.Window);
        Assert.Equal(Wanted, _pressure.Of(Wanted));
    }

    [Fact]
    public void Each_turn_is_told_once_with_its_reason()
    {
        Assert.Null(_pressure.TakeTurn());
        Second(suffers: true);
        Second(suffers: true);
        Assert.Equal((false, MirrorPressure.Late), (_pressure.TakeTurn(), _pressure.Why));
        Assert.Null(_pressure.TakeTurn());
        for (int second = 0; second < 30; second++)
        {
            Second(suffers: false);
        }

        Assert.Equal((true, null), (_pressure.TakeTurn(), _pressure.Why));
        Assert.Null(_pressure.TakeTurn());
        _pressure.Found(32, 32);
        _clock.Advance(MirrorPressure.Window);
        _pressure.Of(Wanted);
        Assert.Equal((false, MirrorPressure.Full), (_pressure.TakeTurn(), _pressure.Why));
    }

    /// <summary>
    /// The obvious twin: a candidate of one fixed speed, offered more than its half of the places; the share settles so
    /// that about that half is used, and never more than a window at twice the load.
    /// </summary>
    [Theory]
    [InlineData(100, 0.05)]
    [InlineData(100, 0.3)]
    [InlineData(200, 1.0)]
    [InlineData(1000, 2.0)]
    public void The_share_settles_where_the_candidate_keeps_up(double requestsPerSecond, double answerSeconds)
    {
        const int Places = 32;
        double used = 0;
        for (int second = 0; second < 400; second++)
        {
            double copies = requestsPerSecond * _pressure.Of(Share.All).Ratio.Value;
            int taken = (int)Math.Min(Places, copies * answerSeconds);
            for (int i = 0; i < Math.Max(1, (int)copies); i++)
            {
                _pressure.Found(taken, Places);
            }

            used += second >= 100 ? taken : 0;
            _clock.Advance(MirrorPressure.Window);
        }

        double wanted = requestsPerSecond * answerSeconds;
        double mean = used / 300;
        Assert.True(wanted <= Places / 2 ? mean >= (int)wanted : mean is >= 4 and <= 24, $"{mean} of {wanted}");
    }

    private Share Occupied(int taken)
    {
        for (int i = 0; i < 40; i++)
        {
            _pressure.Found(taken, 32);
        }

        _clock.Advance(MirrorPressure.Window);
        return _pressure.Of(Wanted);
    }

    private Share Second(bool suffers)
    {
        for (int i = 0; i < 10 && suffers; i++)
        {
            _pressure.Suffered(MirrorPressure.Late);
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
