using Handover.App.Cli;
using Handover.Protocol;
using Xunit;

namespace Handover.Integration.Acceptance;

/// <summary>
/// The switch with one stack on the real program under load: what callers see, a candidate that does not start, a node
/// that is killed while the service is closed, and the window outside of which nothing is closed.
/// </summary>
[Collection(AcceptanceCollection.Name)]
public sealed class SingleStackTests
{
    [Fact(Timeout = 60_000)]
    public async Task One_release_at_a_time_and_the_interruption_is_what_callers_saw()
    {
        await using var node = new NodeProcess(slow: "slowstart=600ms");
        SingleStackPlans.Allow(node, "30s");
        await node.StartAsync();
        using AdminClient admin = node.Admin();
        await using var calls = new OpenCalls(node.Infer);
        await calls.AnsweredAsync(60);
        RolloutView rollout = await node.StartRolloutAsync(admin, SingleStackPlans.To("v2-slow"));
        rollout = await SingleStackPlans.EndedAsync(node, admin, rollout.Id);
        Assert.True(rollout.State == "succeeded", SingleStackPlans.Story(rollout));
        InterruptionView seen = Assert.Single(rollout.Interruptions);
        await calls.AnsweredAsync(20);

        // Held, not failed: the start took less than the service holds a request for.
        IReadOnlyList<Call> all = calls.All;
        Assert.DoesNotContain(all, c => c.Status is not 200);
        Assert.True(SingleStackPlans.Order(all) == "v1 v2-slow", SingleStackPlans.Order(all));
        Assert.True(seen is { Whole: true, Refused: 0, Held: > 0 }, seen.Text);

        // The clients' own clocks: the first request that waited beyond the usual, to the first answer of the new one.
        Call first = all.First(c => c.Release == "v2-slow");
        DateTimeOffset answered = all.Where(c => c.Release == "v2-slow").Min(c => c.Answered);
        double clients = (answered - first.Sent).TotalMilliseconds;
        TestContext.Current.SendDiagnosticMessage($"{SingleStackPlans.Story(rollout)}\ncallers: {clients:0} ms");
        Assert.InRange(seen.SeenMs, (0.9 * clients) - 50, clients + 1);
        Assert.True(seen.SeenMs >= 600, "a start of 600 ms lies in it");

        // The way back is one action, break before make as well.
        RolloutView undo = await SingleStackPlans.RollbackAsync(admin);
        undo = await SingleStackPlans.EndedAsync(node, admin, undo.Id);
        Assert.True(undo.State == "succeeded", SingleStackPlans.Story(undo));
        await calls.AnsweredAsync(20);
        Assert.True(SingleStackPlans.Order(calls.All) == "v1 v2-slow v1", SingleStackPlans.Order(calls.All));
        Assert.DoesNotContain(calls.All, c => c.Status is not 200);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_candidate_that_does_not_start_gives_way_to_stable_and_longer_waits_get_503_with_retry_after()
    {
        // It starts for longer than the service holds requests, and than it allows to be closed.
        await using var node = new NodeProcess(slow: "slowstart=30s");
        SingleStackPlans.Allow(node, "2s", holdFor: "500ms");
        await node.StartAsync();
        using AdminClient admin = node.Admin();
        await using var calls = new OpenCalls(node.Infer);
        await calls.AnsweredAsync(30);
        RolloutView rollout = await node.StartRolloutAsync(admin, SingleStackPlans.To("v2-slow"));
        rollout = await SingleStackPlans.EndedAsync(node, admin, rollout.Id);
        Assert.True(rollout.State == "rolledBack", SingleStackPlans.Story(rollout));
        InterruptionView seen = Assert.Single(rollout.Interruptions);
        await calls.AnsweredAsync(20);
        Assert.True(SingleStackPlans.Order(calls.All) == "v1", SingleStackPlans.Order(calls.All));
        Call[] refused = [.. calls.All.Where(c => c.Status == 503)];
        Assert.Equal(refused.Length, seen.Refused);
        Assert.True(refused.Length > 10, "the start outlasted the hold");
        Assert.All(refused, c => Assert.NotNull(c.RetryAfter));
        Assert.DoesNotContain(calls.All, c => c.Status is not (200 or 503));
    }

    [Theory(Timeout = 60_000)]
    [InlineData(0)]
    [InlineData(120)]
    [InlineData(400)]
    [InlineData(900)]
    public async Task Killed_while_closed_the_node_goes_on_and_opens_the_service(int afterMs)
    {
        await using var node = new NodeProcess(slow: "slowstart=400ms");
        SingleStackPlans.Allow(node, "60s");
        await node.StartAsync();
        string id;
        using (AdminClient admin = node.Admin())
        {
            await using var calls = new OpenCalls(node.Infer);
            await calls.AnsweredAsync(30);
            id = (await node.StartRolloutAsync(admin, SingleStackPlans.To("v2-slow"))).Id;
            await SingleStackPlans.UntilAsync(admin, id, r => r.Closed || r.EndedAt is not null);
            await Task.Delay(afterMs);
            await node.KillAsync();
        }

        await node.StartAsync();
        using AdminClient again = node.Admin();
        await using var after = new OpenCalls(node.Infer);
        RolloutView rollout = await SingleStackPlans.EndedAsync(node, again, id);
        Assert.True(rollout.State == "succeeded", SingleStackPlans.Story(rollout));
        Assert.Single(rollout.Interruptions);
        await after.AnsweredAsync(10);
        Assert.True(SingleStackPlans.Order(after.All) == "v2-slow", SingleStackPlans.Order(after.All));
    }

    [Fact(Timeout = 60_000)]
    public async Task Outside_a_window_or_without_allowed_downtime_the_rollout_is_refused_with_the_reason()
    {
        await using var node = new NodeProcess();
        SingleStackPlans.Allow(node, "0s");
        await node.StartAsync();
        using AdminClient admin = node.Admin();
        AdminFailure none = await Assert.ThrowsAsync<AdminFailure>(() =>
            node.StartRolloutAsync(admin, SingleStackPlans.To("v2"))
        );
        Assert.Contains("allows no interruption", none.Message, StringComparison.Ordinal);
        await node.StopAsync();

        // Once in four years, on the 29th of February.
        SingleStackPlans.Allow(
            node,
            "30s",
            "windows: [{ cron: \"0 3 29 2 *\", duration: 1h, timeZone: Europe/Berlin }]"
        );
        await node.StartAsync();
        AdminFailure outside = await Assert.ThrowsAsync<AdminFailure>(() =>
            node.StartRolloutAsync(admin, SingleStackPlans.To("v2"))
        );
        Assert.Contains("no maintenance window of diamond-price is open", outside.Message, StringComparison.Ordinal);
        Assert.Contains("-02-29 02:00:00Z", outside.Message, StringComparison.Ordinal);
    }
}
