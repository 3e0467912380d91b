using Handover.Core.Moves;
using Xunit;
using static Handover.Tests.Moves.AgentDriver;

namespace Handover.Tests.Moves;

/// <summary>The gateway's rules, one scenario each; numbers in names are rows of the failure table.</summary>
public sealed class GatewayAgentTests
{
    private static readonly TimeSpan Grace = H + GatewayAgent.ResolveGrace;

    [Fact]
    public void It_serves_what_the_store_says_when_it_joins()
    {
        AgentDriver agent = new AgentDriver().Serving(epoch: 7, attempt: 9);
        Assert.Equal(GatewayMode.Serving, agent.State.Mode);
        Assert.Equal(new GatewayEffect.Publish(7, V1), Assert.Single(agent.Effects));
    }

    [Fact]
    public void An_incarnation_whose_place_is_taken_serves_neither_the_row_nor_its_file()
    {
        AgentDriver agent = new AgentDriver().Give(new GatewayInput.Booted(new LastKnownGood(3, 4, V1, null)));
        agent.Give(new GatewayInput.Joined(Stable(7, 9, V1) with { Applied = false }));
        Assert.False(agent.Asked<GatewayEffect.Publish>());
        Assert.False(agent.State.Registered);
        agent.After(GatewayAgent.RejoinEvery);
        Assert.True(agent.Asked<GatewayEffect.Join>());
        Assert.False(agent.Give(new GatewayInput.Joined(null)).Asked<GatewayEffect.Publish>());
    }

    [Fact]
    public void Hold_stops_the_slice_and_writes_the_promise_down_before_it_is_said()
    {
        AgentDriver agent = new AgentDriver().Serving().Receive(Hold(1));
        Assert.Contains(agent.Effects, e => e is GatewayEffect.HoldSlice { Attempt: 1, Epoch: 1 });
        Assert.Contains(new GatewayEffect.PersistHeld(1), agent.Effects);
        Assert.Equal(1, agent.State.LastKnownGood!.Held);
        Assert.False(agent.Give(new GatewayInput.SliceDrained(1)).Asked<GatewayEffect.SendHeld>());
        Assert.True(agent.Give(new GatewayInput.HeldPersisted(1)).Asked<GatewayEffect.SendHeld>());
        Assert.Equal(GatewayMode.Held, agent.State.Mode);
    }

    [Fact]
    public void Held_is_not_said_before_the_slice_is_drained()
    {
        AgentDriver agent = new AgentDriver().Serving().Receive(Hold(1)).Give(new GatewayInput.HeldPersisted(1));
        Assert.Empty(agent.Effects);
        Assert.Equal(GatewayMode.Draining, agent.State.Mode);
        Assert.True(agent.Give(new GatewayInput.SliceDrained(1)).Asked<GatewayEffect.SendHeld>());
    }

    [Fact]
    public void A_resent_hold_is_answered_again_and_changes_nothing()
    {
        AgentDriver agent = new AgentDriver().Serving().Held();
        GatewayAgentState before = agent.State;
        Assert.Equal([new GatewayEffect.SendHeld(1)], agent.Receive(Hold(1)).Effects);
        Assert.Equal(before, agent.State);
    }

    [Fact]
    public void Commit_ends_the_hold_under_the_new_document()
    {
        AgentDriver agent = new AgentDriver().Serving().Held().Receive(Commit(1, 2));
        Assert.Equal(new GatewayEffect.Publish(2, V2), Assert.Single(agent.Effects));
        Assert.Null(agent.State.LastKnownGood!.Held);
    }

    [Fact]
    public void Abort_ends_only_the_hold_of_its_own_attempt()
    {
        AgentDriver agent = new AgentDriver().Serving(attempt: 4).Held(attempt: 6);
        Assert.Empty(agent.Receive(new MoveMessage.Abort(Service, 5)).Effects);
        agent.Receive(new MoveMessage.Abort(Service, 6));
        Assert.Equal(new GatewayEffect.Publish(1, V1), Assert.Single(agent.Effects));
    }

    [Fact]
    public void A_late_commit_of_an_earlier_epoch_or_attempt_is_ignored()
    {
        AgentDriver agent = new AgentDriver().Serving(epoch: 5, attempt: 8);
        Assert.Empty(agent.Receive(Commit(8, 5)).Effects);
        Assert.Empty(agent.Receive(Commit(7, 6)).Effects);
        Assert.Equal(5, agent.State.Epoch);
    }

    [Fact]
    public void Row_2_without_a_coordinator_the_store_is_asked_when_the_hold_is_over()
    {
        AgentDriver agent = new AgentDriver().Serving().Held();
        Assert.False(agent.After(H).Asked<GatewayEffect.Resolve>());
        Assert.True(agent.After(GatewayAgent.ResolveGrace).Asked<GatewayEffect.Resolve>());
        agent.Give(new GatewayInput.Resolved(1, Stable(1, 1, V1)));
        Assert.Equal(new GatewayEffect.Publish(1, V1), Assert.Single(agent.Effects));
    }

    [Fact]
    public void Row_3_a_commit_that_was_never_broadcast_is_pulled_from_the_store()
    {
        AgentDriver agent = new AgentDriver().Serving().Held().After(Grace);
        agent.Give(new GatewayInput.Resolved(1, Stable(2, 1, V2)));
        Assert.Equal(new GatewayEffect.Publish(2, V2), Assert.Single(agent.Effects));
    }

    [Fact]
    public void Row_4_the_hold_of_a_zombie_coordinator_is_ignored()
    {
        AgentDriver agent = new AgentDriver().Serving(epoch: 3, attempt: 5);
        Assert.Empty(agent.Receive(Hold(5, from: 3)).Effects);
        Assert.Empty(agent.Receive(Hold(6, from: 2)).Effects);
    }

    [Fact]
    public void Row_5b_a_gateway_restarted_during_a_hold_holds_and_promises_when_asked()
    {
        AgentDriver agent = new AgentDriver().Give(new GatewayInput.Booted(null));
        agent.Give(new GatewayInput.Joined(Open(1, 4)));
        Assert.Contains(agent.Effects, e => e is GatewayEffect.HoldSlice { Attempt: 4 });
        Assert.Equal(GatewayMode.Draining, agent.State.Mode);
        Assert.False(agent.Give(new GatewayInput.SliceDrained(4)).Asked<GatewayEffect.SendHeld>());
        Assert.True(agent.Receive(Hold(4)).Asked<GatewayEffect.PersistHeld>());
        Assert.True(agent.Give(new GatewayInput.HeldPersisted(4)).Asked<GatewayEffect.SendHeld>());
    }

    [Fact]
    public void Row_6_a_gateway_that_died_after_held_serves_nothing_from_its_file_and_the_new_epoch_from_the_store()
    {
        var good = new LastKnownGood(1, 4, V1, Held: 4);
        AgentDriver agent = new AgentDriver().Give(new GatewayInput.Booted(good)).Give(new GatewayInput.Joined(null));
        Assert.False(agent.Asked<GatewayEffect.Publish>());
        Assert.Equal(GatewayMode.Booting, agent.State.Mode);
        Assert.True(agent.After(TimeSpan.FromSeconds(1)).Asked<GatewayEffect.Join>());
        agent.Give(new GatewayInput.Joined(Stable(2, 4, V2)));
        Assert.Equal(new GatewayEffect.Publish(2, V2), Assert.Single(agent.Effects));
    }

    [Fact]
    public void Row_7_and_11_without_store_and_coordinator_it_goes_on_serving()
    {
        AgentDriver agent = new AgentDriver().Serving();
        for (int i = 0; i < 100; i++)
        {
            Assert.Empty(agent.After(TimeSpan.FromMinutes(1)).Effects);
        }

        Assert.Equal(GatewayMode.Serving, agent.State.Mode);
    }

    [Fact]
    public void Row_7_a_restart_without_the_store_serves_from_the_file_when_no_promise_is_open_in_it()
    {
        var good = new LastKnownGood(3, 4, V1, Held: null);
        AgentDriver agent = new AgentDriver().Give(new GatewayInput.Booted(good)).Give(new GatewayInput.Joined(null));
        Assert.Contains(new GatewayEffect.Publish(3, V1), agent.Effects);
        Assert.True(agent.After(GatewayAgent.RejoinEvery * 2).Asked<GatewayEffect.Join>());
    }

    [Fact]
    public void Row_8_and_12_no_timer_ever_resumes_dispatch()
    {
        AgentDriver agent = new AgentDriver().Serving().Held();
        for (int i = 0; i < 1000; i++)
        {
            Assert.False(agent.After(TimeSpan.FromMilliseconds(130)).Asked<GatewayEffect.Publish>());
            if (agent.Asked<GatewayEffect.Resolve>())
            {
                Assert.False(agent.Give(new GatewayInput.Resolved(1, null)).Asked<GatewayEffect.Publish>());
            }
        }

        Assert.True(agent.State.Uncertain);
        Assert.Equal(GatewayMode.Held, agent.State.Mode);
    }

    [Fact]
    public void Row_10_a_hold_that_is_met_late_ends_by_asking_the_store()
    {
        AgentDriver agent = new AgentDriver().Serving().Receive(Hold(1)).After(Grace);
        Assert.Contains(new GatewayEffect.Resolve(1), agent.Effects);
        agent.Give(new GatewayInput.Resolved(1, Stable(1, 1, V1)));
        Assert.Equal(GatewayMode.Serving, agent.State.Mode);
    }

    [Fact]
    public void Row_14_a_gateway_that_joins_during_a_hold_starts_held_and_asks_for_the_outcome_by_itself()
    {
        AgentDriver agent = new AgentDriver().Give(new GatewayInput.Booted(null));
        agent.Give(new GatewayInput.Joined(Open(1, 4)));
        Assert.True(agent.After(TimeSpan.FromMilliseconds(80)).Asked<GatewayEffect.Resolve>());
        agent.Give(new GatewayInput.Resolved(4, Open(1, 4)));
        Assert.False(agent.Asked<GatewayEffect.Publish>());
        agent.Give(new GatewayInput.Resolved(4, Stable(2, 4, V2)));
        Assert.Equal(new GatewayEffect.Publish(2, V2), Assert.Single(agent.Effects));
    }

    [Fact]
    public void Row_15_a_newer_attempt_takes_over_an_open_hold_and_late_answers_for_the_old_one_are_ignored()
    {
        AgentDriver agent = new AgentDriver().Serving().Held().After(Grace).Receive(Hold(2));
        Assert.Contains(agent.Effects, e => e is GatewayEffect.HoldSlice { Attempt: 2 });
        Assert.Empty(agent.Give(new GatewayInput.Resolved(1, Stable(1, 1, V1))).Effects);
        Assert.Empty(agent.Give(new GatewayInput.SliceDrained(1)).Effects);
        Assert.Equal(2, agent.State.Attempt);
        Assert.NotNull(agent.State.Hold);
    }

    [Fact]
    public void Nothing_is_taken_from_messages_before_it_has_joined()
    {
        AgentDriver agent = new AgentDriver().Give(new GatewayInput.Booted(null));
        Assert.Empty(agent.Receive(Commit(3, 4)).Effects);
        Assert.Empty(agent.Receive(Hold(3)).Effects);
        Assert.Equal(GatewayMode.Booting, agent.State.Mode);
    }
}
