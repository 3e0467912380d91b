using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Core.Ledger;
using Handover.Core.Traffic;
using Handover.Gateway.Draining;
using Handover.Gateway.Forwarding;
using Handover.Gateway.Grpc;
using Handover.Gateway.Holding;
using Handover.Gateway.Ledger;
using Handover.Gateway.Mirroring;
using Handover.Gateway.Observing;
using Handover.Gateway.Routing;
using Handover.Ports;
using Microsoft.AspNetCore.Http;

namespace Handover.Gateway;

/// <summary>
/// A caller's request from its arrival to its answer: entity, assignment, hold, pin, member, journal, copy. What makes
/// a move atomic is in <see cref="AdmitAsync"/>: a request enters the table of those in flight and only then looks
/// whether the snapshot that decided it is still in force.
/// </summary>
/// <param name="tools">What it works with.</param>
internal sealed class EdgePipeline(PipelineTools tools)
{
    private const long KestrelReadsAhead = 1 << 20;

    /// <summary>Handles one request.</summary>
    public Task HandleAsync(HttpContext context, ServiceUnit unit, string memberPath, string query, string requestId)
    {
        ServiceSnapshot snapshot = unit.Snapshot;
        string method = context.Request.Method;
        bool grpc = GrpcCall.Is(context.Request);
        var passage = new Passage
        {
            RequestId = requestId,
            At = tools.Time.GetUtcNow(),
            Unit = unit,
            Snapshot = snapshot,
            Method = method,
            MemberTarget = memberPath + query,
            Member = snapshot.Service.Entry,
            Epoch = snapshot.Epoch,
            Release = snapshot.Routing?.Stable ?? "",
            Grpc = grpc,
            Inference = ExchangeRecorder.IsInference(snapshot.Service.Protocol, method, memberPath),
        };
        long limit = snapshot.Service.Limits.RequestBytes;
        Refusal? refusal = GrpcCall.Check(snapshot.Service, grpc, memberPath) ?? RequestBody.Bound(context, limit);
        bool needsBody =
            EntityReader.NeedsBody(snapshot.Service)
            || KeyReading.NeedsBody(snapshot.Service.Idempotency, context.Request);
        return refusal is null && needsBody
            ? BufferAsync(context, passage, query, limit)
            : IdentifyAsync(context, passage, query, default, refusal);
    }

    private async Task BufferAsync(HttpContext context, Passage passage, string query, long limit)
    {
        (ReadOnlyMemory<byte> body, Refusal? refusal) = await RequestBody.BufferAsync(context, limit);
        await IdentifyAsync(context, passage, query, body, refusal);
    }

    private Task IdentifyAsync(
        HttpContext context,
        Passage passage,
        string query,
        ReadOnlyMemory<byte> body,
        Refusal? refusal
    )
    {
        IdempotencyPolicy policy = passage.Snapshot.Service.Idempotency;
        passage.Sequence = refusal is null ? SequenceKeeping.Of(context.Request, passage, body) : null;
        KeyReading key = refusal is null ? KeyReading.Read(policy, context.Request, body) : default;
        refusal ??= key.Refused;
        return refusal is not null
            ? RefuseAsync(context, passage, refusal)
            : GoOnAsync(context, passage, query, body, KeyedAsk.Of(key.Key, context, body));
    }

    private async Task GoOnAsync(
        HttpContext context,
        Passage passage,
        string query,
        ReadOnlyMemory<byte> body,
        KeyedAsk? ask
    )
    {
        ServiceUnit unit = passage.Unit;
        Baggage baggage = Baggage.Read(context.Request.Headers[Baggage.Header]);
        Admission admission = await AdmitAsync(context, passage, query, body, ask);
        if (admission.Recorded is not null)
        {
            await ReplayAsync(context, passage, admission.Recorded);
            return;
        }

        if (admission.Ticket is null)
        {
            await EndUnsentAsync(context, passage, admission.Refusal);
            return;
        }

        passage.Adapter = passage.Inference ? passage.Snapshot.Adapters.GetValueOrDefault(passage.Release) : null;
        try
        {
            await DispatchAsync(context, passage, baggage, admission, ask);
        }
        finally
        {
            SequenceKeeping.End(passage);
            unit.InFlight.Exit(admission.Ticket);
            admission.Slot?.Dispose();
        }
    }

    private async ValueTask<Admission> AdmitAsync(
        HttpContext context,
        Passage passage,
        string query,
        ReadOnlyMemory<byte> body,
        KeyedAsk? ask
    )
    {
        ServiceUnit unit = passage.Unit;
        HoldSlot? slot = null;
        while (true)
        {
            ServiceSnapshot snapshot = unit.Snapshot;
            passage.Snapshot = snapshot;
            if (await ReadEntityAsync(context, passage, query, body) is { } refused)
            {
                slot?.Dispose();
                return new Admission(null, null, refused);
            }

            if (SequenceKeeping.Follows(passage))
            {
                return new Admission(Enter(passage), slot, null);
            }

            if (snapshot.Holds(passage.Entity, passage.Attributes))
            {
                // What was decided needs no release, so it needs no waiting for one either.
                if (slot is null && ask is not null && await ask.RecordedAsync(tools.Ledger, passage) is { } row)
                {
                    return new Admission(null, null, null) { Recorded = row };
                }

                slot?.Dispose();
                HoldResult result = await HoldAsync(context, passage, body);
                if (result.End != HoldEnd.Released)
                {
                    passage.Closing?.Refused();
                    return new Admission(null, null, Refused(result.End, snapshot));
                }

                slot = result.Slot;
                continue;
            }

            bool allowed = await tools.Flags.AllowsAsync(snapshot, unit.Flags, passage.Entity, passage.Attributes);
            if (Assign(context, passage, allowed) is { } unknown)
            {
                slot?.Dispose();
                return new Admission(null, null, unknown);
            }

            InFlightTicket ticket = Enter(passage);
            if (ReferenceEquals(snapshot, unit.Snapshot))
            {
                if (!SequenceKeeping.Opens(passage))
                {
                    unit.InFlight.Exit(ticket);
                    slot?.Dispose();
                    return new Admission(null, null, Refusal.TooManySequences());
                }

                passage.Closing?.Released();
                return new Admission(ticket, slot, null);
            }

            unit.InFlight.Exit(ticket);
        }
    }

    private static InFlightTicket Enter(Passage passage) =>
        passage.Unit.InFlight.Enter(passage.Release, passage.Entity, passage.Attributes, InFlightKind.Caller);

    private static async ValueTask<Refusal?> ReadEntityAsync(
        HttpContext context,
        Passage passage,
        string query,
        ReadOnlyMemory<byte> body
    )
    {
        Service service = passage.Snapshot.Service;
        ReadOnlyMemory<byte> claims = passage.Snapshot.Tokens is { } tokens
            ? await tokens.ReadAsync(context.Request, passage.Unit.Counters)
            : default;
        EntityReading reading = EntityReader.Read(service, context.Request, query, body, claims);
        if (reading.Refused is not null)
        {
            return Refusal.BadEntity(reading.Refused);
        }

        passage.Attributes = reading.Attributes;
        passage.Entity = reading.Entity;
        if (reading.Entity is null && service.Entity.Absent == AbsentEntity.Refuse)
        {
            return Refusal.MissingEntity(service.Entity.Name);
        }

        if (reading.Entity is null && service.Entity.Absent == AbsentEntity.Draw)
        {
            passage.Entity = passage.RequestId;
        }

        return null;
    }

    private async ValueTask<HoldResult> HoldAsync(HttpContext context, Passage passage, ReadOnlyMemory<byte> body)
    {
        ServiceSnapshot snapshot = passage.Snapshot;
        ServiceLimits limits = snapshot.Service.Limits;
        long announced =
            context.Request.ContentLength
            ?? (context.Request.Headers.TransferEncoding.Count > 0 ? limits.RequestBytes : 0);
        long bytes = Math.Max(body.Length, Math.Min(announced, KestrelReadsAhead));
        long began = tools.Time.GetTimestamp();
        if (passage.Closing is null && passage.Unit.Closing.Now is { Opened: false } closing)
        {
            passage.Closing = closing;
            closing.Waited(began);
        }

        HoldResult result = await passage.Unit.Line.WaitAsync(
            snapshot,
            passage.Entity,
            passage.Attributes,
            bytes,
            limits.HoldFor - passage.Held,
            context.RequestAborted
        );
        passage.Held += tools.Time.GetElapsedTime(began);
        return result;
    }

    private static Refusal? Refused(HoldEnd end, ServiceSnapshot snapshot) =>
        end switch
        {
            HoldEnd.TimedOut => Refusal.HoldTimedOut(snapshot.Service.Limits.HoldFor),
            HoldEnd.Overflowed => Refusal.HoldOverflowed(),
            _ => null,
        };

    private Refusal? Assign(HttpContext context, Passage passage, bool allowed)
    {
        ServiceSnapshot snapshot = passage.Snapshot;
        string? entity = tools.IgnoreStickiness ? tools.NewId() : passage.Entity;
        Assigned assigned = snapshot.Assign(entity, passage.Attributes, allowed);
        passage.Release = assigned.Release;
        passage.Reason = assigned.Reason;
        passage.CandidateShare = assigned.CandidateShare;
        passage.Segment = assigned.Segment;
        passage.Epoch = snapshot.Epoch;
        passage.Member = snapshot.Service.Entry;
        string? wanted = Override.Read(context.Request.Headers, snapshot);
        if (wanted is null || snapshot.Forbids(wanted))
        {
            return null;
        }

        if (snapshot.Pool(wanted, passage.Member) is null)
        {
            return Refusal.UnknownRelease(wanted);
        }

        passage.Release = wanted;
        passage.Reason = AssignReason.Override;
        passage.StripAuthorization = true;
        return null;
    }

    private async Task DispatchAsync(
        HttpContext context,
        Passage passage,
        Baggage baggage,
        Admission admission,
        KeyedAsk? ask
    )
    {
        ServiceSnapshot snapshot = passage.Snapshot;
        KeyedRequest? run = null;
        if (ask is not null)
        {
            (run, KeyedRequest.Verdict? end) = await KeyedRequest.ClaimAsync(tools, context, passage, ask);
            if (end is not null)
            {
                await (
                    end.Replay is { } row
                        ? ReplayAsync(context, passage, row)
                        : RefuseAsync(context, passage, end.Refusal!)
                );
                return;
            }
        }

        if (snapshot.Pool(passage.Release, passage.Member) is not { } pool)
        {
            await (run?.GiveUpAsync() ?? Task.CompletedTask);
            await EndUnsentAsync(context, passage, Refusal.NotRunning(passage.Release, passage.Member));
            return;
        }

        passage.BaggageOut = tools.Pins.Issue(snapshot, passage.Unit.Counters, baggage, passage.Release, Purpose.Live);
        Clean(context.Request.Headers, passage);
        bool mirrored = tools.Mirror.Wants(passage);
        bool payloads = snapshot.Service.Journal.Payloads;
        passage.RequestCopy =
            mirrored ? new BodyCopy(Mirror.BodyBound)
            : payloads ? new BodyCopy(ExchangeRecorder.PayloadBound)
            : null;
        passage.ResponseCopy = payloads ? new BodyCopy(ExchangeRecorder.AnswerBound(snapshot.Service)) : null;
        ForwardResult result = await (run is null ? ForwardAsync() : run.RunAsync(ForwardAsync));
        int status = await PipelineTools.SendAsync(context, passage, result);
        passage.Unit.Closing.Now?.Answered(status, passage.AnsweredAt);
        if (ExchangeRecorder.Heavy(passage))
        {
            await Task.Yield();
        }

        tools.Recorder.Record(passage, context.Request.ContentType, result.Outcome, status, result.Latency);
        if (mirrored && result.Outcome is not (ExchangeOutcome.Refused or ExchangeOutcome.ClientGone))
        {
            tools.Mirror.Offer(passage, context.Request.Headers, baggage, (status, result.Latency));
        }

        Task<ForwardResult> ForwardAsync() =>
            tools.Forwarder.ForwardAsync(context, passage, pool, admission.Ticket!, admission.Slot);
    }

    // What is for the gateway stays here.
    private static void Clean(IHeaderDictionary headers, Passage passage)
    {
        RequestHygiene.Strip(headers);
        if (passage.Grpc)
        {
            GrpcCall.AskPlain(headers);
        }

        if (passage.StripAuthorization)
        {
            headers.Authorization = default;
        }
    }

    private async Task ReplayAsync(HttpContext context, Passage passage, Decision row)
    {
        int status = await KeyedRequest.ReplayAsync(context, passage, row);
        tools.Recorder.Record(passage, context.Request.ContentType, ExchangeOutcome.Ok, status, TimeSpan.Zero);
    }

    private Task EndUnsentAsync(HttpContext context, Passage passage, Refusal? refusal)
    {
        if (refusal is not null)
        {
            return RefuseAsync(context, passage, refusal);
        }

        tools.Recorder.Record(passage, context.Request.ContentType, ExchangeOutcome.ClientGone, 0, TimeSpan.Zero);
        return Task.CompletedTask;
    }

    private async Task RefuseAsync(HttpContext context, Passage passage, Refusal refusal)
    {
        tools.Recorder.Record(
            passage,
            context.Request.ContentType,
            ExchangeOutcome.Refused,
            refusal.Status,
            TimeSpan.Zero
        );
        await refusal.WriteAsync(context, passage.RequestId, passage);
    }

    private readonly record struct Admission(InFlightTicket? Ticket, HoldSlot? Slot, Refusal? Refusal)
    {
        public Decision? Recorded { get; init; }
    }
}
