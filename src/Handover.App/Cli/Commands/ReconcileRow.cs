using System.Globalization;
using System.Text.Json;
using Handover.Protocol;

namespace Handover.App.Cli.Commands;

/// <summary>
/// One reconciled decision as a flat row, for tables: the same columns in CSV and in Parquet. Bodies and differences
/// are JSON text.
/// </summary>
internal sealed class ReconcileRow
{
    public string RequestId { get; set; } = "";

    public string? IdempotencyKey { get; set; }

    public string Service { get; set; } = "";

    public string? Entity { get; set; }

    public string? Segment { get; set; }

    public DateTime At { get; set; }

    public string Release { get; set; } = "";

    public long Epoch { get; set; }

    public string? Outcome { get; set; }

    public int? Status { get; set; }

    public string? Ledger { get; set; }

    public string Verdict { get; set; } = "";

    public string? Why { get; set; }

    public double? Severity { get; set; }

    public string Differences { get; set; } = "";

    public string? Request { get; set; }

    public string? Answer { get; set; }

    public string StableRelease { get; set; } = "";

    public string? StableAnswer { get; set; }

    /// <summary>The first line of the CSV.</summary>
    public const string Header =
        "requestId,idempotencyKey,service,entity,segment,at,release,epoch,outcome,status,ledger,verdict,why,severity,"
        + "differences,request,answer,stableRelease,stableAnswer";

    public static ReconcileRow Of(ReconciledView view) =>
        new()
        {
            RequestId = view.RequestId,
            IdempotencyKey = view.IdempotencyKey,
            Service = view.Service,
            Entity = view.Entity,
            Segment = view.Segment,
            At = view.At.UtcDateTime,
            Release = view.Release,
            Epoch = view.Epoch,
            Outcome = view.Outcome,
            Status = view.Status,
            Ledger = view.Ledger,
            Verdict = view.Verdict,
            Why = view.Why,
            Severity = view.Severity,
            Differences = string.Join("; ", view.Differences.Select(d => $"{d.Path}: {d.Detail}")),
            Request = Text(view.Request),
            Answer = Text(view.Answer),
            StableRelease = view.StableRelease,
            StableAnswer = Text(view.StableAnswer),
        };

    /// <summary>The row as a line of RFC 4180.</summary>
    public string Csv() =>
        CsvLine.Of(
            RequestId,
            IdempotencyKey,
            Service,
            Entity,
            Segment,
            At.ToString("O", CultureInfo.InvariantCulture),
            Release,
            Epoch,
            Outcome,
            Status,
            Ledger,
            Verdict,
            Why,
            Severity,
            Differences,
            Request,
            Answer,
            StableRelease,
            StableAnswer
        );

    private static string? Text(JsonElement? json) => json?.GetRawText();
}
