using CsCheck;
using Handover.Core.Ledger;
using Xunit;

namespace Handover.Tests.Ledger;

/// <summary>
/// Many gateways, one key, one ledger that loses requests and replies, gateways that die: whatever the order, a model
/// decides once, and every caller who is answered hears the same.
/// </summary>
public sealed class DecisionProperties
{
    private static readonly Gen<int[]> Schedules = Gen.Int[0, 999].Array[5, 60];

    [Fact]
    public void A_key_is_decided_once_and_told_the_same_to_everybody() =>
        Schedules.Sample(
            schedule =>
            {
                var world = new World(replaySafe: false);
                foreach (int choice in schedule)
                {
                    world.Turn(choice);
                }

                Assert.True(world.Decided <= 1, $"{world.Decided} models decided");
                Assert.True(world.Told.Distinct().Count() <= 1, string.Join(", ", world.Told));
            },
            iter: 20_000,
            seed: "0000000001a4"
        );

    [Fact]
    public void Without_faults_the_first_request_decides_and_the_others_hear_of_it()
    {
        var world = new World(replaySafe: false);
        for (int i = 0; i < 40; i++)
        {
            world.Turn(World.Gentle(i));
        }

        Assert.Equal(1, world.Decided);
        Assert.True(world.Told.Count > 3);
    }

    /// <summary>
    /// The obvious host: a list of requests, each with the effects that it still has to carry out.
    /// </summary>
    private sealed class World(bool replaySafe)
    {
        private readonly List<Running> _running = [];
        private Decision? _row;
        private int _requests;

        public int Decided { get; private set; }

        public List<string> Told { get; } = [];

        /// <summary>A choice that makes no fault: a new request, or the next step of one.</summary>
        public static int Gentle(int i) => i % 8 == 0 ? 0 : 159;

        public void Turn(int choice)
        {
            if (choice < 100 || _running.Count == 0)
            {
                Arrive();
            }
            else if (choice < 140)
            {
                Kill(choice);
            }
            else
            {
                Running request = _running[choice / 20 % _running.Count];
                CarryOut(request, choice % 20);
            }
        }

        private void Arrive()
        {
            string id = $"r{++_requests}";
            Decision row = Rows.InFlight(id, release: $"v{_requests % 2 + 1}") with { Owner = $"gw-{id}" };
            var request = new Running(new DecisionState(row, replaySafe, MaySpool: false));
            _running.Add(request);
            request.Take(new DecisionInput.Admitted());
        }

        // Dead for certain, so its rows are orphans; what it had asked of the ledger may still take effect before.
        private void Kill(int choice)
        {
            Running dead = _running[choice % _running.Count];
            _running.Remove(dead);
            if (choice % 2 == 0 && dead.Next is DecisionEffect.Tell tell)
            {
                Apply(tell.Write);
            }

            Apply(new LedgerWrite.Orphan("price", "k", dead.State.Row.Owner));
        }

        private void CarryOut(Running request, int fault)
        {
            switch (request.Pop())
            {
                case DecisionEffect.Tell tell:
                    LedgerReply? reply = fault == 1 ? null : Apply(tell.Write);
                    request.Take(new DecisionInput.LedgerAnswered(fault == 2 ? null : reply));
                    break;
                case DecisionEffect.TellLater later when fault != 1:
                    Apply(later.Write);
                    break;
                case DecisionEffect.Dispatch:
                    request.Take(Model(request, fault));
                    break;
                case DecisionEffect.Reply when request.Answer is not null:
                    Told.Add(request.Answer);
                    break;
                case DecisionEffect.Replay replay:
                    Told.Add(Rows.Text(replay.Row)!);
                    break;
            }

            if (request.Next is null && request.State.Step == DecisionStep.Over)
            {
                _running.Remove(request);
            }
        }

        private DecisionInput Model(Running request, int fault)
        {
            switch (fault)
            {
                case 3:
                    return new DecisionInput.ReleaseFailed(Sent: false);
                case 4:
                    Decided++;
                    return new DecisionInput.ReleaseFailed(Sent: true);
                case 5:
                    return new DecisionInput.ReleaseAnswered(Rows.Answer("busy", 503));
                default:
                    Decided++;
                    request.Answer = $"answer of {request.State.Row.Release} to {request.State.Row.RequestId}";
                    return new DecisionInput.ReleaseAnswered(Rows.Answer(request.Answer));
            }
        }

        private LedgerReply Apply(LedgerWrite write)
        {
            (_row, LedgerReply reply) = LedgerRules.Apply(_row, write);
            return reply;
        }
    }

    private sealed class Running(DecisionState state)
    {
        private readonly Queue<DecisionEffect> _effects = [];

        public DecisionState State { get; private set; } = state;

        public string? Answer { get; set; }

        public DecisionEffect? Next => _effects.TryPeek(out DecisionEffect? next) ? next : null;

        public DecisionEffect? Pop() => _effects.TryDequeue(out DecisionEffect? next) ? next : null;

        public void Take(DecisionInput input)
        {
            (State, IReadOnlyList<DecisionEffect> effects) = DecisionMachine.Step(State, input);
            foreach (DecisionEffect effect in effects)
            {
                _effects.Enqueue(effect);
            }
        }
    }
}
