using Handover.Core.Ledger;
using Xunit;

namespace Handover.Tests.Ledger;

/// <summary>One request with a key: what must be on record before what may happen.</summary>
public sealed class DecisionMachineTests
{
    private static readonly LedgerReply Applied = new(LedgerOutcome.Applied, null);

    [Fact]
    public void Nothing_is_sent_before_the_claim_and_nothing_is_said_before_the_answer_is_on_record()
    {
        DecisionState state = Fresh();
        Assert.IsType<LedgerWrite.Claim>(One<DecisionEffect.Tell>(ref state, new DecisionInput.Admitted()).Write);
        One<DecisionEffect.Dispatch>(ref state, Ledger(Applied));
        LedgerWrite told = One<DecisionEffect.Tell>(ref state, Answered("yes")).Write;
        Assert.Equal("yes", Rows.Text(Assert.IsType<LedgerWrite.Finish>(told).Row));
        One<DecisionEffect.Reply>(ref state, Ledger(Applied));
        Assert.Equal(DecisionStep.Over, state.Step);
    }

    [Theory]
    [InlineData(LedgerOutcome.Running, DecisionRefusal.Running)]
    [InlineData(LedgerOutcome.OtherRequest, DecisionRefusal.OtherRequest)]
    [InlineData(LedgerOutcome.InDoubt, DecisionRefusal.InDoubt)]
    public void A_claim_that_is_refused_ends_the_request_and_sends_nothing(LedgerOutcome outcome, DecisionRefusal why)
    {
        DecisionState state = Claiming();
        LedgerReply reply = new(outcome, Rows.InFlight("r0"));
        Assert.Equal(why, One<DecisionEffect.Refuse>(ref state, Ledger(reply)).Why);
    }

    [Fact]
    public void A_decided_key_is_answered_from_the_record()
    {
        DecisionState state = Claiming();
        LedgerReply reply = new(LedgerOutcome.Decided, Rows.Done("r0", "yes"));
        Assert.Equal("yes", Rows.Text(One<DecisionEffect.Replay>(ref state, Ledger(reply)).Row));
    }

    [Fact]
    public void A_release_that_may_have_the_request_and_does_not_answer_leaves_a_doubt()
    {
        DecisionState state = Running();
        Assert.IsType<LedgerWrite.Doubt>(
            One<DecisionEffect.Tell>(ref state, new DecisionInput.ReleaseFailed(Sent: true)).Write
        );
        One<DecisionEffect.Reply>(ref state, Ledger(Applied));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public void A_run_that_did_nothing_or_no_harm_frees_its_key(bool sent, bool replaySafe)
    {
        DecisionState state = Running(replaySafe);
        Assert.IsType<LedgerWrite.Withdraw>(
            One<DecisionEffect.Tell>(ref state, new DecisionInput.ReleaseFailed(sent)).Write
        );
    }

    [Fact]
    public void An_answer_that_is_no_decision_frees_the_key_before_the_caller_hears_it()
    {
        DecisionState state = Running();
        DecisionInput busy = new DecisionInput.ReleaseAnswered(Rows.Answer("later", 503));
        Assert.IsType<LedgerWrite.Withdraw>(One<DecisionEffect.Tell>(ref state, busy).Write);
        One<DecisionEffect.Reply>(ref state, Ledger(Applied));
    }

    [Fact]
    public void Without_the_ledger_a_claim_is_refused_and_taken_back()
    {
        DecisionState state = Claiming();
        IReadOnlyList<DecisionEffect> effects = Step(ref state, Ledger(null));
        Assert.IsType<LedgerWrite.Withdraw>(Assert.IsType<DecisionEffect.TellLater>(effects[0]).Write);
        Assert.Equal(DecisionRefusal.LedgerDown, Assert.IsType<DecisionEffect.Refuse>(effects[1]).Why);
    }

    [Fact]
    public void An_answer_that_cannot_be_recorded_is_not_given_and_is_recorded_later()
    {
        DecisionState state = Running();
        Step(ref state, Answered("yes"));
        IReadOnlyList<DecisionEffect> effects = Step(ref state, Ledger(null));
        Assert.IsType<LedgerWrite.Finish>(Assert.IsType<DecisionEffect.TellLater>(effects[0]).Write);
        Assert.Equal(DecisionRefusal.NotRecorded, Assert.IsType<DecisionEffect.Refuse>(effects[1]).Why);
    }

    [Fact]
    public void With_a_spool_the_request_goes_on_without_the_ledger()
    {
        DecisionState state = Claiming(spool: true);
        Assert.IsType<LedgerWrite.Claim>(One<DecisionEffect.Spool>(ref state, Ledger(null)).Write);
        One<DecisionEffect.Dispatch>(ref state, Ledger(Applied));
        Assert.IsType<LedgerWrite.Finish>(One<DecisionEffect.Spool>(ref state, Answered("yes")).Write);
        One<DecisionEffect.Reply>(ref state, Ledger(Applied));
    }

    [Fact]
    public void Without_ledger_and_spool_a_claim_is_refused()
    {
        DecisionState state = Claiming(spool: true);
        One<DecisionEffect.Spool>(ref state, Ledger(null));
        Assert.Equal(2, Step(ref state, Ledger(null)).Count);
        Assert.Equal(DecisionStep.Over, state.Step);
    }

    [Fact]
    public void What_comes_too_late_or_twice_changes_nothing()
    {
        DecisionState state = Running();
        Assert.Empty(Step(ref state, Ledger(Applied)));
        Step(ref state, Answered("yes"));
        Assert.Empty(Step(ref state, Answered("no")));
        Step(ref state, Ledger(Applied));
        Assert.Empty(Step(ref state, Ledger(Applied)));
    }

    private static DecisionState Fresh(bool replaySafe = false, bool spool = false) =>
        new(Rows.InFlight("r1"), replaySafe, spool);

    private static DecisionState Claiming(bool spool = false)
    {
        DecisionState state = Fresh(spool: spool);
        Step(ref state, new DecisionInput.Admitted());
        return state;
    }

    private static DecisionState Running(bool replaySafe = false)
    {
        DecisionState state = Fresh(replaySafe);
        Step(ref state, new DecisionInput.Admitted());
        Step(ref state, Ledger(Applied));
        return state;
    }

    private static DecisionInput Ledger(LedgerReply? reply) => new DecisionInput.LedgerAnswered(reply);

    private static DecisionInput Answered(string text) => new DecisionInput.ReleaseAnswered(Rows.Answer(text));

    private static T One<T>(ref DecisionState state, DecisionInput input)
        where T : DecisionEffect => Assert.IsType<T>(Assert.Single(Step(ref state, input)));

    private static IReadOnlyList<DecisionEffect> Step(ref DecisionState state, DecisionInput input)
    {
        (state, IReadOnlyList<DecisionEffect> effects) = DecisionMachine.Step(state, input);
        return effects;
    }
}
