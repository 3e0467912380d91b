using Handover.Control.Evidence;
using Handover.Control.Stores;
using Handover.Core.Foundation;
using Handover.Core.Gates;
using Handover.Core.Rollouts;
using Handover.Core.Traffic;
using Handover.Ports;
using Handover.Tests.Journal;
using Xunit;

namespace Handover.Tests.Record;

/// <summary>Whatever the gates decided can be derived again from what is on disk, also after crashes.</summary>
public sealed class VerdictRecordTests : IDisposable
{
    private readonly EvidenceWorld _world = new();

    [Fact]
    public void A_rollback_is_on_disk_with_its_counts_and_comes_out_the_same_again()
    {
        Verdict verdict = Sick();
        IReadOnlyList<VerdictRecord> records = _world.Store.Verdicts("p.1");
        Assert.Equal([Outcome.Hold, Outcome.RollBack], records.Select(r => r.Verdict.Outcome));
        VerdictRecord last = records[^1];
        Assert.Equal(verdict.Reasons, last.Verdict.Reasons);
        Assert.Equal((2L, Share.FromPercent(10)), (last.Seq, last.Input.CandidateShare));
        Assert.Equal(0.2, Assert.Single(last.Margins).WorseBy.Value);
        Assert.True(last.Counts.Single().CandidateBad > 1);
        Assert.Equal(16, last.ConfigHash.Length);
        Recomputed again = Recomputation.Run(_world.Store, "p.1").Value;
        Assert.True(again.Same);
        Assert.Equal(last.Ticks, again.Ticks);
        Assert.Equal(2, again.Verdicts.Count);
    }

    [Fact]
    public void What_becomes_of_a_rollout_that_ended_before_takes_nothing_from_the_open_one()
    {
        _world.Collector.End(_world.State with { Id = "p.0", Status = RolloutStatus.Succeeded });
        Assert.NotNull(_world.Second(200, _ => false));
        _world.Collector.End(_world.State);
        Assert.Null(_world.Second(200, _ => false));
    }

    [Fact]
    public void A_request_of_the_rollout_before_is_no_evidence_in_this_one()
    {
        // It was drawn to the release that is stable by now, and is answered only after this rollout has begun.
        Exchange late = Exchanges.One(7, "v1") with
        {
            At = _world.State.StartedAt - TimeSpan.FromMilliseconds(1),
            Reason = AssignReason.Share,
            CandidateShare = Share.FromPercent(70),
        };
        _world.Collector.Record(late);
        Verdict verdict = _world.Second(50, _ => false);
        Assert.DoesNotContain("routing did not name", string.Join(' ', verdict.Reasons), StringComparison.Ordinal);

        _world.Collector.Record(late with { At = _world.State.StartedAt });
        verdict = _world.Second(50, _ => false);
        Assert.Contains("routing did not name", string.Join(' ', verdict.Reasons), StringComparison.Ordinal);
    }

    [Fact]
    public void A_changed_tick_shows()
    {
        Sick();
        string changed = _world.Store.Ticks("p.1")[0].Replace(" errors 0 ", " errors 0 1", StringComparison.Ordinal);
        _world.Database.Write(c =>
            SqliteDatabase.Execute(c, "UPDATE rollout_tick SET body = $b WHERE seq = 1", ("$b", changed))
        );
        Recomputed again = Recomputation.Run(_world.Store, "p.1").Value;
        Assert.False(again.Same);
        Assert.False(again.Verdicts[^1].Same);
    }

    [Fact]
    public void A_missing_tick_shows()
    {
        Sick();
        _world.Database.Write(c =>
            SqliteDatabase.Execute(c, "DELETE FROM rollout_tick WHERE seq = (SELECT max(seq) FROM rollout_tick)")
        );
        Recomputed again = Recomputation.Run(_world.Store, "p.1").Value;
        Assert.Null(again.Verdicts[^1].Again);
        Assert.False(again.Same);
    }

    [Fact]
    public void After_crashes_the_evidence_and_its_record_agree()
    {
        for (int i = 0; i < 40; i++)
        {
            _world.Second(50, _ => false);
            if (i % 7 == 3)
            {
                _world.Restart();
            }
        }

        Verdict verdict = Sick();
        Assert.Equal(Outcome.RollBack, verdict.Outcome);
        Recomputed again = Recomputation.Run(_world.Store, "p.1").Value;
        Assert.True(again.Same);
        Assert.True(again.Verdicts.Count > 5);
        Assert.InRange(again.Ticks, 20, 80);
    }

    [Fact]
    public void A_damaged_checkpoint_is_replaced_by_replaying_the_ticks()
    {
        for (int i = 0; i < 12; i++)
        {
            _world.Second(50, _ => false);
        }

        IReadOnlyList<GateCounts> before = _world.Store.Verdicts("p.1")[^1].Counts;
        _world.Database.Write(c => SqliteDatabase.Execute(c, "UPDATE rollout_evidence SET body = '{'"));
        _world.Restart();
        GateCounts counts = _world.Collector.Counts("price").Single();
        Assert.True(counts.StableUnits >= before.Single().StableUnits);
        Assert.InRange(counts.StableUnits + counts.CandidateUnits, 500, 600);
        Sick();
        Assert.True(Recomputation.Run(_world.Store, "p.1").Value.Same);
    }

    [Fact]
    public void Objectives_that_change_on_the_way_do_not_change_the_tests_of_a_rollout()
    {
        _world.Second(50, _ => false);
        _world.Service = _world.Service with { Objectives = new() { Errors = new Ratio(0.001) } };
        _world.Restart();
        Verdict verdict = _world.Second(50, _ => false);
        Assert.DoesNotContain(verdict.Reasons, r => r.Contains("evidence is missing", StringComparison.Ordinal));
        Sick();
        Assert.True(Recomputation.Run(_world.Store, "p.1").Value.Same);
    }

    [Fact]
    public void A_rollout_that_was_never_judged_says_so() =>
        Assert.Equal("no-verdicts", Recomputation.Run(_world.Store, "other.1").Problems[0].Code);

    [Fact]
    public void Ticks_are_forgotten_after_their_time_and_verdicts_stay()
    {
        Sick();
        _world.Store.ForgetTicks(_world.Clock.GetUtcNow() - TimeSpan.FromHours(1));
        Assert.True(Recomputation.Run(_world.Store, "p.1").Ok);
        _world.Store.ForgetTicks(_world.Clock.GetUtcNow() + TimeSpan.FromHours(1));
        Assert.Equal("no-ticks", Recomputation.Run(_world.Store, "p.1").Problems[0].Code);
        Assert.Equal(2, _world.Store.Verdicts("p.1").Count);
    }

    [Fact]
    public void Looks_become_rarer_so_that_a_week_leaves_a_bounded_record()
    {
        double seconds = 0;
        int looks = 0;
        for (; seconds < 7 * 86_400; looks++)
        {
            seconds += EvidenceCollector.LookPeriod(TimeSpan.FromSeconds(seconds)).TotalSeconds;
        }

        Assert.InRange(looks, 40_000, 55_000);
    }

    [Fact]
    public void Entities_are_drawn_as_configured_and_counted_once()
    {
        for (int i = 0; i < 10; i++)
        {
            _world.Second(100, _ => false);
        }

        _world.Send("c-1", _ => false);
        Verdict verdict = _world.Second(0, _ => false);
        GateReading split = verdict.Gates.Single(g => g.Name == "split");
        Assert.Equal((Outcome.Promote, 1_000L), (split.Outcome, split.N));
    }

    [Fact]
    public void A_gateway_that_loses_the_candidates_entities_is_blamed_and_not_the_model()
    {
        for (int i = 0; i < 3_000; i++)
        {
            string entity = $"c-{i}";
            bool lost = Assignment.Bucket("p", entity) < 6_000;
            if (!lost)
            {
                _world.Send(entity, _ => false);
            }
        }

        Verdict verdict = _world.Second(0, _ => false);
        Assert.Equal(Outcome.Hold, verdict.Outcome);
        Assert.Contains(verdict.Reasons, r => r.StartsWith("traffic is not split", StringComparison.Ordinal));
    }

    [Fact]
    public void An_answer_of_the_candidate_to_somebody_who_was_not_drawn_is_counted_as_a_violation()
    {
        Exchange stray = Exchanges.One(99_999, "v2") with
        {
            At = _world.Clock.GetUtcNow(),
            Reason = AssignReason.Share,
            CandidateShare = Share.None,
        };
        _world.Collector.Record(stray);
        Verdict verdict = _world.Second(10, _ => false);
        Assert.Contains(verdict.Reasons, r => r.Contains("the gateway is at fault", StringComparison.Ordinal));
    }

    public void Dispose() => _world.Dispose();

    private Verdict Sick()
    {
        for (int i = 0; i < 3; i++)
        {
            _world.Second(50, _ => false);
        }

        for (int i = 0; i < 60; i++)
        {
            int n = 0;
            Verdict verdict = _world.Second(50, release => release == "v2" && n++ % 2 == 0);
            if (verdict.Outcome == Outcome.RollBack)
            {
                return verdict;
            }
        }

        Assert.Fail("the sick candidate was not found");
        return null!;
    }
}
