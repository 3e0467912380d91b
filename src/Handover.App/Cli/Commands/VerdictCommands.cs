using System.CommandLine;
using System.Globalization;
using Handover.Protocol;

namespace Handover.App.Cli.Commands;

/// <summary>
/// <c>rollout verdicts</c> and <c>rollout recompute</c>: what the gates said when, and the proof that it follows from
/// what was counted.
/// </summary>
internal static class VerdictCommands
{
    public static Command Verdicts(CliRunner run)
    {
        var id = new Argument<string>("ID");
        Option<string?> segment = Segment();
        return run.Handle(
            new Command("verdicts", "Show how the verdict changed, with the counts behind it") { id, segment },
            async session =>
            {
                IReadOnlyList<VerdictRecordView> records = await session.Api.ListAsync(
                    $"/api/v1/rollouts/{Uri.EscapeDataString(session.Parse.GetValue(id)!)}/verdicts"
                        + Query(session.Parse.GetValue(segment)),
                    ProtocolJson.Lenient.PageVerdictRecordView,
                    session.Cancel
                );
                session.Output.One(
                    new Page<VerdictRecordView>(records, null),
                    ProtocolJson.Default.PageVerdictRecordView,
                    p => string.Join('\n', p.Items.Select(r => r.Seq)),
                    (output, p) => Show(output, p.Items)
                );
                return ExitCodes.Ok;
            }
        );
    }

    public static Command Recompute(CliRunner run)
    {
        var id = new Argument<string>("ID");
        Option<string?> segment = Segment();
        return run.Handle(
            new Command("recompute", "Derive the verdicts again from the stored counts; exit 1 if they differ")
            {
                id,
                segment,
            },
            async session =>
            {
                RecomputationView done = await session.Api.GetAsync(
                    $"/api/v1/rollouts/{Uri.EscapeDataString(session.Parse.GetValue(id)!)}/recomputation"
                        + Query(session.Parse.GetValue(segment)),
                    ProtocolJson.Lenient.RecomputationView,
                    session.Cancel
                );
                session.Output.One(
                    done,
                    ProtocolJson.Default.RecomputationView,
                    d => d.Same ? "same" : "differs",
                    Show
                );
                return done.Same ? ExitCodes.Ok : ExitCodes.Failed;
            }
        );
    }

    private static Option<string?> Segment() =>
        new("--segment") { Description = "A segment with a pace and evidence of its own; default everybody else" };

    private static string Query(string? segment) => segment is null ? "" : $"?segment={Uri.EscapeDataString(segment)}";

    private static void Show(TextWriter output, IReadOnlyList<VerdictRecordView> records)
    {
        foreach (VerdictRecordView record in records)
        {
            string why = string.Join("; ", record.Verdict.Reasons);
            output.WriteLine(
                $"{record.Seq}  {Time(record.At)}  {record.Verdict.Outcome}  share {GetCommand.Percent(record.Share)}  "
                    + $"after {record.Ticks} ticks  config {record.ConfigHash}"
            );
            output.WriteLine($"   {why}");
            foreach (GateView gate in record.Gates)
            {
                string margin = record.Margins.TryGetValue(gate.Name, out double m)
                    ? $", margin {GetCommand.Percent(m * 100)}"
                    : "";
                string evidence = gate.Threshold < 1e300 ? $"{Number(gate.LogEvidence)}/{Number(gate.Threshold)}" : "-";
                output.WriteLine($"   {gate.Name, -12} {evidence, -14} {gate.Detail}{margin}");
            }
        }
    }

    private static void Show(TextWriter output, RecomputationView done)
    {
        foreach (RecomputedVerdictView verdict in done.Verdicts.Where(v => !v.Same))
        {
            output.WriteLine(
                $"verdict {verdict.Kept.Seq} of {Time(verdict.Kept.At)} was {Words(verdict.Kept.Verdict)}, "
                    + $"comes out as {(verdict.Again is { } again ? Words(again) : "nothing: ticks are missing")}"
            );
        }

        string all = $"{done.Verdicts.Count} verdicts of {done.Rollout} from {done.Ticks} ticks";
        output.WriteLine(
            done.Same
                ? $"{all}: the same to the last bit"
                : $"{all}: {done.Verdicts.Count(v => !v.Same)} differ from what was acted on"
        );
    }

    private static string Words(VerdictView verdict) => $"{verdict.Outcome} ({verdict.Reasons[0]})";

    private static string Time(DateTimeOffset at) =>
        at.ToString("yyyy-MM-dd HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private static string Number(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);
}
