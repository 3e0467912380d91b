using Handover.Core.Contracts.Adapters;
using Handover.Core.Traffic;
using Handover.Gateway.Draining;
using Handover.Gateway.Forwarding;
using Handover.Gateway.Grpc;
using Handover.Gateway.Observing;
using Handover.Gateway.Routing;
using Handover.Ports;
using Microsoft.AspNetCore.Http;

namespace Handover.Gateway;

/// <summary>
/// A hop from one member of a release to another, under the pin of the request that is being worked on. It goes to the
/// pinned release whatever the routing says by now, and is never held: the request that made it is already inside, and
/// a move that waits for that one would wait for ever if this one waited.
/// </summary>
/// <param name="tools">What it works with.</param>
internal sealed class HopPipeline(PipelineTools tools)
{
    private static readonly Dictionary<string, string> NoAttributes = [];

    /// <summary>Handles one hop.</summary>
    /// <param name="context">The exchange.</param>
    /// <param name="unit">The service.</param>
    /// <param name="member">The member that is asked for.</param>
    /// <param name="path">Percent-encoded path for the member.</param>
    /// <param name="query">Raw query.</param>
    /// <param name="freshId">The id to use when the hop brings none.</param>
    public async Task HandleAsync(
        HttpContext context,
        ServiceUnit unit,
        string member,
        string path,
        string query,
        string freshId
    )
    {
        ServiceSnapshot snapshot = unit.Snapshot;
        Baggage baggage = Baggage.Read(context.Request.Headers[Baggage.Header]);
        Pin? pin = tools.Pins.Check(snapshot, unit.Counters, baggage);
        if (pin is null)
        {
            await Refusal.BadPin().WriteAsync(context, freshId, null);
            return;
        }

        string? incoming = context.Request.Headers[HandoverHeaders.RequestId];
        string requestId = IsId(incoming) ? incoming! : freshId;
        var passage = new Passage
        {
            RequestId = requestId,
            At = tools.Time.GetUtcNow(),
            Unit = unit,
            Snapshot = snapshot,
            Method = context.Request.Method,
            MemberTarget = path + query,
            Member = member,
            Release = Release(snapshot, pin),
            Epoch = pin.Epoch,
            Reason = AssignReason.Stable,
            Purpose = pin.Purpose,
            Grpc = GrpcCall.Is(context.Request),
            Adapter = Adapter(snapshot, pin, member, context.Request.Method, path),
        };
        Refusal? refusal = RequestBody.Bound(context, snapshot.Service.Limits.RequestBytes);
        MemberPool? pool = snapshot.Pool(passage.Release, member);
        if (refusal is null && pool is null)
        {
            bool running = snapshot.Releases.ContainsKey(passage.Release);
            refusal = running
                ? Refusal.UnknownMember(snapshot.Service.Name, member)
                : Refusal.NotRunning(passage.Release, member);
        }

        if (refusal is not null)
        {
            await refusal.WriteAsync(context, requestId, passage);
            return;
        }

        await ForwardAsync(context, passage, pool!, tools.Pins.Pass(snapshot, baggage));
    }

    private async Task ForwardAsync(HttpContext context, Passage passage, MemberPool pool, string baggage)
    {
        passage.BaggageOut = baggage;
        RequestHygiene.Strip(context.Request.Headers);
        InFlightTable inFlight = passage.Unit.InFlight;
        InFlightTicket ticket = inFlight.Enter(passage.Release, null, NoAttributes, InFlightKind.Hop);
        try
        {
            ForwardResult result = await tools.Forwarder.ForwardAsync(context, passage, pool, ticket, null);
            int status = await PipelineTools.SendAsync(context, passage, result);
            tools.Recorder.Record(passage, context.Request.ContentType, result.Outcome, status, result.Latency);
        }
        finally
        {
            inFlight.Exit(ticket);
        }
    }

    // What warms or reconciles stands outside the release as a caller does; hops of the release itself stay raw.
    private AnswerAdapter? Adapter(ServiceSnapshot snapshot, Pin pin, string member, string method, string path) =>
        pin.Purpose is Purpose.Warm or Purpose.Reconcile
        && string.Equals(member, snapshot.Service.Entry, StringComparison.Ordinal)
        && ExchangeRecorder.IsInference(snapshot.Service.Protocol, method, path)
            ? snapshot.Adapters.GetValueOrDefault(Release(snapshot, pin))
            : null;

    private string Release(ServiceSnapshot snapshot, Pin pin) =>
        tools.IgnoreStickiness && snapshot.Routing is not null
            ? Assignment.Assign(snapshot.Routing, tools.NewId()).Release
            : pin.Release;

    private static bool IsId(string? id) =>
        id is { Length: > 0 and <= 128 } && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');
}
