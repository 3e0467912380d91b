using System.Diagnostics;
using Handover.App.Cli;
using Handover.Protocol;

namespace Handover.Integration.Acceptance;

/// <summary>Rollouts with one stack, and what tests ask about them.</summary>
internal static class SingleStackPlans
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(40);

    /// <summary>Says how long the sample's service may be interrupted. Call it before the node is started.</summary>
    public static void Allow(NodeProcess node, string allowed, string? windows = null, string holdFor = "5s")
    {
        string file = Path.Combine(node.Dir, "service.yaml");
        string[] lines = File.ReadAllLines(file);
        string more = windows is null ? "" : $", {windows}";
        File.WriteAllLines(
            file,
            lines
                .Where(l => !l.StartsWith("  limits:", StringComparison.Ordinal))
                .SelectMany(l =>
                    l.StartsWith("  downtime:", StringComparison.Ordinal)
                        ? [$"  downtime: {{ allowed: {allowed}{more} }}", $"  limits: {{ holdFor: {holdFor} }}"]
                        : (string[])[l]
                )
        );
    }

    public static string To(string release, int warm = 0) =>
        AcceptancePlans.Plan(
            $"single-{release}",
            release,
            "cutover",
            "- verify: {}",
            $"- switch: {{ hold: 400ms, stack: single, start: 25s, warm: {warm} }}",
            "- bake: { for: 300ms }",
            "- retire: { keep: 10m }"
        );

    public static async Task<RolloutView> EndedAsync(NodeProcess node, AdminClient admin, string id) =>
        await UntilAsync(admin, id, r => r.EndedAt is not null && r.Interruptions.Count > 0);

    public static async Task<RolloutView> UntilAsync(AdminClient admin, string id, Func<RolloutView, bool> holds)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            RolloutView view = await NodeProcess.RolloutAsync(admin, id);
            if (holds(view))
            {
                return view;
            }

            if (watch.Elapsed > Patience)
            {
                throw new TimeoutException(Story(view));
            }

            await Task.Delay(5);
        }
    }

    public static async Task<RolloutView> RollbackAsync(AdminClient admin)
    {
        (RolloutView view, _) = await admin.PostAsync(
            $"/api/v1/services/{NodeProcess.Service}:rollback",
            new RolloutCommandRequest(),
            ProtocolJson.Default.RolloutCommandRequest,
            ProtocolJson.Default.RolloutView,
            CancellationToken.None
        );
        return view;
    }

    public static string Story(RolloutView view) =>
        $"{view.Id} is {view.State}: {string.Join("; ", view.Reasons)}\n"
        + string.Join('\n', view.Events.Select(e => $"{e.At:HH:mm:ss.fff} {e.Text}"));

    /// <summary>The releases that answered, in the order in which their requests were sent, without repeats.</summary>
    public static string Order(IEnumerable<Call> calls)
    {
        var order = new List<string>();
        foreach (Call call in calls.Where(c => c.Status == 200).OrderBy(c => c.Sent))
        {
            if (order.Count == 0 || order[^1] != call.Release)
            {
                order.Add(call.Release!);
            }
        }

        return string.Join(' ', order);
    }
}
