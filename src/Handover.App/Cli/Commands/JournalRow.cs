using System.Globalization;
using Handover.Protocol;

namespace Handover.App.Cli.Commands;

/// <summary>
/// One recorded exchange as a flat row: the same columns in CSV and in Parquet. Bodies are JSON text.
/// </summary>
internal sealed class JournalRow
{
    /// <summary>The first line of the CSV.</summary>
    public const string Header =
        "requestId,service,release,epoch,reason,purpose,entity,at,latencyMs,heldMs,status,outcome,method,path,request,"
        + "response";

    public string RequestId { get; set; } = "";

    public string Service { get; set; } = "";

    public string Release { get; set; } = "";

    public long Epoch { get; set; }

    public string Reason { get; set; } = "";

    public string Purpose { get; set; } = "";

    public string? Entity { get; set; }

    public DateTime At { get; set; }

    public double LatencyMs { get; set; }

    public double HeldMs { get; set; }

    public int Status { get; set; }

    public string Outcome { get; set; } = "";

    public string Method { get; set; } = "";

    public string Path { get; set; } = "";

    public string? Request { get; set; }

    public string? Response { get; set; }

    public static JournalRow Of(JournalEntryView view) =>
        new()
        {
            RequestId = view.RequestId,
            Service = view.Service,
            Release = view.Release,
            Epoch = view.Epoch,
            Reason = view.Reason,
            Purpose = view.Purpose,
            Entity = view.Entity,
            At = view.At.UtcDateTime,
            LatencyMs = view.LatencyMs,
            HeldMs = view.HeldMs,
            Status = view.Status,
            Outcome = view.Outcome,
            Method = view.Method,
            Path = view.Path,
            Request = view.Request?.GetRawText(),
            Response = view.Response?.GetRawText(),
        };

    /// <summary>The row as a line of RFC 4180.</summary>
    public string Csv() =>
        CsvLine.Of(
            RequestId,
            Service,
            Release,
            Epoch,
            Reason,
            Purpose,
            Entity,
            At.ToString("O", CultureInfo.InvariantCulture),
            LatencyMs,
            HeldMs,
            Status,
            Outcome,
            Method,
            Path,
            Request,
            Response
        );
}
