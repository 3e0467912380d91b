using Handover.Gateway.Flags;
using Handover.Gateway.Forwarding;
using Handover.Gateway.Mirroring;
using Handover.Gateway.Observing;
using Handover.Ports;
using Microsoft.AspNetCore.Http;

namespace Handover.Gateway;

/// <summary>What both pipelines work with; made once per gateway.</summary>
internal sealed record PipelineTools(
    MemberForwarder Forwarder,
    ExchangeRecorder Recorder,
    Mirror Mirror,
    PinDesk Pins,
    FlagDesk Flags,
    TimeProvider Time
)
{
    /// <summary>
    /// Draws anew for each request and each hop. Only for the demonstration that the count of mixed answers is real.
    /// </summary>
    public bool IgnoreStickiness { get; init; }

    /// <summary>The record of decisions.</summary>
    public required ILedgerPort Ledger { get; init; }

    /// <summary>The gateway's boot id, which says whose runs are its own.</summary>
    public required string Owner { get; init; }

    /// <summary>A new request id: unique, sortable by time.</summary>
    public string NewId() => RequestId.New(Time.GetUtcNow());

    /// <summary>Sends the refusal that forwarding ended with, if the caller got nothing yet.</summary>
    /// <returns>The status that the caller got; 0 when none.</returns>
    public static async Task<int> SendAsync(HttpContext context, Passage passage, ForwardResult result)
    {
        if (result.Refusal is null || context.Response.HasStarted || context.RequestAborted.IsCancellationRequested)
        {
            return result.Status;
        }

        await result.Refusal.WriteAsync(context, passage.RequestId, passage);
        return result.Refusal.Status;
    }
}
