using Handover.Protocol;

namespace Diamonds.Demo;

/// <summary>
/// The stories in their order. Each begins with everybody on v1 and leaves everybody there, except the last, which
/// leaves them on v2.
/// </summary>
public sealed class Stories(Stage stage)
{
    private const string Stable = "v1";
    private const string Better = "v2";

    // Its bucket under the salt price-v2 is 4,966 of 100,000: the first share of 10 % reaches it.
    private const string Customer = "c-763";
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(45);

    /// <summary>A growing share of customers; each moves once and stays.</summary>
    public async Task ParallelAsync(bool takeBack, CancellationToken stop)
    {
        stage.Open("parallel", "parallel: v1 -> v2, a growing share of customers; labels gate too");
        bool explained = false;
        await stage.ExplainAsync("parallel", "before", Customer, stop);
        RolloutView? view = await stage.PlayAsync(
            "parallel",
            "succeeded",
            Long,
            async now =>
            {
                if (!explained && now is { Phase: "shift", Share: > 0 and < 50 })
                {
                    explained = true;
                    await stage.ExplainAsync("parallel", "during", Customer, stop);
                }
            },
            stop
        );
        await stage.ExplainAsync("parallel", "after", Customer, stop);
        stage.SayPaths();
        SayHolds(view);
        if (takeBack)
        {
            await stage.RollbackAsync("parallel", Better, stop);
        }
    }

    /// <summary>Candidates that are bad in ways that happen.</summary>
    public async Task BadReleasesAsync(CancellationToken stop)
    {
        stage.Open("cents", "v2-cents declares another unit: refused by contract, before it starts");
        SayWhy(await stage.PlayAsync("cents", "refused", Short, null, stop));
        await stage.SettleAsync(Stable, stop);
        stage.Open("lying", "v2-cents-lying declares dollars and answers cents: caught while warming");
        SayWhy(await stage.PlayAsync("cents-lying", "refused", Short, null, stop));
        await stage.SettleAsync(Stable, stop);
        stage.Open("flaky", "v2-flaky fails on one request in twenty: taken back while it only answers copies");
        SayWhy(await stage.PlayAsync("flaky", "rolledBack", Short, null, stop));
        await stage.SettleAsync(Stable, stop);
        stage.Open("swapped", "v2-swapped is plausible and wrong: taken back when the labels arrive");
        SayWhy(await stage.PlayAsync("swapped", "rolledBack", Short, null, stop));
        await stage.SettleAsync(Stable, stop);
    }

    /// <summary>Everybody at one instant.</summary>
    public async Task CutoverAsync(CancellationToken stop)
    {
        stage.Open("cutover", "cutover: v1 -> v2, everybody at one instant, after warming");
        RolloutView? view = await stage.PlayAsync("cutover", "succeeded", Long, null, stop);
        SayHolds(view);
        stage.SayPaths();
        await stage.RollbackAsync("cutover", Better, stop);
    }

    /// <summary>Nobody, colleagues, everybody.</summary>
    public async Task FlagAsync(CancellationToken stop)
    {
        stage.Open("flag", "flag: v1 -> v2, first in the shadow, then the segment 'internal', then everybody");
        string? pairs = null;
        RolloutView? view = await stage.PlayAsync(
            "flag",
            "succeeded",
            Long,
            now =>
            {
                if (now.Phase == "shift" && pairs is null && now.Gates.Count > 0)
                {
                    pairs = string.Join("; ", now.Gates.Select(g => $"{g.Name}: {g.Detail}"));
                    stage.Say($"shadow, compared in pairs: {pairs}");
                }

                return Task.CompletedTask;
            },
            stop
        );
        SayHolds(view);
        stage.SayPaths();
    }

    /// <summary>Makes sure that the service is on v1.</summary>
    public Task SettleAsync(CancellationToken stop) => stage.SettleAsync(Stable, stop);

    private void SayWhy(RolloutView? view)
    {
        foreach (string reason in (view?.Reasons ?? []).Take(2))
        {
            stage.Say($"why: {reason}");
        }
    }

    private void SayHolds(RolloutView? view)
    {
        foreach ((string text, _) in view is null ? [] : Stage.Holds(view))
        {
            stage.Say(text);
        }
    }
}
