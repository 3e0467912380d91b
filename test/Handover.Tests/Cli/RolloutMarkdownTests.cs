using Handover.App.Cli.Commands;
using Handover.Protocol;
using Xunit;

namespace Handover.Tests.Cli;

public sealed class RolloutMarkdownTests
{
    private static readonly DateTimeOffset At = new(2026, 11, 22, 3, 0, 0, TimeSpan.Zero);

    [Fact]
    public void The_report_tells_the_decision_its_evidence_and_every_step()
    {
        string text = Text("errors: v2 is sick");
        Assert.StartsWith("# Rollout price-v2.1: v1 to v2\n", text, StringComparison.Ordinal);
        Assert.Contains("| sick release | v2 |", text, StringComparison.Ordinal);
        Assert.Contains("| errors | rollBack | 5.00 | 3.69 | 120 |", text, StringComparison.Ordinal);
        Assert.Contains("| 1 | 2026-11-22 03:00:00.000Z | commit | v1 | v2 | 10% |", text, StringComparison.Ordinal);
        Assert.Contains("| rollbackDecided | errors: v2 is sick | engine |", text, StringComparison.Ordinal);
    }

    [Fact]
    public void What_others_wrote_cannot_leave_its_cell()
    {
        string text = Text("a | b\n# Approved <script>alert(1)</script> [x](http://evil)");
        Assert.DoesNotContain("\n# Approved", text, StringComparison.Ordinal);
        Assert.DoesNotContain(" <script>", text, StringComparison.Ordinal);
        Assert.DoesNotContain(" [x](", text, StringComparison.Ordinal);
        Assert.Contains("a \\| b # Approved", text, StringComparison.Ordinal);
    }

    private static string Text(string reason)
    {
        var rollout = new RolloutView
        {
            Id = "price-v2.1",
            Name = "price-v2",
            Service = "price",
            From = "v1",
            To = "v2",
            Strategy = "parallel",
            State = "rolledBack",
            Phase = "shift",
            StartedBy = "ann",
            StartedAt = At,
            Verdict = new VerdictView("rollBack", [reason]) { SickRelease = "v2" },
            Gates = [new GateView("errors", "rollBack", 5, 3.69, 120, null)],
            Events = [new RolloutEventView(1, At, "rollbackDecided", reason, "engine")],
        };
        var epoch = new EpochView(1, "commit", At, "engine", "", "v1", "v2", 10);
        using var output = new StringWriter { NewLine = "\n" };
        RolloutMarkdown.Write(output, new RolloutReportView(rollout, [epoch], 60, ["It was taken back."]));
        return output.ToString();
    }
}
