using Handover.Core.Ledger;
using Xunit;

namespace Handover.Tests.Ledger;

/// <summary>What may become of one row of the ledger.</summary>
public sealed class LedgerRulesTests
{
    [Fact]
    public void A_free_key_is_claimed_and_finished_once()
    {
        (Decision? claimed, LedgerReply first) = LedgerRules.Apply(null, Rows.Claim("r1"));
        Assert.Equal(LedgerOutcome.Applied, first.Outcome);
        (Decision? done, LedgerReply finished) = LedgerRules.Apply(claimed, Rows.Finish("r1", "yes"));
        Assert.Equal(LedgerOutcome.Applied, finished.Outcome);
        (Decision? again, LedgerReply later) = LedgerRules.Apply(done, Rows.Finish("r1", "no"));
        Assert.Equal(LedgerOutcome.Applied, later.Outcome);
        Assert.Equal("yes", Rows.Text(again));
    }

    [Fact]
    public void A_decided_key_answers_every_later_claim_whatever_release_it_comes_from()
    {
        Decision done = Rows.Done("r1", "yes");
        (Decision? row, LedgerReply reply) = LedgerRules.Apply(done, Rows.Claim("r2", release: "v2"));
        Assert.Equal(LedgerOutcome.Decided, reply.Outcome);
        Assert.Same(done, row);
        Assert.Equal("v1", reply.Row!.Release);
    }

    [Theory]
    [InlineData(DecisionStage.InFlight)]
    [InlineData(DecisionStage.Done)]
    [InlineData(DecisionStage.Unknown)]
    public void A_key_of_another_request_is_refused_at_every_stage(DecisionStage stage)
    {
        Decision row = Rows.Done("r1", "yes") with { Stage = stage };
        LedgerWrite.Claim claim = Rows.Claim("r2", fingerprint: "other");
        Assert.Equal(LedgerOutcome.OtherRequest, LedgerRules.Apply(row, claim).Reply.Outcome);
    }

    [Fact]
    public void A_run_without_an_end_is_never_claimed_again()
    {
        Decision row = Rows.InFlight("r1");
        (Decision? orphaned, LedgerReply reply) = LedgerRules.Apply(row, new LedgerWrite.Orphan("price", "k", "gw"));
        Assert.Equal((LedgerOutcome.Applied, DecisionStage.Unknown), (reply.Outcome, orphaned!.Stage));
        Assert.Equal(LedgerOutcome.InDoubt, LedgerRules.Apply(orphaned, Rows.Claim("r2")).Reply.Outcome);
    }

    [Fact]
    public void A_run_without_an_end_is_claimed_again_where_that_does_no_harm()
    {
        Decision row = Rows.InFlight("r1") with { Stage = DecisionStage.Unknown };
        (Decision? after, LedgerReply reply) = LedgerRules.Apply(row, Rows.Claim("r2", replaySafe: true));
        Assert.Equal((LedgerOutcome.Applied, "r2"), (reply.Outcome, after!.RequestId));
    }

    [Fact]
    public void Another_gateways_run_is_not_orphaned_by_the_death_of_this_one()
    {
        Decision row = Rows.InFlight("r1");
        (Decision? after, LedgerReply reply) = LedgerRules.Apply(row, new LedgerWrite.Orphan("price", "k", "other"));
        Assert.Equal((LedgerOutcome.NotYours, DecisionStage.InFlight), (reply.Outcome, after!.Stage));
    }

    [Fact]
    public void A_gateway_that_was_taken_for_dead_may_still_finish_its_run()
    {
        Decision row = Rows.InFlight("r1") with { Stage = DecisionStage.Unknown };
        Assert.Equal("yes", Rows.Text(LedgerRules.Apply(row, Rows.Finish("r1", "yes")).Row));
    }

    [Fact]
    public void A_run_that_was_given_up_or_taken_over_cannot_be_finished()
    {
        Assert.Equal(LedgerOutcome.NotYours, LedgerRules.Apply(null, Rows.Finish("r1", "yes")).Reply.Outcome);
        (Decision? row, LedgerReply reply) = LedgerRules.Apply(Rows.InFlight("r2"), Rows.Finish("r1", "yes"));
        Assert.Equal((LedgerOutcome.NotYours, "r2"), (reply.Outcome, row!.RequestId));
    }

    [Fact]
    public void Only_its_own_run_withdraws_or_doubts_a_row()
    {
        Decision row = Rows.InFlight("r1");
        Assert.Null(LedgerRules.Apply(row, new LedgerWrite.Withdraw("price", "k", "r1")).Row);
        Assert.Same(row, LedgerRules.Apply(row, new LedgerWrite.Withdraw("price", "k", "r2")).Row);
        Assert.Same(row, LedgerRules.Apply(row, new LedgerWrite.Doubt("price", "k", "r2")).Row);
        Decision done = Rows.Done("r1", "yes");
        Assert.Same(done, LedgerRules.Apply(done, new LedgerWrite.Withdraw("price", "k", "r1")).Row);
        Assert.Same(done, LedgerRules.Apply(done, new LedgerWrite.Doubt("price", "k", "r1")).Row);
    }

    [Fact]
    public void A_person_settles_only_what_nobody_knows_and_only_the_run_that_was_looked_into()
    {
        Decision unknown = Rows.InFlight("r1") with { Stage = DecisionStage.Unknown };
        RecordedAnswer answer = Rows.Answer("no");
        Assert.Null(LedgerRules.Apply(unknown, new LedgerWrite.Settle("price", "k", "r1", null)).Row);
        Assert.Equal(
            "no",
            Rows.Text(LedgerRules.Apply(unknown, new LedgerWrite.Settle("price", "k", "r1", answer)).Row)
        );
        Assert.Same(unknown, LedgerRules.Apply(unknown, new LedgerWrite.Settle("price", "k", "r0", answer)).Row);
        Decision done = Rows.Done("r1", "yes");
        Assert.Same(done, LedgerRules.Apply(done, new LedgerWrite.Settle("price", "k", "r1", null)).Row);
    }

    [Theory]
    [InlineData(200, false, true)]
    [InlineData(422, false, true)]
    [InlineData(500, false, true)]
    [InlineData(500, true, false)]
    [InlineData(503, false, false)]
    [InlineData(429, false, false)]
    public void An_answer_by_which_a_server_does_not_take_the_request_is_no_decision(
        int status,
        bool safe,
        bool kept
    ) => Assert.Equal(kept, LedgerRules.IsDecision(status, safe));

    [Fact]
    public void A_row_is_forgotten_by_age_but_never_while_it_runs()
    {
        TimeSpan retain = TimeSpan.FromDays(7);
        DateTimeOffset late = Rows.Start + retain + TimeSpan.FromSeconds(1);
        Assert.True(LedgerRules.Expired(Rows.Done("r1", "yes"), retain, late));
        Assert.False(LedgerRules.Expired(Rows.Done("r1", "yes"), retain, Rows.Start + retain));
        Assert.False(LedgerRules.Expired(Rows.InFlight("r1"), retain, late));
    }

    [Fact]
    public void A_spooled_row_ends_the_run_that_was_claimed_before_the_outage()
    {
        (Decision row, bool twice) = LedgerRules.Merge(Rows.InFlight("r1"), Rows.Done("r1", "yes"));
        Assert.Equal(("yes", false), (Rows.Text(row), twice));
        (Decision? spooled, LedgerReply reply) = LedgerRules.ApplySpooled(null, Rows.Finish("r1", "yes"));
        Assert.Equal((LedgerOutcome.Applied, "yes"), (reply.Outcome, Rows.Text(spooled)));
    }

    [Fact]
    public void A_merge_finds_the_request_that_was_run_twice_and_keeps_the_ledgers_answer()
    {
        (Decision row, bool twice) = LedgerRules.Merge(Rows.Done("r1", "yes"), Rows.Done("r2", "no"));
        Assert.Equal(("yes", true), (Rows.Text(row), twice));
        (row, twice) = LedgerRules.Merge(Rows.InFlight("r1"), Rows.Done("r2", "no"));
        Assert.Equal(("no", true), (Rows.Text(row), twice));
    }

    [Fact]
    public void A_fingerprint_tells_apart_what_differs_in_any_part()
    {
        byte[] body = "{}"u8.ToArray();
        string[] prints =
        [
            RequestFingerprint.Of("POST", "/p", "c-1", "application/json", body),
            RequestFingerprint.Of("PUT", "/p", "c-1", "application/json", body),
            RequestFingerprint.Of("POST", "/p?x", "c-1", "application/json", body),
            RequestFingerprint.Of("POST", "/p", "c-2", "application/json", body),
            RequestFingerprint.Of("POST", "/p", "", "application/json", body),
            RequestFingerprint.Of("POST", "/p", null, "application/json", body),
            RequestFingerprint.Of("POST", "/p", "c-1", null, body),
            RequestFingerprint.Of("POST", "/p", "c-1", "application/json", "{ }"u8.ToArray()),
            RequestFingerprint.Of("POST", "/pc", "-1", "application/json", body),
        ];
        Assert.Equal(prints.Length, prints.Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(prints[0], RequestFingerprint.Of("POST", "/p", "c-1", "application/json", body));
    }
}
