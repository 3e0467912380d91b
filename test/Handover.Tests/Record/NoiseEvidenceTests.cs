using System.Text;
using Handover.Control.Evidence;
using Handover.Core.Evidence;
using Handover.Core.Foundation;
using Handover.Core.Rollouts;
using Handover.Core.Traffic;
using Handover.Ports;
using Xunit;

namespace Handover.Tests.Record;

/// <summary>Stable asked twice: noise is told from difference, also after a crash and after the end.</summary>
public sealed class NoiseEvidenceTests : IDisposable
{
    private readonly EvidenceWorld _world;
    private readonly Random _random = new(11);

    public NoiseEvidenceTests()
    {
        _world = new EvidenceWorld(service: EvidenceWorld.Plain with { Protocol = Core.Catalog.WireProtocol.Json });
        _world.State = _world.State with
        {
            Plan = _world.State.Plan with
            {
                Phases =
                [
                    new Phase.Start(TimeSpan.FromMinutes(1)),
                    new Phase.Shadow(Share.All, 100) { Redraw = Share.FromPercent(50) },
                    new Phase.Retire(TimeSpan.FromHours(1)),
                ],
            },
        };
        _world.Restart();
    }

    [Fact]
    public void What_stable_changes_by_itself_is_noise_and_what_only_the_candidate_changes_is_not()
    {
        Assert.Null(_world.Collector.Noise(_world.State));
        Ask(400);
        NoiseReading noise = _world.Collector.Noise(_world.State)!;
        Assert.InRange(noise.Triples, 150, 250);
        Assert.Equal(["/price"], noise.Differing);
        NoisyPath id = noise.Paths.Single(p => p.Name == "/draw");
        Assert.InRange(id.Noise, 0.4, 0.6);
        Assert.InRange(id.Raw, 0.4, 0.6);
        Assert.Equal((0.0, 1.0), (noise.Paths.Single(p => p.Name == "/price").Noise, noise.Paths[^1].Raw));
        Assert.Equal(["(outcome)", "/draw", "/kept", "/price"], noise.Paths.Select(p => p.Name));
    }

    [Fact]
    public void It_goes_on_after_a_crash_and_is_there_after_the_end()
    {
        Ask(200);
        _world.Clock.Advance(TimeSpan.FromSeconds(10));
        _world.Collector.Judge(_world.State, _world.Clock.GetUtcNow());
        NoiseReading before = _world.Collector.Noise(_world.State)!;
        NoiseReading after = _world.Restart().Noise(_world.State)!;
        Assert.Equal(before.Paths, after.Paths);
        _world.Collector.End(_world.State);
        RolloutState ended = _world.State with { Status = RolloutStatus.Succeeded, EndedAt = _world.State.StartedAt };
        Assert.Equal(before.Paths, _world.Collector.Noise(ended)!.Paths);
    }

    [Fact]
    public void A_second_answer_is_no_pair_and_no_request_of_a_gate()
    {
        for (int i = 0; i < 100; i++)
        {
            _world.Collector.Record(Exchange($"r-{i}", "v1", Purpose.Redraw, 1, 1));
        }

        Assert.All(_world.Collector.Counts("price"), c => Assert.Equal((0, 0), (c.StableUnits, c.CandidateUnits)));
        Assert.Null(_world.Collector.Noise(_world.State));
    }

    public void Dispose() => _world.Dispose();

    private void Ask(int requests)
    {
        for (int i = 0; i < requests; i++)
        {
            string id = $"r-{i}";
            Exchange[] all =
            [
                Exchange(id, "v1", Purpose.Live, 100, _random.Next(2)),
                Exchange(id, "v2", Purpose.Shadow, 200, _random.Next(2)),
                Exchange(id, "v1", Purpose.Redraw, 100, _random.Next(2)),
            ];
            _random.Shuffle(all);
            foreach (Exchange exchange in all)
            {
                bool asked = exchange.Purpose != Purpose.Redraw || MirrorDraw.Redraws(id, Share.FromPercent(50));
                if (asked)
                {
                    _world.Collector.Record(exchange);
                }
            }
        }
    }

    private Exchange Exchange(string id, string release, Purpose purpose, int price, int draw) =>
        new()
        {
            RequestId = id,
            Service = "price",
            Release = release,
            Epoch = 1,
            Reason = AssignReason.Stable,
            Purpose = purpose,
            Entity = id,
            CandidateShare = Share.None,
            At = _world.Clock.GetUtcNow(),
            Latency = TimeSpan.FromMilliseconds(1),
            Status = 200,
            Outcome = ExchangeOutcome.Ok,
            Inference = true,
            Method = "POST",
            Path = "/v2/models/price/infer",
            Response = Encoding.UTF8.GetBytes($$"""{"price":{{price}},"draw":{{draw}},"kept":"yes"}"""),
        };
}
