using Handover.Core.Moves;
using Handover.Core.Traffic;

namespace Handover.Simulation;

/// <summary>
/// COMMIT does not look at the attempt: a late one of an attempt that was given up makes its target the next epoch.
/// </summary>
internal sealed class NoFence : Mutation
{
    public override SimEpochStore Store(Func<DateTimeOffset> clock) => new Unfenced(clock);

    private sealed class Unfenced(Func<DateTimeOffset> clock) : SimEpochStore(clock)
    {
        private readonly Dictionary<long, (long Epoch, Routing Target)> _wished = [];

        public override EpochReply Begin(
            string service,
            long epoch,
            long attempt,
            Routing target,
            TimeSpan hold,
            string actor
        )
        {
            EpochReply reply = base.Begin(service, epoch, attempt, target, hold, actor);
            if (reply.Applied)
            {
                _wished[attempt + 1] = (epoch, target);
            }

            return reply;
        }

        public override EpochReply Commit(string service, long attempt, string actor)
        {
            if (!_wished.TryGetValue(attempt, out (long Epoch, Routing Target) wish))
            {
                return base.Commit(service, attempt, actor);
            }

            return Change(
                service,
                "commit",
                actor,
                "",
                row => row.Epoch == wish.Epoch,
                row => Stable(row) with { Epoch = row.Epoch + 1, Routing = wish.Target }
            );
        }
    }
}

/// <summary>A repeated COMMIT commits again.</summary>
internal sealed class DoubleCommit : Mutation
{
    public override SimEpochStore Store(Func<DateTimeOffset> clock) => new Twice(clock);

    private sealed class Twice(Func<DateTimeOffset> clock) : SimEpochStore(clock)
    {
        private long _committed;

        public override EpochReply Commit(string service, long attempt, string actor)
        {
            EpochReply reply = base.Commit(service, attempt, actor);
            if (!reply.Applied && attempt == _committed)
            {
                return Change(service, "commit", actor, "", _ => true, r => Stable(r) with { Epoch = r.Epoch + 1 });
            }

            _committed = reply.Applied ? attempt : _committed;
            return reply;
        }
    }
}

/// <summary>A move back to the document before takes its number again.</summary>
internal sealed class ReuseEpoch : Mutation
{
    public override SimEpochStore Store(Func<DateTimeOffset> clock) => new Backwards(clock);

    private sealed class Backwards(Func<DateTimeOffset> clock) : SimEpochStore(clock)
    {
        private Routing? _before;

        public override EpochReply Commit(string service, long attempt, string actor)
        {
            EpochRow row = Read(service)!;
            bool back = row.Holding && _before is not null && RoutingCodec.Same(row.Target!, _before);
            EpochReply reply = base.Commit(service, attempt, actor);
            if (!reply.Applied)
            {
                return reply;
            }

            _before = row.Routing;
            return back ? Change(service, "commit", actor, "", _ => true, r => r with { Epoch = r.Epoch - 2 }) : reply;
        }
    }
}
