using Handover.Control.Evidence;
using Handover.Control.Labels;
using Handover.Core.Foundation;
using Handover.Core.Gates;
using Handover.Core.Rollouts;
using Handover.Ports;
using Handover.Protocol;
using Xunit;

namespace Handover.Tests.Labels;

/// <summary>What labels and pushed metrics do to a verdict, and what their absence does.</summary>
public sealed class LabelEvidenceTests
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(30);
    private static readonly MetricGate Loss = new("loss", new Ratio(0.05));
    private static readonly MetricGate Refunds = new("refunds", new Ratio(0.1)) { Pushed = true };

    [Fact]
    public async Task Only_answers_older_than_the_window_are_judged_and_gaps_count()
    {
        await using var labels = new LabelWorld(Window, Loss);
        await labels.JudgeAsync();
        IReadOnlyList<Exchange> answers = await labels.SecondAsync(200);
        await labels.LabelAsync(answers.Take(150));
        await labels.JudgeAsync();
        Assert.DoesNotContain(labels.World.Collector.Counts("price"), c => c.Metric == "coverage:loss");
        labels.World.Clock.Advance(Window);
        await labels.JudgeAsync();
        GateCounts count = labels.Count("coverage:loss", CoverageTicks.Totals);
        Assert.Equal((200, 150), (count.CandidateUnits + count.StableUnits, count.CandidateBad + count.StableBad));
        GateCounts loss = labels.Count("loss", 0);
        Assert.Equal((150, 0), (loss.CandidateUnits + loss.StableUnits, loss.CandidateBad + loss.StableBad));
    }

    [Fact]
    public async Task A_late_label_is_in_the_report_and_not_in_the_evidence()
    {
        await using var labels = new LabelWorld(Window, Loss);
        await labels.JudgeAsync();
        DateTimeOffset began = labels.World.Clock.GetUtcNow();
        IReadOnlyList<Exchange> answers = await labels.SecondAsync(100);
        await labels.LabelAsync(answers.Take(60));
        labels.World.Clock.Advance(Window);
        await labels.LabelAsync(answers.Skip(60).Take(10));
        await labels.JudgeAsync();
        GateCounts count = labels.Count("coverage:loss", CoverageTicks.Totals);
        Assert.Equal(60, count.CandidateBad + count.StableBad);
        IReadOnlyList<LossRow> rows = labels.Store.Losses("price", began, labels.World.Clock.GetUtcNow());
        Assert.Equal((100, 70, 10), (rows.Sum(r => r.Answered), rows.Sum(r => r.Labelled), rows.Sum(r => r.Late)));
        Assert.Equal(10, labels.Store.Counts("price").Late);
    }

    [Fact]
    public async Task A_worse_release_is_taken_back_by_labels_alone_and_the_verdict_can_be_derived_again()
    {
        await using var labels = new LabelWorld(Window, Loss);
        await labels.JudgeAsync();
        Verdict verdict = await labels.JudgeAsync();
        for (int i = 0; i < 60 && verdict.Outcome != Outcome.RollBack; i++)
        {
            // One answer in ten of stable is wrong, and one in three of the candidate.
            await labels.LabelAsync(
                await labels.SecondAsync(400, (release, n) => n % (release == "v2" ? 3 : 10) == 0 ? 50 : 100)
            );
            verdict = await labels.JudgeAsync();
        }

        Assert.Equal((Outcome.RollBack, "loss", "v2"), (verdict.Outcome, verdict.Culprit, verdict.SickRelease));
        Assert.True(Recomputation.Run(labels.World.Store, "p.1").Value.Same);
    }

    [Fact]
    public async Task After_a_crash_no_answer_is_judged_twice_and_none_is_left_out()
    {
        await using var labels = new LabelWorld(Window, Loss);
        await labels.JudgeAsync();
        for (int i = 0; i < 8; i++)
        {
            await labels.LabelAsync(await labels.SecondAsync(50));
        }

        labels.World.Clock.Advance(Window - TimeSpan.FromSeconds(4));
        await labels.JudgeAsync();
        labels.World.Clock.Advance(TimeSpan.FromSeconds(10));
        await labels.JudgeAsync();
        labels.World.Restart();
        await labels.JudgeAsync();
        await labels.JudgeAsync();
        GateCounts count = labels.Count("coverage:loss", CoverageTicks.Totals);
        Assert.Equal(400, count.CandidateUnits + count.StableUnits);
        Assert.Equal(400, count.CandidateBad + count.StableBad);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Labels_that_reach_one_release_more_than_the_other_hold(bool matured)
    {
        await using var labels = new LabelWorld(matured ? Window : null, Loss);
        Verdict verdict = await labels.JudgeAsync();
        for (int i = 0; i < 80 && !Selected(verdict); i++)
        {
            // Nine of ten answers of stable are reviewed, and half of the candidate's.
            IReadOnlyList<Exchange> sent = await labels.SecondAsync(400);
            await labels.LabelAsync(sent.Where((a, n) => a.Release == "v2" ? n % 2 == 0 : n % 10 != 0));
            verdict = await labels.JudgeAsync();
        }

        Assert.Equal(Outcome.Hold, verdict.Outcome);
        Assert.True(Selected(verdict), string.Join("; ", verdict.Reasons));
        Assert.Equal(Outcome.Hold, verdict.Gates.Single(g => g.Name == "loss coverage").Outcome);
    }

    [Fact]
    public async Task Labels_that_stop_hold_and_never_promote()
    {
        await using var labels = new LabelWorld(null, Loss with { Silence = TimeSpan.FromSeconds(20) });
        labels.World.State = WithoutWait(labels.World.State);
        await labels.JudgeAsync();
        for (int i = 0; i < 5; i++)
        {
            await labels.LabelAsync(await labels.SecondAsync(400));
        }

        Assert.Equal(Outcome.Promote, (await labels.JudgeAsync()).Outcome);
        labels.World.Clock.Advance(TimeSpan.FromSeconds(21));
        await labels.SecondAsync(50);

        Verdict verdict = await labels.JudgeAsync();
        Assert.Equal(Outcome.Hold, verdict.Outcome);
        Assert.Contains(
            verdict.Reasons,
            r => r.StartsWith("loss is missing: nothing has come", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task Without_any_label_of_the_candidate_nothing_is_promoted()
    {
        await using var labels = new LabelWorld(null, Loss);
        labels.World.State = WithoutWait(labels.World.State);
        await labels.SecondAsync(500);

        Verdict verdict = await labels.JudgeAsync();
        Assert.Equal(Outcome.Hold, verdict.Outcome);
        Assert.Contains("loss is missing: 0 of at least 100 labelled answers of v2", verdict.Reasons);
    }

    [Fact]
    public async Task A_label_of_an_answer_from_before_the_rollout_is_no_evidence()
    {
        await using var labels = new LabelWorld(null, Loss);
        IReadOnlyList<Exchange> before = await labels.SecondAsync(50);
        labels.World.State = labels.World.State with { StartedAt = labels.World.Clock.GetUtcNow() };
        labels.World.Restart();
        await labels.LabelAsync(before);
        await labels.JudgeAsync();
        Assert.DoesNotContain(labels.World.Collector.Counts("price"), c => c.Metric == "loss");
    }

    [Fact]
    public async Task A_pushed_metric_rolls_back_by_itself_and_can_be_derived_again()
    {
        await using var labels = new LabelWorld(null, Refunds);
        Verdict verdict = await labels.JudgeAsync();
        for (int i = 0; i < 60 && verdict.Outcome != Outcome.RollBack; i++)
        {
            IReadOnlyList<Exchange> sent = await labels.SecondAsync(400);
            Result<LabelReceipt> receipt = await labels.PushAsync(
                sent.Select((a, n) => Refunded(a.RequestId, n % (a.Release == "v2" ? 3 : 20) == 0))
            );
            Assert.Equal(400, receipt.Value.Accepted);
            verdict = await labels.JudgeAsync();
        }

        Assert.Equal((Outcome.RollBack, "refunds"), (verdict.Outcome, verdict.Culprit));
        Assert.True(Recomputation.Run(labels.World.Store, "p.1").Value.Same);
    }

    [Fact]
    public async Task A_pushed_metric_is_idempotent_and_says_what_is_wrong_with_a_line()
    {
        var time = new MetricGate("minutes", new Ratio(0.1)) { Pushed = true, Above = 5 };
        await using var labels = new LabelWorld(null, Refunds, time);
        await labels.SecondAsync(20);
        Result<LabelReceipt> receipt = await labels.PushAsync(
            Refunded("r-0", true),
            Refunded("r-0", true),
            Refunded("r-0", false),
            Refunded("unknown", true),
            """{"requestId":"r-1","name":"minutes","value":7.5}""",
            """{"requestId":"r-2","name":"minutes","value":3}""",
            """{"requestId":"r-1","name":"refunds","value":1}""",
            """{"requestId":"r-1","name":"other","bad":true}""",
            """{"requestId":"r-1","entity":"c-1","name":"refunds","bad":true}""",
            """{"release":"v1","entity":"c-1","epoch":7,"name":"refunds","bad":true}"""
        );
        LabelReceipt told = receipt.Value;
        Assert.Equal((4, 1, 1, 1), (told.Accepted, told.Duplicate, told.Conflicting, told.Waiting));
        Assert.Equal([3, 7, 8, 9, 10], told.Errors.Select(e => e.Line));
        Assert.Equal("epoch 7 does not belong to p.1.", told.Errors[^1].Detail);
        await labels.JudgeAsync();
        GateCounts minutes = labels.Count("minutes", 0);
        Assert.Equal((2, 1), (minutes.CandidateUnits + minutes.StableUnits, minutes.CandidateBad + minutes.StableBad));
        labels.World.State = labels.World.State with { EndedAt = labels.World.Clock.GetUtcNow() };
        Assert.Equal("conflict", (await labels.PushAsync(Refunded("r-3", true))).Problems[0].Code);
    }

    [Fact]
    public async Task A_value_of_an_entity_counts_where_the_draw_put_it_and_is_refused_elsewhere()
    {
        await using var labels = new LabelWorld(null, Refunds);
        labels.Epochs.Commit(4, labels.World.State);
        string candidate = labels.Entity(onCandidate: true);
        string stable = labels.Entity(onCandidate: false);
        Result<LabelReceipt> receipt = await labels.PushAsync(
            $$"""{"release":"v2","entity":"{{candidate}}","epoch":4,"name":"refunds","bad":true}""",
            $$"""{"release":"v1","entity":"{{stable}}","epoch":4,"name":"refunds","bad":false}""",
            $$"""{"release":"v2","entity":"{{stable}}","epoch":4,"name":"refunds","bad":true}"""
        );
        Assert.Equal((2, 1), (receipt.Value.Accepted, receipt.Value.Rejected));
        await labels.JudgeAsync();
        Assert.Equal($"{stable} was served by v1 at epoch 4, not by v2.", receipt.Value.Errors[0].Detail);
        GateCounts count = labels.Count("refunds", 0);
        Assert.Equal((1, 1, 0, 1), (count.CandidateBad, count.CandidateUnits, count.StableBad, count.StableUnits));
    }

    private static RolloutState WithoutWait(RolloutState state) =>
        state with
        {
            Plan = state.Plan with
            {
                Phases =
                [
                    state.Plan.Phases[0],
                    new Phase.Shift(Share.FromPercent(10), null, TimeSpan.Zero, 100),
                    state.Plan.Phases[2],
                ],
            },
        };

    private static bool Selected(Verdict verdict) =>
        verdict.Reasons.Any(r => r.Contains("do not reach both releases alike", StringComparison.Ordinal));

    private static string Refunded(string request, bool bad) =>
        $$"""{"requestId":"{{request}}","name":"refunds","bad":{{(bad ? "true" : "false")}}}""";
}
