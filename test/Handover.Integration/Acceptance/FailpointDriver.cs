using System.Diagnostics;
using Handover.App.Cli;
using Handover.Ports;
using Handover.Protocol;

namespace Handover.Integration.Acceptance;

/// <summary>
/// Keeps a node busy in the way that meets a given failpoint, until the node is dead. The node may die under any call;
/// that is what it is for.
/// </summary>
internal sealed class FailpointDriver(NodeProcess node)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    /// <summary>When the newest node opened its port; null when it died before.</summary>
    public DateTimeOffset? Connected { get; private set; }

    /// <summary>Drives until the node is dead or the patience is over.</summary>
    public async Task DriveAsync(StateFile store, string point, TimeSpan patience)
    {
        Connected = null;
        var watch = Stopwatch.StartNew();
        while (node.Ended is null && watch.Elapsed < patience)
        {
            try
            {
                Connected ??= await node.ConnectedAsync();
                await node.ReadyAsync();
                using AdminClient admin = node.Admin();
                await StepAsync(admin, store, point);
            }
            catch (Exception e) when (e is AdminFailure or HttpRequestException or IOException or TimeoutException)
            {
                // Either it is dead or dying, or it refuses because it is busy with what it found.
            }
            catch (InvalidOperationException) when (node.Ended is not null)
            {
                return;
            }

            await Task.Delay(Pause);
        }
    }

    /// <summary>Takes an open rollout back, so that none is left.</summary>
    public async Task ClearAsync(StateFile store)
    {
        await node.ReadyAsync();
        using AdminClient admin = node.Admin();
        var watch = Stopwatch.StartNew();
        while (store.Newest().Open && watch.Elapsed < TimeSpan.FromSeconds(30))
        {
            await RollbackAsync(admin);
        }
    }

    private async Task StepAsync(AdminClient admin, StateFile store, string point)
    {
        bool abort = point is Failpoint.AbortBefore or Failpoint.AbortAfter or Failpoint.AbortSent;
        bool back = point is Failpoint.WishBefore or Failpoint.WishAfter or Failpoint.RollbackCleared;
        (string id, string phase, bool open) = store.Newest();
        bool stuck = id.StartsWith("stuck", StringComparison.Ordinal);
        if (open)
        {
            bool over = back ? phase is "bake" or "switch" or "shift" : stuck && !abort;
            await (over ? RollbackAsync(admin) : Task.Delay(Pause));
            return;
        }

        string stable = store.Stable();
        string to = stable == "v1" ? "v2" : "v1";
        string plan = (abort, stable) switch
        {
            // A hold that is shorter than the requests in flight last is given up each time.
            (true, "v2-slow") => Plan("stuck", to, "50ms", "10s"),
            (true, _) => Plan("slow", "v2-slow", "400ms", "50ms"),
            _ when back => Plan("back", to, "400ms", "10s"),
            _ when point is Failpoint.HoldSent => Switch(to),
            _ => Plan("forth", to, "400ms", "50ms"),
        };
        await node.StartRolloutAsync(admin, plan);
    }

    private static string Plan(string name, string to, string hold, string bake) =>
        AcceptancePlans.Plan(
            $"{name}-{to}",
            to,
            "cutover",
            name == "stuck" || name == "slow"
                ?
                [
                    "- verify: {}",
                    "- start: { timeout: 30s }",
                    $"- switch: {{ hold: {hold}, drain: atomic }}",
                    $"- bake: {{ for: {bake} }}",
                    "- retire: { keep: 10m }",
                ]
                :
                [
                    "- verify: {}",
                    "- start: { timeout: 30s }",
                    "- shift: { share: 30%, for: 50ms }",
                    $"- switch: {{ hold: {hold}, drain: atomic }}",
                    $"- bake: {{ for: {bake} }}",
                    "- retire: { keep: 200ms }",
                ]
        );

    private static string Switch(string to) =>
        AcceptancePlans.Plan(
            $"long-{to}",
            to,
            "cutover",
            "- verify: {}",
            "- start: { timeout: 30s }",
            "- switch: { hold: 2s, drain: atomic }",
            "- bake: { for: 50ms }",
            "- retire: { keep: 10m }"
        );

    private static async Task RollbackAsync(AdminClient admin) =>
        await admin.PostAsync(
            $"/api/v1/services/{NodeProcess.Service}:rollback",
            new RolloutCommandRequest(),
            ProtocolJson.Default.RolloutCommandRequest,
            ProtocolJson.Default.RolloutView,
            CancellationToken.None
        );
}
