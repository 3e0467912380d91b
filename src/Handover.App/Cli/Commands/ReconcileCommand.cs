using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Handover.Protocol;
using Parquet;
using Parquet.Serialization;

namespace Handover.App.Cli.Commands;

/// <summary>
/// <c>reconcile</c>: every decision that a rolled-back release made for real, beside what stable answers to the same
/// request. Written as it comes, so that a long list needs no memory.
/// </summary>
internal static class ReconcileCommand
{
    private const int RowGroup = 1000;

    public static Command Build(CliRunner run)
    {
        var id = new Argument<string>("ROLLOUT");
        var format = new Option<string>("--format")
        {
            DefaultValueFactory = _ => "ndjson",
            Description = "ndjson, csv or parquet",
        };
        format.AcceptOnlyFromAmong("ndjson", "csv", "parquet");
        var file = new Option<string?>("--out") { Description = "File to write; parquet needs one" };
        var rate = new Option<double>("--rate")
        {
            DefaultValueFactory = _ => 50,
            Description = "Most requests to stable per second",
        };
        return run.Handle(
            new Command("reconcile", "List what a rolled-back release decided, and what stable says to the same")
            {
                id,
                format,
                file,
                rate,
            },
            async session =>
            {
                ParseResult parse = session.Parse;
                string path =
                    $"/api/v1/rollouts/{Uri.EscapeDataString(parse.GetValue(id)!)}/reconciliation?rate="
                    + parse.GetValue(rate).ToString(CultureInfo.InvariantCulture);
                string? to = parse.GetValue(file);
                string kind = parse.GetValue(format)!;
                if (kind == "parquet" && to is null)
                {
                    session.Say("error: parquet is not text: name a file with --out.");
                    return ExitCodes.Usage;
                }

                IAsyncEnumerable<ReconciledLine> lines = session.Api.LinesAsync(
                    path,
                    ProtocolJson.Lenient.ReconciledLine,
                    session.Cancel
                );
                ReconciledSums? sums =
                    kind == "parquet"
                        ? await ParquetAsync(lines, to!, session.Cancel)
                        : await TextAsync(lines, kind == "csv", to, session);
                return Tell(session, sums);
            }
        );
    }

    private static int Tell(CliSession session, ReconciledSums? sums)
    {
        if (sums is null)
        {
            session.Say("error: the list was cut off; what was written is not all of it.");
            return ExitCodes.Failed;
        }

        session.Say(
            $"{sums.Total} decisions: {sums.Same} the same, {sums.Differs} differ, {sums.Unknown} not comparable"
        );
        foreach (ReconciledSegment segment in sums.Segments.Where(s => s.Segment.Length > 0))
        {
            session.Say(
                $"  segment {segment.Segment}: {segment.Total}, {segment.Same} the same, {segment.Differs} differ, "
                    + $"{segment.Unknown} not comparable"
            );
        }

        if (sums.NotRecorded > 0)
        {
            session.Say(
                $"warning: the journal dropped {sums.NotRecorded} exchanges since the node's start; decisions without a "
                    + "key among them are not in this list."
            );
        }

        if (sums.Sampled < 1)
        {
            session.Say(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"warning: the service records {sums.Sampled * 100:0.##} % of its exchanges (journal.sample); of the "
                ) + "others only decisions with a key are in this list."
            );
        }

        return ExitCodes.Ok;
    }

    private static async Task<ReconciledSums?> TextAsync(
        IAsyncEnumerable<ReconciledLine> lines,
        bool csv,
        string? file,
        CliSession session
    )
    {
        await using StreamWriter? own = file is null ? null : new StreamWriter(file);
        TextWriter output = own ?? session.Host.Out;
        if (csv)
        {
            await output.WriteLineAsync(ReconcileRow.Header);
        }

        ReconciledSums? sums = null;
        await foreach (ReconciledLine line in lines)
        {
            sums = line.Sums ?? sums;
            if (line.Decision is { } decision)
            {
                await output.WriteLineAsync(
                    csv
                        ? ReconcileRow.Of(decision).Csv()
                        : JsonSerializer.Serialize(decision, ProtocolJson.Default.ReconciledView)
                );
            }
        }

        return sums;
    }

    private static async Task<ReconciledSums?> ParquetAsync(
        IAsyncEnumerable<ReconciledLine> lines,
        string file,
        CancellationToken cancel
    )
    {
        await using var stream = new FileStream(file, FileMode.Create, FileAccess.ReadWrite);
        var rows = new List<ReconcileRow>(RowGroup);
        ReconciledSums? sums = null;
        bool append = false;
        await foreach (ReconciledLine line in lines)
        {
            sums = line.Sums ?? sums;
            if (line.Decision is { } decision)
            {
                rows.Add(ReconcileRow.Of(decision));
            }

            if (rows.Count == RowGroup)
            {
                await WriteAsync();
            }
        }

        if (rows.Count > 0 || !append)
        {
            await WriteAsync();
        }

        return sums;

        async Task WriteAsync()
        {
            stream.Position = 0;
            var options = new ParquetOptions { Append = append };
            await ParquetSerializer.SerializeAsync(rows, stream, options, cancellationToken: cancel);
            append = true;
            rows.Clear();
        }
    }
}
