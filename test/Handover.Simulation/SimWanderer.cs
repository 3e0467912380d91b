using Handover.Core.Foundation;
using Handover.Core.Moves;
using Handover.Core.Traffic;

namespace Handover.Simulation;

/// <summary>
/// A coordinator without a plan: starts to shift, shifts on, switches, closes and goes back, as it comes. Two of them
/// run at once and know nothing of each other, as two operators would.
/// </summary>
public sealed class SimWanderer(string id, SimWorld world) : SimCoordinator(id, world)
{
    public override void Start()
    {
        base.Start();
        NextWish();
    }

    private void NextWish() =>
        Later(
            World.Random.Between(50, 800) * FaultMix.Ms,
            () =>
            {
                NextWish();
                if (!Busy)
                {
                    Try(back: World.Random.OneIn(4));
                }
            }
        );

    protected override MoveWish? WishFor(EpochRow row, bool back)
    {
        if (World.Settling && !row.Routing.Closed)
        {
            return null;
        }

        (Routing target, DrainMode drain) = Next(row, back);
        return new MoveWish(target, drain, TimeSpan.FromMilliseconds(World.Random.OneIn(4) ? 100 : 400));
    }

    protected override void Ended(MoveOutcome? outcome)
    {
        // The next wish comes by itself.
    }

    private (Routing Target, DrainMode Drain) Next(EpochRow row, bool back)
    {
        Routing now = row.Routing;
        if (back && now.Candidate is not null)
        {
            return (Routing.Only(SimWorld.Service, now.Stable), DrainMode.Dispatch);
        }

        DrainMode drain = World.Random.OneIn(4) ? DrainMode.Dispatch : DrainMode.Atomic;
        string other = string.Equals(now.Stable, "v1", StringComparison.Ordinal) ? "v2" : "v1";
        if (now.Closed)
        {
            return (Routing.Only(SimWorld.Service, World.Random.OneIn(2) ? other : now.Stable, switched: true), drain);
        }

        if (now.Candidate is null)
        {
            return World.Random.Below(6) switch
            {
                0 => (now with { Closed = true }, drain),
                1 => (Routing.Only(SimWorld.Service, other, switched: true), drain),
                2 => (
                    now with
                    {
                        Candidate = other,
                        Salt = $"s{row.Epoch}",
                        Segments = [new SegmentShare(SimWorld.Gold, Share.All)],
                    },
                    drain
                ),
                _ => (now with { Candidate = other, Salt = $"s{row.Epoch}", Share = new Share(20_000) }, drain),
            };
        }

        int more = now.Share.Parts + 10_000 + World.Random.Below(60_000);
        return more < Share.Whole
            ? (now with { Share = new Share(more) }, drain)
            : (Routing.Only(SimWorld.Service, now.Candidate, switched: true), drain);
    }
}
