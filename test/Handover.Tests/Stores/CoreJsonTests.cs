using System.Text.Json;
using Handover.Control.Stores;
using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Core.Gates;
using Handover.Core.Moves;
using Handover.Core.Rollouts;
using Handover.Tests.Rollouts;
using Xunit;

namespace Handover.Tests.Stores;

/// <summary>What stores keep must be readable for ever: names on disk are promises.</summary>
public sealed class CoreJsonTests
{
    private static readonly DateTimeOffset At = RolloutWalk.Start;

    private static readonly RolloutPlan Plan = RolloutWalk.Parallel(
        new Phase.Verify(),
        new Phase.Start(TimeSpan.FromMinutes(1)),
        new Phase.Warm(20),
        new Phase.Shadow(Share.FromPercent(10), 500),
        new Phase.Shift(Share.FromPercent(5), "internal", TimeSpan.FromSeconds(3), 10),
        new Phase.Switch(TimeSpan.FromMilliseconds(400), DrainMode.Atomic)
        {
            Stack = StackUse.Single,
            WarmRequests = 50,
        },
        new Phase.Bake(TimeSpan.FromSeconds(1)),
        new Phase.Retire(TimeSpan.FromHours(1))
    );

    private static readonly Segment Internals = new(
        "internal",
        Rule.Read("""{"and":[{"in":[{"var":"tenant"},["acme"]]},{"!":[{"starts_with":[{"var":"country"},"x"]}]}]}""")
    );

    private static readonly Verdict Verdict = new(
        Outcome.RollBack,
        ["errors: v2 is sick"],
        [new GateReading("errors", Outcome.RollBack, double.PositiveInfinity, 3, 100, "…")]
    )
    {
        Culprit = "errors",
        SickRelease = "v2",
    };

    private static readonly RolloutEvent[] Events =
    [
        new RolloutEvent.Started(At, "ann", "price-v2.1", Plan, "v1", Impact.High, [Internals]),
        new RolloutEvent.PhaseEntered(At, 3, "shadow"),
        new RolloutEvent.Settled(At, "gathers evidence"),
        new RolloutEvent.Moved(
            At,
            2,
            Share.FromPercent(1),
            new Dictionary<string, Share> { ["internal"] = Share.All },
            TimeSpan.FromMilliseconds(4)
        ),
        new RolloutEvent.MoveGivenUp(At, "silent"),
        new RolloutEvent.VerdictReached(At, Verdict),
        new RolloutEvent.PhaseCompleted(At, "bob", 3, "why"),
        new RolloutEvent.HoldBegan(At, "why"),
        new RolloutEvent.HoldEnded(At, "bob"),
        new RolloutEvent.Paused(At, "bob"),
        new RolloutEvent.Resumed(At, "bob"),
        new RolloutEvent.Approved(At, "bob"),
        new RolloutEvent.ShareWished(At, "bob", Share.FromPercent(30)),
        new RolloutEvent.PromotedFully(At, "bob"),
        new RolloutEvent.RollbackDecided(At, "bob", "why"),
        new RolloutEvent.RolledBack(At, 3),
        new RolloutEvent.Refused(At, ["a", "b"]),
        new RolloutEvent.Failed(At, "why"),
        new RolloutEvent.Succeeded(At, At),
        new RolloutEvent.OldStopped(At),
        new RolloutEvent.StableMeasured(At, 4.5),
        new RolloutEvent.Closed(At, 2, "v1", TimeSpan.FromMilliseconds(4)),
        new RolloutEvent.StackStopped(At, "v1"),
        new RolloutEvent.StackStarted(At, "v2"),
        new RolloutEvent.Warmed(At, "converged"),
        new RolloutEvent.Interrupted(
            At,
            new SeenInterruption(TimeSpan.FromMilliseconds(812), 40, 2, TimeSpan.FromSeconds(1)) { Whole = false }
        ),
        new RolloutEvent.AgreementLost(At, ["a", "b"]),
        new RolloutEvent.AgreementReached(At),
        new RolloutEvent.TrackWaits(At, "bob", "beta", "paused by bob") { NeedsPerson = true },
        new RolloutEvent.TrackGoes(At, "bob", "beta"),
        new RolloutEvent.SegmentTakenBack(At, "beta", "errors are worse"),
        new RolloutEvent.SegmentReadmitted(At, "bob", "beta"),
        new RolloutEvent.Frozen(At, "v1", new Dictionary<string, string> { ["m/v1.onnx"] = "ab12" }),
    ];

    [Fact]
    public void Every_event_comes_back_as_it_was_written()
    {
        Assert.Equal(
            typeof(RolloutEvent).GetNestedTypes().Select(t => t.Name).Order(),
            Events.Select(e => e.GetType().Name).Order()
        );
        foreach (RolloutEvent e in Events)
        {
            string text = JsonSerializer.Serialize(e, CoreJson.Options);
            RolloutEvent back = JsonSerializer.Deserialize<RolloutEvent>(text, CoreJson.Options)!;
            Assert.Equal(e.GetType(), back.GetType());
            Assert.Equal(text, JsonSerializer.Serialize(back, CoreJson.Options));
            Assert.Equal(e.Text, back.Text);
        }
    }

    [Fact]
    public void Names_on_disk_do_not_change()
    {
        Assert.Equal(
            """{"$kind":"moved","epoch":2,"share":1000,"segmentShares":{"internal":100000},"held":"00:00:00.0040000","barred":[],"text":"epoch 2: the candidate has 1% of all and 100% of internal; held for 4 ms","at":"2026-01-01T00:00:00+00:00","actor":"engine"}""",
            JsonSerializer.Serialize(Events[3], CoreJson.Options)
        );
    }
}
