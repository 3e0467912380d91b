using Handover.Control.Engine;
using Handover.Control.Evidence;
using Handover.Control.Notify;
using Handover.Control.Stores;
using Handover.Core.Catalog;
using Handover.Core.Contracts;
using Handover.Core.Foundation;
using Handover.Core.Gates;
using Handover.Core.Rollouts;
using Handover.Ports;
using Handover.Tests.Rollouts;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Handover.Tests.Engine;

/// <summary>Decide, persist, then act: on a real SQLite file, with a world that does as it is told.</summary>
public sealed class RolloutLoopTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("handover-loop").FullName;

    [Fact]
    public async Task A_rollout_runs_to_its_end_and_its_events_are_on_disk()
    {
        using SqliteDatabase database = Database();
        var store = new RolloutStore(database);
        var world = new ObedientShell { Outcome = Outcome.Promote };
        await using RolloutLoop loop = Begin(store, world);
        loop.Start();
        await Until(() => loop.State.Status == RolloutStatus.Succeeded);
        Assert.Equal(loop.Events.Count, store.Load().Single().Count);
        Assert.Equal(4, world.Epoch);
    }

    [Fact]
    public async Task After_a_crash_the_same_work_is_derived_from_the_events()
    {
        var world = new ObedientShell { Outcome = Outcome.Hold };
        using (SqliteDatabase database = Database())
        {
            await using RolloutLoop loop = Begin(new RolloutStore(database), world);
            loop.Start();
            await Until(() => loop.State is { PhaseSettled: true, PhaseIndex: 3 });
        }

        using SqliteDatabase again = Database();
        var store = new RolloutStore(again);
        world.Outcome = Outcome.Promote;
        await using var second = new RolloutLoop(
            store.Load().Single(),
            store,
            world,
            TimeProvider.System,
            NullLogger.Instance
        );
        Assert.Equal(Share.FromPercent(10), second.State.Share);
        second.Start();
        await Until(() => second.State.Status == RolloutStatus.Succeeded);
    }

    [Fact]
    public async Task A_command_to_an_ended_rollout_is_a_conflict_and_does_not_hang()
    {
        using SqliteDatabase database = Database();
        var world = new ObedientShell { Refusals = ["no"] };
        await using RolloutLoop loop = Begin(new RolloutStore(database), world);
        loop.Start();
        await Until(() => loop.State.Status == RolloutStatus.Refused);
        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        Result<RolloutState> answer = await loop.AskAsync(new RolloutCommand.Pause("bob"), bound.Token);
        Assert.Equal("conflict", answer.Problems[0].Code);
    }

    [Fact]
    public async Task What_cannot_be_persisted_is_not_done_and_is_told()
    {
        using SqliteDatabase database = Database();
        var store = new RolloutStore(database);
        var world = new ObedientShell { Outcome = Outcome.Hold };
        await using RolloutLoop loop = Begin(store, world);
        loop.Start();
        await Until(() => loop.State is { PhaseSettled: true, PhaseIndex: 3 });
        database.Write(c => SqliteDatabase.Execute(c, "ALTER TABLE rollout_event RENAME TO away"));
        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        Result<RolloutState> answer = await loop.AskAsync(new RolloutCommand.Rollback("now", "bob"), bound.Token);
        Assert.False(answer.Ok);
        Assert.Null(loop.State.RollbackReason);
        database.Write(c => SqliteDatabase.Execute(c, "ALTER TABLE away RENAME TO rollout_event"));
        Assert.True((await loop.AskAsync(new RolloutCommand.Rollback("now", "bob"), bound.Token)).Ok);
        await Until(() => loop.State.Status == RolloutStatus.RolledBack);
    }

    [Fact]
    public async Task An_answer_that_could_not_be_persisted_is_asked_for_again_when_the_store_is_back()
    {
        using SqliteDatabase database = Database();
        int? lost = null;
        var world = new ObedientShell { Outcome = Outcome.Hold };
        world.Running = effect =>
        {
            // Of the many things that are persisted, only this answer: nothing but itself would ever repeat it.
            if (effect is RolloutEffect.AwaitStack && lost is null)
            {
                database.Write(c => SqliteDatabase.Execute(c, "ALTER TABLE rollout_event RENAME TO away"));
                lost = world.Ticks;
            }
        };
        await using RolloutLoop loop = Begin(new RolloutStore(database), world);
        loop.Start();
        await Until(() => world.Ticks > lost + 3);
        Assert.IsType<Phase.Start>(loop.State.Phase);
        database.Write(c => SqliteDatabase.Execute(c, "ALTER TABLE away RENAME TO rollout_event"));
        await Until(() => loop.State is { PhaseSettled: true, PhaseIndex: 3 });
    }

    [Fact]
    public async Task A_kill_switch_takes_the_rollout_back_by_a_move_as_soon_as_the_store_takes_it()
    {
        using SqliteDatabase database = Database();
        var world = new ObedientShell { Outcome = Outcome.Hold };
        await using RolloutLoop loop = Begin(new RolloutStore(database), world);
        loop.Start();
        await Until(() => loop.State is { PhaseSettled: true, PhaseIndex: 3 });
        database.Write(c => SqliteDatabase.Execute(c, "ALTER TABLE rollout_event RENAME TO away"));
        world.Off = new KillSwitch("bob", "sick", DateTimeOffset.UnixEpoch);
        await Until(() => world.Asked > 2);
        Assert.Null(loop.State.RollbackReason);
        database.Write(c => SqliteDatabase.Execute(c, "ALTER TABLE away RENAME TO rollout_event"));
        await Until(() => loop.State.Status == RolloutStatus.RolledBack);
        Assert.Equal("switched off by bob: sick", loop.State.RollbackReason);
        Assert.Contains(loop.Events, e => e is RolloutEvent.RolledBack);
    }

    private static RolloutLoop Begin(RolloutStore store, ObedientShell world)
    {
        RolloutPlan plan = RolloutWalk.Parallel();
        var begin = new RolloutCommand.Begin("price-v2.1", plan, "v1", Impact.Low, [], "ann");
        IReadOnlyList<RolloutEvent> events = Decider.Decide(null, begin, TimeProvider.System.GetUtcNow()).Value;
        store.Append("price-v2.1", 0, events);
        return new RolloutLoop(events, store, world, TimeProvider.System, NullLogger.Instance);
    }

    private SqliteDatabase Database() => SqliteDatabase.Open(Path.Combine(_directory, "state.db"));

    private static async Task Until(Func<bool> condition)
    {
        for (int i = 0; i < 600 && !condition(); i++)
        {
            await Task.Delay(50);
        }

        Assert.True(condition(), "the condition did not come true within 30 s");
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private sealed class ObedientShell : IRolloutShell
    {
        public Outcome Outcome { get; set; }

        public IReadOnlyList<string> Refusals { get; init; } = [];

        public long Epoch { get; private set; } = 1;

        public Action<RolloutEffect>? Running { get; set; }

        public int Ticks { get; private set; }

        public Task<RolloutCommand?> RunAsync(RolloutState state, RolloutEffect effect, CancellationToken cancel)
        {
            Running?.Invoke(effect);
            return Task.FromResult<RolloutCommand?>(
                effect switch
                {
                    RolloutEffect.Verify => new RolloutCommand.Verified(Refusals),
                    RolloutEffect.AwaitStack => new RolloutCommand.StackReady([]),
                    RolloutEffect.Warm => new RolloutCommand.Warmed([], "converged"),
                    RolloutEffect.Move move => new RolloutCommand.MoveCommitted(
                        ++Epoch,
                        move.Target,
                        TimeSpan.FromMilliseconds(1)
                    ),
                    _ => null,
                }
            );
        }

        public IReadOnlyList<Reading> Judge(RolloutState state, DateTimeOffset now) =>
            [new(null, new Verdict(Outcome, ["because"], []))];

        public IReadOnlyList<(string Segment, Verdict Verdict)> Harmed(RolloutState state) => [];

        public string? CandidateDown(RolloutState state, DateTimeOffset now)
        {
            Ticks++;
            return null;
        }

        public KillSwitch? Off { get; set; }

        public int Asked { get; private set; }

        public KillSwitch? SwitchedOff(RolloutState state)
        {
            Asked += Off is null ? 0 : 1;
            return state is { Open: true, RollbackReason: null } ? Off : null;
        }

        public IReadOnlyList<Disagreement>? Agreement(RolloutState state) => null;

        public IReadOnlyList<NotificationDraft> ToTell(RolloutState state, IReadOnlyList<RolloutEvent> events) => [];

        public void Changed(RolloutState state, IReadOnlyList<RolloutEvent> events) { }
    }
}
