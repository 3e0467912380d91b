using CsCheck;
using Handover.Control.Evidence;
using Handover.Core.Foundation;
using Handover.Core.Moves;
using Handover.Core.Rollouts;
using Handover.Ports;
using Xunit;

namespace Handover.Tests.Record;

/// <summary>
/// What became of copies is counted by rollout: over all gateways, their restarts and ours, and nothing twice.
/// </summary>
public sealed class CopyCountsTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly EvidenceWorld _world = new();
    private readonly Counting _a = new("a");
    private readonly Counting _b = new("b");

    public CopyCountsTests() => _world.Collector.Gateways = [_a, _b];

    [Fact]
    public void Gateways_are_added_up_and_copies_of_another_rollout_are_not()
    {
        _a.Tell("p.1", Start, 10);
        _b.Tell("p.1", Start, 5);
        Assert.Equal(15, Made);
        _b.Tell("q.1", Start, 100);
        Assert.Equal(15, Made);
    }

    [Fact]
    public void A_gateway_that_begins_anew_adds_to_what_it_had_counted_before()
    {
        _a.Tell("p.1", Start, 10);
        Judge();
        _a.Tell("p.1", Start.AddSeconds(9), 3);
        Assert.Equal(13, Made);
        _a.Tell("p.1", Start.AddSeconds(9), 4);
        Assert.Equal(14, Made);
    }

    [Fact]
    public void The_counts_are_there_after_a_crash_and_after_the_end()
    {
        _a.Tell("p.1", Start, 10);
        Judge();
        _world.Restart().Gateways = [_a];
        Assert.Equal(10, Made);
        _a.Tell("p.1", Start, 12);
        _world.Collector.End(_world.State);
        RolloutState over = _world.State with { Status = RolloutStatus.Succeeded, EndedAt = Start };
        _a.Tell("q.1", Start, 1000);
        Assert.Equal(12, _world.Collector.Shadow(over).Copies.AllCopies.Made);
        Assert.Equal(24, _world.Collector.Shadow(over).Copies.AllRedraws.Made);
    }

    [Fact]
    public void However_often_and_in_which_order_gateways_tell_the_sum_is_that_of_the_last_word_of_each_beginning()
    {
        Gen.Select(Gen.Int[0, 2], Gen.Int[0, 3], Gen.Int[0, 50])
            .List[0, 60]
            .Sample(told =>
            {
                var sums = new CopySums();
                var beginnings = new int[3];
                var counted = new Dictionary<(int, int), int>();
                foreach ((int gateway, int step, int more) in told)
                {
                    beginnings[gateway] += step == 0 ? 1 : 0;
                    (int, int) key = (gateway, beginnings[gateway]);
                    counted[key] = counted.GetValueOrDefault(key) + more;
                    var tally = new CopyTally { Made = counted[key] };
                    var counts = new MirrorCounts("p.1", Start.AddSeconds(key.Item2), tally, new CopyTally());
                    sums = sums.With($"{gateway}", counts).With($"{gateway}", counts);
                }

                Assert.Equal(counted.Values.Sum(), sums.AllCopies.Made);
            });
    }

    public void Dispose() => _world.Dispose();

    private long Made => _world.Collector.Shadow(_world.State).Copies.AllCopies.Made;

    private void Judge()
    {
        _world.Clock.Advance(TimeSpan.FromSeconds(10));
        Assert.NotNull(_world.Collector.Judge(_world.State, _world.Clock.GetUtcNow()));
    }

    /// <summary>A gateway that tells what a test says.</summary>
    private sealed class Counting(string id) : IGatewayPort
    {
        private MirrorCounts? _counts;

        public event Action<GatewayReply>? Replied
        {
            add { }
            remove { }
        }

        public string Id => id;

        public string Incarnation => id;

        public void Tell(string rollout, DateTimeOffset since, int made) =>
            _counts = new MirrorCounts(
                rollout,
                since,
                new CopyTally { Made = made },
                new CopyTally { Made = 2 * made }
            );

        public GatewayStatus? Status(string service) =>
            new(service, 1, false, 0, new Dictionary<string, int>(), new Dictionary<string, int>())
            {
                Mirrored = _counts,
            };

        public void Configure(GatewayConfiguration configuration) => throw new NotSupportedException();

        public void Deliver(MoveMessage message) => throw new NotSupportedException();

        public ValueTask<GatewayAnswer?> AskAsync(
            string service,
            string? entity,
            IReadOnlyDictionary<string, string> attributes
        ) => throw new NotSupportedException();

        public Problem? Switch(string service, KillSwitch? off) => throw new NotSupportedException();
    }
}
