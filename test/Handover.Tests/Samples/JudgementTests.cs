using Diamonds.Judge;
using Xunit;

namespace Handover.Tests.Samples;

/// <summary>
/// The judge decides whether the demo may say "mixed 0". A judge that never accuses would let everything through, so
/// each kind of violation is staged here, beside histories that look alike and are innocent.
/// </summary>
public sealed class JudgementTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private readonly List<ClientLine> client = [];
    private readonly List<ModelLine> model = [];
    private readonly List<MoveWindow> windows = [MoveWindow.Always("v1", "v2")];

    private Verdict Verdict => Judgement.Of(client, model, windows);

    private static DateTimeOffset At(double second) => Start.AddSeconds(second);

    /// <summary>One request that was answered as it should be.</summary>
    private void Served(double second, string entity, string release, string? id = null)
    {
        id ??= $"r{client.Count}";
        client.Add(new ClientLine(id, "diamond-price", entity, release, 200, "ok"));
        model.Add(new ModelLine(At(second), id, release, "live", 200));
    }

    [Fact]
    public void A_rollout_in_which_every_customer_moves_once_is_clean()
    {
        for (int i = 0; i < 50; i++)
        {
            Served(i, $"c-{i % 5}", i / 5 > i % 5 ? "v2" : "v1");
        }

        Assert.True(Verdict.Clean);
        Assert.Equal(50, Verdict.Requests);
        Assert.Equal(50, Verdict.Releases.Values.Sum(r => r.Matched));
        Assert.Equal(Verdict.Releases["v2"].Client, Verdict.Releases["v2"].Model);
    }

    [Fact]
    public void An_entity_that_goes_back_without_a_rollback_is_a_flip()
    {
        Served(1, "c-1", "v1");
        Served(2, "c-1", "v2");
        Served(3, "c-1", "v1");

        Assert.Equal(1, Verdict.Flips);
        Assert.Equal(1, Verdict.Mixed);
        Assert.Contains("c-1", Assert.Single(Verdict.Examples), StringComparison.Ordinal);
    }

    [Fact]
    public void An_entity_that_goes_forth_a_second_time_in_one_rollout_is_a_flip_again()
    {
        Served(1, "c-1", "v1");
        Served(2, "c-1", "v2");
        Served(3, "c-1", "v1");
        Served(4, "c-1", "v2");

        Assert.Equal(2, Verdict.Flips);
    }

    [Fact]
    public void A_release_that_no_rollout_names_is_a_flip()
    {
        Served(1, "c-1", "v1");
        Served(2, "c-1", "v3");

        Assert.Equal(1, Verdict.Flips);
    }

    [Fact]
    public void A_move_before_the_rollout_began_is_a_flip()
    {
        windows.Clear();
        windows.Add(new MoveWindow("v1", "v2", At(10), At(20)));
        Served(1, "c-early", "v1");
        Served(2, "c-early", "v2");
        Served(1, "c-good", "v1");
        Served(12, "c-good", "v2");

        Assert.Equal(1, Verdict.Flips);
    }

    [Fact]
    public void A_customer_who_was_away_during_the_rollout_may_come_back_to_the_new_release()
    {
        windows.Clear();
        windows.Add(new MoveWindow("v1", "v2", At(10), At(20)));
        Served(1, "c-1", "v1");
        Served(99, "c-1", "v2");

        Assert.Equal(0, Verdict.Flips);
    }

    [Fact]
    public void Going_back_is_allowed_once_where_the_rollout_was_taken_back()
    {
        windows.Clear();
        windows.AddRange(
            LogReader.Windows(
                $$"""
                [{"from":"v1","to":"v2","startedAt":"{{At(0):O}}","rolledBackAt":"{{At(10):O}}","endedAt":"{{At(
                    20
                ):O}}"}]
                """
            )
        );
        Served(1, "c-good", "v1");
        Served(2, "c-good", "v2");
        Served(11, "c-good", "v1");
        Served(1, "c-early", "v1");
        Served(2, "c-early", "v2");
        Served(3, "c-early", "v1");

        Assert.Equal(1, Verdict.Flips);
        Assert.Contains("c-early", Assert.Single(Verdict.Examples), StringComparison.Ordinal);
    }

    [Fact]
    public void Two_rollouts_of_the_same_releases_allow_two_passages()
    {
        windows.Clear();
        windows.Add(new MoveWindow("v1", "v2", At(0), At(10)));
        windows.Add(new MoveWindow("v2", "v1", At(10), At(20)));
        windows.Add(new MoveWindow("v1", "v2", At(20), At(30)));
        Served(1, "c-1", "v1");
        Served(5, "c-1", "v2");
        Served(15, "c-1", "v1");
        Served(25, "c-1", "v2");

        Assert.Equal(0, Verdict.Flips);
    }

    [Fact]
    public void A_customer_who_was_away_during_several_moves_may_have_gone_through_all_of_them()
    {
        windows.Clear();
        windows.Add(new MoveWindow("v1", "v2", At(0), At(10)));
        windows.Add(new MoveWindow("v2", "v1", At(20), At(30)));
        windows.Add(new MoveWindow("v1", "v3", At(40), At(50)));
        Served(5, "c-1", "v2");
        Served(45, "c-1", "v3");

        Assert.Equal(0, Verdict.Flips);
    }

    [Fact]
    public void Moves_in_the_wrong_order_are_no_way_between_two_releases()
    {
        windows.Clear();
        windows.Add(new MoveWindow("v1", "v3", At(0), At(10)));
        windows.Add(new MoveWindow("v2", "v1", At(20), At(30)));
        Served(5, "c-early", "v2");
        Served(35, "c-early", "v3");

        Assert.Equal(1, Verdict.Flips);
    }

    [Fact]
    public void A_path_uses_up_each_of_its_windows()
    {
        windows.Clear();
        windows.Add(new MoveWindow("v1", "v2", At(0), At(50)));
        windows.Add(new MoveWindow("v2", "v3", At(0), At(50)));
        windows.Add(new MoveWindow("v3", "v2", At(0), At(50)));
        Served(1, "c-1", "v1");
        Served(2, "c-1", "v3");
        Served(3, "c-1", "v2");
        Served(4, "c-1", "v3");

        Assert.Equal(1, Verdict.Flips);
    }

    [Fact]
    public void A_rollout_of_one_service_excuses_nothing_in_another()
    {
        windows.Clear();
        windows.Add(new MoveWindow("v1", "v2", At(0), At(10), "another"));
        Served(1, "c-1", "v1");
        Served(2, "c-1", "v2");

        Assert.Equal(1, Verdict.Flips);
    }

    [Fact]
    public void Order_is_the_order_of_arrival_not_of_the_logs()
    {
        Served(3, "c-1", "v2");
        Served(1, "c-1", "v1");
        Served(2, "c-1", "v1");

        Assert.Equal(0, Verdict.Flips);
    }

    [Fact]
    public void Arrivals_in_one_tick_of_the_clock_have_no_order()
    {
        Served(1, "c-1", "v1");
        Served(2, "c-1", "v2");
        Served(2, "c-1", "v1");
        Served(3, "c-1", "v2");

        Assert.Equal(0, Verdict.Flips);
    }

    [Fact]
    public void An_answer_that_names_another_release_than_the_one_that_gave_it_is_mixed()
    {
        client.Add(new ClientLine("r1", "diamond-price", "c-1", "v2", 200, "ok"));
        model.Add(new ModelLine(At(1), "r1", "v1", "live", 200));

        Assert.Equal(1, Verdict.Mislabelled);
        Assert.Equal(1, Verdict.Mixed);
        Assert.Equal(0, Verdict.Releases["v2"].Matched);
    }

    [Fact]
    public void A_chain_of_hops_that_met_two_releases_is_mixed_once()
    {
        Served(1, "c-1", "v1", "r1");
        model.Add(new ModelLine(At(1.01), "r1", "v2", "live", 200));

        Assert.Equal(1, Verdict.TornChains);
        Assert.Equal(1, Verdict.Mixed);
    }

    [Fact]
    public void A_chain_of_one_release_is_clean_although_other_requests_arrive_between_its_hops()
    {
        Served(1, "c-1", "v1", "r1");
        Served(1.01, "c-1", "v2", "r2");
        model.Add(new ModelLine(At(1.02), "r1", "v1", "live", 200));
        model.Add(new ModelLine(At(1.03), "r2", "v2", "live", 200));

        Assert.True(Verdict.Clean);
    }

    [Fact]
    public void A_shadow_copy_is_no_flip_and_no_torn_chain_but_its_own_hops_must_agree()
    {
        Served(1, "c-1", "v1", "r1");
        model.Add(new ModelLine(At(1), "r1", "v2", "shadow", 200));
        model.Add(new ModelLine(At(1.01), "r1", "v2", "shadow", 200));
        Assert.True(Verdict.Clean);

        model.Add(new ModelLine(At(1.02), "r1", "v1", "shadow", 200));
        Assert.Equal(1, Verdict.TornChains);
    }

    [Theory]
    [InlineData(0, "refused")]
    [InlineData(0, "timeout")]
    [InlineData(200, "reset")]
    [InlineData(404, "http")]
    [InlineData(503, "http")]
    [InlineData(0, "unsent")]
    public void Every_request_without_a_complete_2xx_answer_has_failed(int status, string outcome)
    {
        client.Add(new ClientLine(null, "diamond-price", "c-1", null, status, outcome));

        Assert.Equal(1, Verdict.Failed);
        Assert.False(Verdict.Clean);
        Assert.Equal(1, Verdict.Failures.Values.Sum());
    }

    [Fact]
    public void An_answer_that_no_server_knows_of_is_not_accepted()
    {
        client.Add(new ClientLine("r1", "diamond-price", "c-1", "v1", 200, "ok"));

        Assert.Equal(1, Verdict.Unreconciled);
        Assert.False(Verdict.Clean);
    }

    [Fact]
    public void An_answer_from_the_ledger_needs_no_server()
    {
        client.Add(new ClientLine("r1", "diamond-price", "c-1", "v1", 200, "ok", "replayed"));

        Assert.True(Verdict.Clean);
    }

    [Fact]
    public void A_request_that_a_server_answered_and_no_client_heard_of_is_counted()
    {
        model.Add(new ModelLine(At(1), "r1", "v1", "live", 200));

        Assert.Equal(1, Verdict.Unclaimed);
        Assert.Equal(0, Verdict.Mixed);
    }

    [Fact]
    public void A_caller_who_named_a_release_did_not_flip()
    {
        Served(1, "c-1", "v1");
        client.Add(new ClientLine("r9", "diamond-price", "c-1", "v2", 200, "ok", "override"));
        model.Add(new ModelLine(At(2), "r9", "v2", "live", 200));
        Served(3, "c-1", "v1");

        Assert.Equal(0, Verdict.Flips);
    }

    [Fact]
    public void Lines_that_are_not_records_are_counted_and_passed_over()
    {
        var reader = new LogReader();
        ModelLine line = Assert.Single(
            reader.Model([
                "Now listening on: http://127.0.0.1:9002",
                """v2: {"at":"2026-01-01T12:00:01.5Z","requestId":"r1","release":"v2","purpose":"Live","status":200}""",
                """{"at":"2026-01-01T12:00:02Z","requestId":"r2","rele""",
                """{"level":"info"}""",
                "",
            ])
        );

        Assert.Equal(new ModelLine(At(1.5), "r1", "v2", "live", 200), line);
        Assert.Equal(3, reader.Ignored);
    }
}
