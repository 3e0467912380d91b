using Handover.Core.Moves;
using Handover.Core.Traffic;
using Xunit;

namespace Handover.Tests.Moves;

/// <summary>The coordinator's half, one scenario each; numbers in names are rows of the failure table.</summary>
public sealed class MoveMachineTests
{
    private const string Service = "price";
    private static readonly Routing V1 = Routing.Only(Service, "v1");
    private static readonly Routing V2 = Routing.Only(Service, "v2");
    private static readonly TimeSpan H = TimeSpan.FromMilliseconds(400);
    private static readonly EpochRow Before = new(Service, 5, V1, false, 8, null, null);

    private MoveMachineState _state = new(Service);
    private DateTimeOffset _now = DateTimeOffset.UnixEpoch;
    private IReadOnlyList<MoveEffect> _effects = [];

    [Fact]
    public void Every_gateway_is_asked_and_only_when_all_have_promised_it_commits()
    {
        Start().Answer(MoveStoreOp.Begin, Open(applied: true));
        Assert.Equal(["gw-1", "gw-2"], _effects.OfType<MoveEffect.Send>().Select(s => s.Gateway));
        Held("gw-1");
        Assert.Empty(_effects);
        Held("gw-2");
        Assert.Equal([new MoveEffect.StoreCommit(9)], _effects);
        _now += TimeSpan.FromMilliseconds(7);
        Answer(MoveStoreOp.Commit, Closed(6, V2, applied: true));
        Assert.Equal(2, _effects.OfType<MoveEffect.Send>().Count(s => s.Message is MoveMessage.Commit { Epoch: 6 }));
        Assert.Equal(new MoveOutcome.Committed(6, 9, TimeSpan.FromMilliseconds(7)), Outcome());
    }

    [Fact]
    public void A_promise_for_another_attempt_does_not_count()
    {
        Start().Answer(MoveStoreOp.Begin, Open(applied: true));
        Held("gw-1", attempt: 8).Held("gw-2", attempt: 8);
        Assert.Equal(2, _state.Missing.Count);
    }

    [Fact]
    public void Hold_is_sent_again_to_those_who_have_not_answered()
    {
        Start().Answer(MoveStoreOp.Begin, Open(applied: true)).Held("gw-2");
        Tick(MoveMachine.ResendEvery);
        Assert.Equal("gw-1", Assert.Single(_effects.OfType<MoveEffect.Send>()).Gateway);
    }

    [Fact]
    public void Row_5_a_silent_gateway_ends_the_attempt_by_name_and_is_never_left_out()
    {
        Start().Answer(MoveStoreOp.Begin, Open(applied: true)).Held("gw-2").Tick(H);
        Assert.IsType<MoveEffect.StoreAbort>(Assert.Single(_effects));
        Held("gw-1");
        Assert.Empty(_effects);
        Answer(MoveStoreOp.Abort, Closed(5, V1, applied: true));
        var aborted = Assert.IsType<MoveOutcome.Aborted>(Outcome());
        Assert.Equal(["gw-1"], aborted.Silent);
        Assert.Equal(2, _effects.OfType<MoveEffect.Send>().Count(s => s.Message is MoveMessage.Abort));
    }

    [Fact]
    public void Row_13_a_lost_commit_reply_is_read_back_and_the_row_decides()
    {
        Gathered().Answer(MoveStoreOp.Commit, null);
        Assert.Equal([new MoveEffect.StoreResolve(9)], _effects);
        Answer(MoveStoreOp.Resolve, Closed(6, V2));
        Assert.IsType<MoveOutcome.Committed>(Outcome());
    }

    [Fact]
    public void A_commit_whose_request_was_lost_is_tried_again()
    {
        Gathered().Answer(MoveStoreOp.Commit, null).Answer(MoveStoreOp.Resolve, Open());
        Assert.Equal([new MoveEffect.StoreCommit(9)], _effects);
    }

    [Fact]
    public void A_commit_that_comes_too_late_gives_the_attempt_up()
    {
        Gathered().Answer(MoveStoreOp.Commit, Open());
        Assert.IsType<MoveEffect.StoreAbort>(Assert.Single(_effects));
    }

    [Fact]
    public void Row_12_a_store_that_stays_silent_leaves_the_outcome_unknown_and_tells_nobody_anything()
    {
        Gathered().Answer(MoveStoreOp.Commit, null);
        for (int i = 1; i < MoveMachine.ResolveLimit; i++)
        {
            Answer(MoveStoreOp.Resolve, null).Tick(MoveMachine.ResolveEvery);
        }

        Answer(MoveStoreOp.Resolve, null);
        Assert.IsType<MoveOutcome.Unknown>(Outcome());
        Assert.DoesNotContain(_effects, e => e is MoveEffect.Send);
    }

    [Fact]
    public void Row_15_an_abort_from_outside_ends_the_attempt_and_a_later_attempt_supersedes_it()
    {
        Gathered().Answer(MoveStoreOp.Commit, Closed(5, V1));
        Assert.IsType<MoveOutcome.Aborted>(Outcome());
        _state = new MoveMachineState(Service);
        Gathered().Answer(MoveStoreOp.Commit, Closed(5, V1, attempt: 10));
        Assert.IsType<MoveOutcome.Superseded>(Outcome());
    }

    [Fact]
    public void Row_16_the_loser_of_two_begins_gets_the_winners_row()
    {
        EpochReply winner = Open();
        Start().Answer(MoveStoreOp.Begin, winner);
        Assert.Equal(new MoveOutcome.Superseded(winner.Row), Outcome());
    }

    [Fact]
    public void A_begin_with_a_lost_reply_is_taken_up_when_the_row_is_open_for_its_target()
    {
        Start().Answer(MoveStoreOp.Begin, null).Answer(MoveStoreOp.Resolve, Open());
        Assert.Equal(2, _effects.OfType<MoveEffect.Send>().Count(s => s.Message is MoveMessage.Hold));
    }

    [Fact]
    public void A_begin_that_never_arrived_is_given_up()
    {
        Start().Answer(MoveStoreOp.Begin, null).Answer(MoveStoreOp.Resolve, Closed(5, V1, attempt: 8));
        Assert.IsType<MoveOutcome.Aborted>(Outcome());
    }

    [Fact]
    public void An_abort_that_a_commit_overtook_is_reported_as_the_commit_that_it_is()
    {
        Start().Answer(MoveStoreOp.Begin, Open(applied: true)).Tick(H).Answer(MoveStoreOp.Abort, Closed(6, V2));
        Assert.IsType<MoveOutcome.Committed>(Outcome());
    }

    [Fact]
    public void Without_any_gateway_it_commits_at_once()
    {
        Start().Answer(MoveStoreOp.Begin, Open(applied: true) with { Members = [] });
        Assert.Equal([new MoveEffect.StoreCommit(9)], _effects);
    }

    private MoveMachineTests Start() => Give(new MoveInput.Start(Before, V2, DrainMode.Atomic, H));

    private MoveMachineTests Gathered() =>
        Start().Answer(MoveStoreOp.Begin, Open(applied: true)).Held("gw-1").Held("gw-2");

    private MoveMachineTests Answer(MoveStoreOp op, EpochReply? reply) => Give(new MoveInput.StoreAnswered(op, reply));

    private MoveMachineTests Held(string gateway, long attempt = 9) =>
        Give(new MoveInput.HeldReceived(new GatewayReply.Held(Service, attempt, gateway, "boot")));

    private MoveMachineTests Tick(TimeSpan after)
    {
        _now += after;
        return Give(new MoveInput.Tick());
    }

    private MoveMachineTests Give(MoveInput input)
    {
        (_state, _effects) = MoveMachine.Step(_state, input, _now);
        return this;
    }

    private MoveOutcome Outcome() => Assert.Single(_effects.OfType<MoveEffect.Done>()).Outcome;

    private static EpochReply Open(bool applied = false) =>
        new(
            applied,
            new EpochRow(Service, 5, V1, true, 9, V2, DateTimeOffset.UnixEpoch),
            [new EpochMember("gw-1", "a"), new EpochMember("gw-2", "b")]
        );

    private static EpochReply Closed(long epoch, Routing routing, bool applied = false, long attempt = 9) =>
        new(applied, new EpochRow(Service, epoch, routing, false, attempt, null, null), []);
}
