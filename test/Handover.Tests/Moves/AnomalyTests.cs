using Handover.Core.Foundation;
using Handover.Core.Moves;
using Handover.Core.Rollouts;
using Handover.Core.Traffic;
using Handover.Simulation;
using Xunit;

namespace Handover.Tests.Moves;

/// <summary>
/// Every anomaly of the design, A1 to A11: a history that has it and one that looks like it and is sound. What the
/// simulation says about the program is worth what the checker says about these.
/// </summary>
public sealed class AnomalyTests
{
    private static readonly Routing V1 = Routing.Only("price", "v1");
    private static readonly Routing V2 = Routing.Only("price", "v2");
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch;

    private static readonly Dictionary<string, (Action<Story> Bad, Action<Story> Good)> Histories = new()
    {
        ["A1"] = (
            s => s.Rollout().Move(V2).Dispatch("v2").Move(V1).Dispatch("v1"),
            s => s.Rollout().Move(V2).Dispatch("v2").Wish().Move(V1).Dispatch("v1")
        ),
        ["A2"] = (s => s.Dispatch("v1").Move(V2).Dispatch("v1", 1), s => s.Dispatch("v1").Move(V2).Dispatch("v2")),
        ["A2 claim"] = (s => s.Routed(1).Move(V2).Claimed("v1", 1), s => s.Routed(1).Claimed("v1", 1).Move(V2)),
        ["A2 in flight"] = (
            s => s.Dispatch("v1", answered: false).Move(V2).Dispatch("v2"),
            s => s.Dispatch("v1", answered: false).Move(V2, DrainMode.Dispatch).Dispatch("v2")
        ),
        ["A3"] = (
            s => s.Dispatch("v1", answered: false).Hop("v2"),
            s => s.Dispatch("v1", answered: false).Move(V2, DrainMode.Dispatch).Hop("v1")
        ),
        ["A4"] = (s => s.Executed("k", "1").Executed("k", "2"), s => s.Executed("k", "1").Executed("other", "2")),
        ["A4 after an answer"] = (
            s => s.Executed("k", "1", safe: true).Told("k", "1").Executed("k", "2", safe: true),
            s => s.Executed("k", "1", safe: true).Executed("k", "2", safe: true).Told("k", "2").Told("k", "2")
        ),
        ["A4 two answers"] = (
            s => s.Executed("k", "1").Told("k", "1").Told("k", "2"),
            s => s.Executed("k", "1").Told("k", "1").Told("k", "1")
        ),
        ["A4 from nowhere"] = (s => s.Told("k", "1"), s => s.Executed("k", "1").Told("k", "1")),
        ["A4 in doubt"] = (
            s => s.Executed("k", "1").Told("k", "1").InDoubt("k"),
            s => s.Executed("k", "1").InDoubt("k")
        ),
        ["A5 lost"] = (s => s.Arrives().Settled(), s => s.Dispatch("v1").Settled()),
        ["A5 no stack"] = (s => s.Dispatch("v1", runs: false), s => s.Dispatch("v1")),
        ["A6"] = (s => s.Move(V2).Dispatch("v1", epoch: 2), s => s.Move(V2).Dispatch("v2", epoch: 2)),
        ["A6 two commits"] = (s => s.Move(V2).Commit(1, 2, V1), s => s.Move(V2).Move(V1)),
        ["A7"] = (s => s.Begin(1).Held(1).Dispatch("v1"), s => s.Begin(1).Held(1).Ended(1).Dispatch("v1")),
        ["A8"] = (s => s.Begin(1).Commit(1, 2, V2), s => s.Begin(1).Held(1).Commit(1, 2, V2)),
        ["A9"] = (
            s => s.Move(V1).Dispatch("v1", epoch: 2).Dispatch("v1", epoch: 1),
            s => s.Dispatch("v1", epoch: 1).Move(V1).Dispatch("v1", epoch: 2)
        ),
        ["A9 claim"] = (s => s.Move(V1).Routed(2).Routed(1), s => s.Routed(1).Move(V1).Routed(2).Claimed("v1", 1)),
        ["A10"] = (s => s.HoldOf(601), s => s.HoldOf(600)),
        ["A11 forwards"] = (
            s => s.Rollout().Acknowledged().Move(V2).Succeeded(),
            s => s.Rollout().Acknowledged().Wish().RolledBack().OverAll()
        ),
        ["A11 never"] = (s => s.Rollout().Acknowledged().OverAll(), s => s.Rollout().OverAll()),
        ["A11 not so"] = (
            s => s.Rollout().Move(V2).Wish().RolledBack(),
            s => s.Rollout().Move(V2).Wish().Move(V1).RolledBack()
        ),
        ["A11 undone"] = (
            s => s.Rollout().Wish().RolledBack().Move(V2),
            s => s.Rollout().Wish().RolledBack().Rollout().Move(V2)
        ),
        ["A11 commit"] = (s => s.Checker.ReportedCommit(1, 2, V2), s => s.Move(V2).Checker.ReportedCommit(1, 2, V2)),
        ["ROOM"] = (
            s => s.Rollout(single: true).Starts(other: true),
            s => s.Rollout(single: true).Starts(other: false)
        ),
    };

    public static TheoryData<string> Names => [.. Histories.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_bad_history_is_found_for_what_it_is(string name)
    {
        var story = new Story();
        Histories[name].Bad(story);
        Assert.NotNull(story.Checker.Violation);
        Assert.Matches($"^{name.Split(' ')[0]}[ /]", story.Checker.Violation);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_good_history_that_looks_like_it_is_let_alone(string name)
    {
        var story = new Story();
        Histories[name].Good(story);
        Assert.Null(story.Checker.Violation);
    }

    [Fact]
    public void Every_anomaly_of_the_design_has_its_histories() =>
        Assert.Equal(
            Enumerable.Range(1, 11).Select(i => $"A{i}"),
            Histories
                .Keys.Select(n => n.Split(' ')[0])
                .Where(n => n[0] == 'A')
                .Distinct()
                .OrderBy(n => int.Parse(n[1..], System.Globalization.CultureInfo.InvariantCulture))
        );

    // One gateway, one customer, one engine; each step is one thing that happened.
    private sealed class Story
    {
        private long _request;
        private long _attempt;
        private long _epoch = 1;
        private int _rollouts;

        public Story() => Checker.Created(V1);

        public HistoryChecker Checker { get; } = new();

        private string Id => $"p{_rollouts}";

        public Story Arrives() => Then(() => Checker.Arrived("gw", ++_request));

        public Story Dispatch(string release, long? epoch = null, bool answered = true, bool runs = true) =>
            Arrives()
                .Then(() => Checker.Dispatched("gw", _request, 3, epoch ?? _epoch, release, runs))
                .Then(() => _ = answered ? Answered() : 0);

        public Story Routed(long epoch) => Then(() => Checker.Routed("gw", epoch));

        // A request with a key: chosen by one epoch, and sent when its claim is durable.
        public Story Claimed(string release, long epoch) =>
            Then(() => Checker.Dispatched("gw", ++_request, 3, epoch, release, runs: true, claimed: true))
                .Then(() => Answered());

        public Story Hop(string release) => Then(() => Checker.Hopped("other", _request, release, runs: true));

        public Story Begin(long attempt) => Begin(attempt, V2);

        public Story Held(long attempt) => Then(() => Checker.HeldSaid("gw", attempt));

        public Story Ended(long attempt) => Then(() => Checker.Ended(attempt));

        public Story Commit(long attempt, long epoch, Routing to) => Then(() => Checker.Committed(attempt, epoch, to));

        public Story Move(Routing to, DrainMode drain = DrainMode.Atomic) =>
            Begin(++_attempt, to)
                .Then(() => Checker.HoldSent(_attempt, drain))
                .Held(_attempt)
                .Commit(_attempt, ++_epoch, to);

        public Story HoldOf(long ms) => Then(() => Checker.HoldLasted("gw", ms * 1000, 600_000));

        public Story Settled() => Then(() => Checker.Settled("gw", serving: true, _epoch, storeOpen: false));

        public Story OverAll() => Then(Checker.RolloutsSettled);

        public Story Executed(string key, string run, bool safe = false) =>
            Then(() => Checker.Executed(key, run, "v1", safe));

        public Story Told(string key, string answer) => Then(() => Checker.Told(key, answer));

        public Story InDoubt(string key) => Then(() => Checker.ToldInDoubt(key));

        public Story Starts(bool other) => Then(() => Checker.Starting("v2", other));

        public Story Rollout(bool single = false)
        {
            _rollouts++;
            var at = new Phase.Switch(TimeSpan.FromMilliseconds(400), null)
            {
                Stack = single ? StackUse.Single : StackUse.Double,
            };
            var plan = new RolloutPlan
            {
                Name = Id,
                Service = "price",
                To = "v2",
                Salt = Id,
                Phases = [at, new Phase.Retire(TimeSpan.Zero)],
            };
            return Stored(new RolloutEvent.Started(Now, "ann", Id, plan, "v1", Core.Catalog.Impact.Low, []));
        }

        public Story Wish() => Stored(new RolloutEvent.RollbackDecided(Now, "ann", "sick"));

        public Story RolledBack() => Stored(new RolloutEvent.RolledBack(Now, _epoch));

        public Story Succeeded() => Stored(new RolloutEvent.Succeeded(Now, Now));

        public Story Acknowledged() => Then(() => Checker.RollbackAcknowledged(Id));

        private Story Stored(RolloutEvent e) => Then(() => Checker.RolloutStored(Id, [e]));

        private Story Begin(long attempt, Routing to) =>
            Then(() =>
            {
                _attempt = attempt;
                Checker.Began(attempt, [new EpochMember("gw", "a")], to);
            });

        private int Answered()
        {
            Checker.Completed(_request);
            return 1;
        }

        private Story Then(Action step)
        {
            step();
            return this;
        }
    }
}
