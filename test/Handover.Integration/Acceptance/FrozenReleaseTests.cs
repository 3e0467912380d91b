using Handover.App.Cli;
using Handover.Protocol;
using Xunit;

namespace Handover.Integration.Acceptance;

/// <summary>
/// What a rollback brings back, once the old release is stopped, is the release that was there: the same bytes, or
/// nothing. Somebody who put another file in its place hears of it before and in the hour of need, and traffic stays
/// where it is.
/// </summary>
[Collection(AcceptanceCollection.Name)]
public sealed class FrozenReleaseTests
{
    [Fact(Timeout = 120_000)]
    public async Task A_stopped_release_comes_back_as_the_files_that_it_was_or_not_at_all()
    {
        await using var node = new NodeProcess();
        node.DeclareNoDigests();
        await node.StartAsync();
        using AdminClient admin = node.Admin();
        await using var calls = new OpenCalls(node.Infer);
        await calls.AnsweredAsync(60);
        string plan = AcceptancePlans.Plan(
            "frozen",
            "v2",
            "cutover",
            "- verify: {}",
            "- start: { timeout: 30s }",
            "- switch: { hold: 400ms, drain: atomic, stack: double }",
            "- retire: { keep: 200ms }"
        );
        string id = (await node.StartRolloutAsync(admin, plan)).Id;
        RolloutView cold = await SingleStackPlans.UntilAsync(admin, id, r => r.Rollback is { Warm: false });
        string digest = Assert.Contains("models/v1.onnx", cold.Rollback!.Artefacts);
        Assert.Empty(cold.Rollback.Altered);
        Assert.Contains(digest, cold.Rollback.Text, StringComparison.Ordinal);
        Assert.Equal(2, cold.Events.Count(e => e.Kind == "frozen"));

        string file = Path.Combine(node.Dir, "models", "v1.onnx");
        byte[] good = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
        File.Copy(Path.Combine(node.Dir, "models", "v2-drop.onnx"), file, overwrite: true);
        RolloutView told = await NodeProcess.RolloutAsync(admin, id);
        Assert.Contains("models/v1.onnx", Assert.Single(told.Rollback!.Altered), StringComparison.Ordinal);

        RolloutView refused = await SingleStackPlans.RollbackAsync(admin);
        refused = await SingleStackPlans.UntilAsync(admin, refused.Id, r => r.EndedAt is not null);
        Assert.True(refused.State == "failed", SingleStackPlans.Story(refused));
        Assert.Contains("was rolled out", string.Join(' ', refused.Reasons), StringComparison.Ordinal);
        await calls.AnsweredAsync(20);

        await File.WriteAllBytesAsync(file, good, TestContext.Current.CancellationToken);
        RolloutView back = await SingleStackPlans.RollbackAsync(admin);
        back = await SingleStackPlans.UntilAsync(admin, back.Id, r => r.EndedAt is not null);
        Assert.True(back.State == "succeeded", SingleStackPlans.Story(back));
        Assert.DoesNotContain(calls.All, c => c.Status is >= 500 or 0);
    }
}
