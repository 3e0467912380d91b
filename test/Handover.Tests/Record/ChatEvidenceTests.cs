using System.Text;
using Handover.Control.Evidence;
using Handover.Core.Catalog;
using Handover.Core.Evidence;
using Handover.Core.Foundation;
using Handover.Core.Gates;
using Handover.Core.Rollouts;
using Handover.Core.Traffic;
using Handover.Ports;
using Handover.Tests.Journal;
using Xunit;

namespace Handover.Tests.Record;

/// <summary>
/// Chats in shadow: a stream that broke off under a 200 is a failure of its own, reasons are told and bounded, first
/// bytes are told apart from whole answers, and all of it outlives a crash.
/// </summary>
public sealed class ChatEvidenceTests : IDisposable
{
    private const string Good = """
        data: {"choices":[{"index":0,"delta":{"content":"blue"}}]}

        data: [DONE]


        """;

    private const string Cut = """
        data: {"choices":[{"index":0,"delta":{"content":"bl"}}]}


        """;

    private const string Sick = """
        data: {"choices":[{"index":0,"delta":{"content":"bl"}}]}

        data: {"error":{"message":"the secret is 42"}}

        data: [DONE]


        """;

    private readonly EvidenceWorld _world;
    private int _next;

    public ChatEvidenceTests()
    {
        _world = new EvidenceWorld(service: EvidenceWorld.Plain with { Protocol = WireProtocol.OpenAi });
        _world.State = _world.State with
        {
            Plan = _world.State.Plan with
            {
                Phases =
                [
                    new Phase.Start(TimeSpan.FromMinutes(1)),
                    new Phase.Shadow(Share.All, 100),
                    new Phase.Retire(TimeSpan.FromHours(1)),
                ],
            },
        };
        _world.Restart();
    }

    [Fact]
    public void A_candidates_stream_that_breaks_off_or_tells_an_error_is_a_failure_of_the_pair()
    {
        Pair(Good, Good);
        Pair(Good, Cut);
        Pair(Good, Sick);
        Pair(Cut, Sick);
        Judge();
        PairTick errors = _world
            .Store.Ticks("p.1")
            .SelectMany(t => TickCodec.Read(t).Value.Pairs)
            .Single(p => p.Metric == "errors");
        Assert.Equal((2, 0, 1, 4), (errors.CandidateOnly, errors.StableOnly, errors.BothBad, errors.Pairs));
        Assert.Equal(
            new Dictionary<string, long>
            {
                ["the member answered 200 with an error in it"] = 2,
                ["the stream ended before its last event"] = 1,
            },
            Reading.Failures
        );
    }

    [Fact]
    public void Reasons_are_told_and_bounded_and_outlive_a_crash()
    {
        for (int i = 0; i < 50; i++)
        {
            Pair(Good, Good, failure: $"reason {i % 40:00}");
        }

        Assert.Equal(21, Reading.Failures.Count);
        Assert.Equal(50, Reading.Failures.Values.Sum());
        Assert.Equal((2, 20), (Reading.Failures["reason 03"], Reading.Failures[RolloutEvidence.OtherReasons]));
        IReadOnlyDictionary<string, long> before = Reading.Failures;
        Judge();
        _world.Restart();
        Assert.Equal(before, Reading.Failures);
    }

    [Fact]
    public void First_bytes_are_told_apart_from_whole_answers_by_release_and_outlive_a_crash()
    {
        for (int i = 0; i < 100; i++)
        {
            Pair(Good, Good);
        }

        Judge();
        _world.Restart();
        PairSpeed speed = Reading.Speed;
        Assert.Equal(100, speed.Pairs);
        Assert.InRange(speed.StableFirst.Quantile(0.5)!.Value, 9.8, 10.2);
        Assert.InRange(speed.StableWhole.Quantile(0.99)!.Value, 98, 102);
        Assert.InRange(speed.CandidateFirst.Quantile(0.5)!.Value, 49, 51);
        Assert.InRange(speed.CandidateWhole.Quantile(0.5)!.Value, 294, 306);
    }

    public void Dispose() => _world.Dispose();

    private ShadowReading Reading => _world.Collector.Shadow(_world.State);

    private IReadOnlyList<GateCounts> Judge()
    {
        _world.Clock.Advance(TimeSpan.FromSeconds(10));
        Assert.NotNull(_world.Collector.Judge(_world.State, _world.Clock.GetUtcNow()));
        return _world.Collector.Counts("price");
    }

    private void Pair(string stable, string candidate, string? failure = null)
    {
        string id = $"r-{_next++}";
        Exchange live = Exchanges.One(_next, "v1") with
        {
            RequestId = id,
            Entity = id,
            Purpose = Purpose.Live,
            Reason = AssignReason.Stable,
            CandidateShare = Share.None,
            At = _world.Clock.GetUtcNow(),
            Response = Encoding.UTF8.GetBytes(stable),
            FirstByte = TimeSpan.FromMilliseconds(10),
            Latency = TimeSpan.FromMilliseconds(100),
        };
        _world.Collector.Record(live);
        _world.Collector.Record(
            live with
            {
                Release = "v2",
                Purpose = Purpose.Shadow,
                Response = failure is null ? Encoding.UTF8.GetBytes(candidate) : null,
                Outcome = failure is null ? ExchangeOutcome.Ok : ExchangeOutcome.ModelError,
                Failure = failure,
                FirstByte = TimeSpan.FromMilliseconds(50),
                Latency = TimeSpan.FromMilliseconds(300),
            }
        );
    }
}
