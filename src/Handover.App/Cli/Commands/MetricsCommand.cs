using System.CommandLine;

namespace Handover.App.Cli.Commands;

/// <summary><c>metrics</c>: what somebody else measured about a rollout's answers.</summary>
internal static class MetricsCommand
{
    public static Command Build(CliRunner run)
    {
        var push = new NdjsonPush(
            "metrics",
            "ROLLOUT",
            "requestId (or release, entity, epoch), name, bad or value",
            r => $"/api/v1/rollouts/{r}/metrics"
        );
        return new Command("metrics", "What was measured outside about a rollout's answers") { push.Build(run) };
    }
}
