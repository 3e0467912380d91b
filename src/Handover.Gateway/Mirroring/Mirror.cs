using Handover.Core.Catalog;
using Handover.Core.Contracts.Adapters;
using Handover.Core.Traffic;
using Handover.Gateway.Draining;
using Handover.Gateway.Forwarding;
using Handover.Gateway.Grpc;
using Handover.Gateway.Observing;
using Handover.Gateway.Routing;
using Handover.Ports;
using Microsoft.AspNetCore.Http;

namespace Handover.Gateway.Mirroring;

/// <summary>
/// Sends copies of live requests to a release that is only watched. A copy starts when the live answer has ended and
/// has everything of its own: body, deadline, connection, bound on how many run at once. Whatever becomes of it, the
/// caller never notices; what cannot be copied is counted.
/// </summary>
/// <param name="recorder">Takes note of what the copies brought.</param>
/// <param name="pins">Signs the copies' pins.</param>
/// <param name="time">Clock.</param>
internal sealed class Mirror(ExchangeRecorder recorder, PinDesk pins, TimeProvider time) : IDisposable
{
    /// <summary>Largest request body that is copied.</summary>
    public const int BodyBound = 1 << 20;

    private const int AnswerBound = 16 << 20;

    private static readonly UriCreationOptions Verbatim = new() { DangerousDisablePathAndQueryCanonicalization = true };

    private static readonly HashSet<string> NotCopied = new(StringComparer.OrdinalIgnoreCase)
    {
        "Host",
        "Connection",
        "Keep-Alive",
        "Proxy-Connection",
        "Transfer-Encoding",
        "TE",
        "Trailer",
        "Upgrade",
        "Content-Length",
    };

    private readonly CancellationTokenSource _stop = new();

    /// <summary>
    /// Whether a request is to be copied: drawn by request id, at the share that the watched release keeps up with.
    /// </summary>
    public static bool Wants(Passage live)
    {
        if (
            live.Snapshot is not { Mirror: { } mirror, Off: null }
            || !live.Inference
            || mirror.Release == live.Release
            || !MirrorDraw.Copies(live.RequestId, mirror.Share)
        )
        {
            return false;
        }

        if (MirrorDraw.Copies(live.RequestId, live.Unit.MirrorPressure.Of(mirror.Share)))
        {
            return true;
        }

        Interlocked.Increment(ref live.Unit.Counters.Copies.Withheld);
        return false;
    }

    /// <summary>
    /// Starts the copies of a request whose live answer has ended; returns at once. One goes to the watched release;
    /// of some, another goes to the release that served, so that noise can be told from difference.
    /// </summary>
    /// <param name="live">The live request.</param>
    /// <param name="headers">Its headers, as they went to the member.</param>
    /// <param name="baggage">Its baggage as it came.</param>
    public void Offer(Passage live, IHeaderDictionary headers, Baggage baggage)
    {
        MirrorConfiguration mirror = live.Snapshot.Mirror!;
        CopyCounts counts = live.Unit.Counters.Copies;
        if (live.RequestCopy?.Within(BodyBound) is not { } body)
        {
            Interlocked.Increment(ref counts.Dropped);
            return;
        }

        var to = new Kind(mirror.Release, Purpose.Shadow, counts, live.Unit.MirrorPressure);
        if (!Start(live, headers, baggage, body, to) || !MirrorDraw.Redraws(live.RequestId, mirror.Redraw))
        {
            return;
        }

        var again = new Kind(live.Release, Purpose.Redraw, live.Unit.Counters.Redraws, live.Unit.RedrawPressure);
        if (MirrorDraw.Redraws(live.RequestId, again.Pressure.Of(mirror.Redraw)))
        {
            Start(live, headers, baggage, body, again);
        }
        else
        {
            Interlocked.Increment(ref again.Counts.Withheld);
        }
    }

    private bool Start(
        Passage live,
        IHeaderDictionary headers,
        Baggage baggage,
        ReadOnlyMemory<byte> body,
        in Kind kind
    )
    {
        MirrorConfiguration mirror = live.Snapshot.Mirror!;
        MemberPool? pool = live.Snapshot.Pool(kind.Release, live.Snapshot.Service.Entry);
        if (pool is null || !TryTakePlace(kind, mirror.Concurrency))
        {
            Interlocked.Increment(ref kind.Counts.Dropped);
            return false;
        }

        var copy = new Passage
        {
            RequestId = live.RequestId,
            At = time.GetUtcNow(),
            Unit = live.Unit,
            Snapshot = live.Snapshot,
            Method = live.Method,
            MemberTarget = live.MemberTarget,
            Member = live.Member,
            Release = kind.Release,
            Epoch = live.Epoch,
            Reason = live.Reason,
            CandidateShare = live.CandidateShare,
            Segment = live.Segment ?? SegmentOf(live, mirror.Segments),
            Entity = live.Entity,
            Attributes = live.Attributes,
            Purpose = kind.Purpose,
            Inference = live.Inference,
            Grpc = live.Grpc,
            RequestCopy = live.RequestCopy,
            ResponseCopy = new BodyCopy(ExchangeRecorder.PayloadBound),
            Adapter = live.Snapshot.Adapters.GetValueOrDefault(kind.Release),
            BaggageOut = pins.Issue(live.Snapshot, new ServiceCounters(), baggage, kind.Release, Purpose.Shadow),
        };
        MemberClient client = pool.Next();
        HttpRequestMessage request = Compose(copy, client, headers, body);
        string? contentType = headers.ContentType;
        Kind own = kind;
        _ = Task.Run(() => RunAsync(copy, own, client, request, contentType, mirror.Timeout));
        return true;
    }

    /// <summary>Gives up the copies that are under way; they are not recorded.</summary>
    public void Stop() => _stop.Cancel();

    /// <inheritdoc/>
    public void Dispose() => _stop.Dispose();

    private static string? SegmentOf(Passage live, IReadOnlyList<Segment> segments)
    {
        foreach (Segment segment in segments)
        {
            if (live.Entity is not null && segment.When.Matches(live.Attributes, live.Entity, segment.Name))
            {
                return segment.Name;
            }
        }

        return null;
    }

    private static bool TryTakePlace(in Kind kind, int most)
    {
        if (Interlocked.Increment(ref kind.Counts.Running) <= most)
        {
            return true;
        }

        Interlocked.Decrement(ref kind.Counts.Running);
        kind.Pressure.Suffered();
        return false;
    }

    private static HttpRequestMessage Compose(
        Passage copy,
        MemberClient client,
        IHeaderDictionary headers,
        ReadOnlyMemory<byte> body
    )
    {
        var request = new HttpRequestMessage(
            new HttpMethod(copy.Method),
            new Uri(client.Prefix + copy.MemberTarget, Verbatim)
        )
        {
            Version = copy.Grpc ? System.Net.HttpVersion.Version20 : System.Net.HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ReadOnlyMemoryContent(body),
        };
        foreach ((string name, Microsoft.Extensions.Primitives.StringValues values) in headers)
        {
            if (copy.Adapter is not null && string.Equals(name, "Accept-Encoding", StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            if (!NotCopied.Contains(name) && !request.Headers.TryAddWithoutValidation(name, values.AsEnumerable()))
            {
                request.Content.Headers.TryAddWithoutValidation(name, values.AsEnumerable());
            }
        }

        if (copy.Grpc)
        {
            request.Headers.TryAddWithoutValidation("TE", "trailers");
        }

        // A second question is a request of its own: under one id, whoever reads members' logs would see two releases.
        string id = copy.Purpose == Purpose.Redraw ? $"{copy.RequestId}-again" : copy.RequestId;
        request.Headers.TryAddWithoutValidation(HandoverHeaders.RequestId, id);
        request.Headers.TryAddWithoutValidation(HandoverHeaders.Purpose, HandoverHeaders.Text(copy.Purpose));
        request.Headers.TryAddWithoutValidation(Baggage.Header, copy.BaggageOut);
        return request;
    }

    private async Task RunAsync(
        Passage copy,
        Kind kind,
        MemberClient client,
        HttpRequestMessage request,
        string? contentType,
        TimeSpan timeout
    )
    {
        InFlightTicket ticket = copy.Unit.InFlight.Enter(copy.Release, copy.Entity, copy.Attributes, InFlightKind.Copy);
        long began = time.GetTimestamp();
        ExchangeOutcome outcome = ExchangeOutcome.Unreachable;
        int status = 0;
        try
        {
            using var deadline = new CancellationTokenSource(timeout, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, _stop.Token);
            try
            {
                using HttpResponseMessage answer = await client.Invoker.SendAsync(request, either.Token);
                status = (int)answer.StatusCode;
                bool bad = !await TakeAsync(answer, copy, either.Token);
                status = GrpcCall.StatusOf(answer, copy.Grpc);
                bad |= copy.Snapshot.Service.Errors.Counts(status);
                outcome = bad ? ExchangeOutcome.ModelError : ExchangeOutcome.Ok;
            }
            catch (OperationCanceledException)
            {
                outcome = ExchangeOutcome.Timeout;
            }
            catch (Exception e) when (e is HttpRequestException or IOException or ObjectDisposedException)
            {
                outcome = ExchangeOutcome.Unreachable;
            }
        }
        finally
        {
            request.Dispose();
            Interlocked.Decrement(ref kind.Counts.Running);
            Interlocked.Increment(ref kind.Counts.Made);
            if (outcome is ExchangeOutcome.Timeout)
            {
                kind.Pressure.Suffered();
            }

            copy.Unit.InFlight.Exit(ticket);
            if (!_stop.IsCancellationRequested)
            {
                recorder.Record(copy, contentType, outcome, status, time.GetElapsedTime(began));
            }
        }
    }

    /// <summary>Takes the answer as callers would get it; false when its adapter cannot rewrite it.</summary>
    private static async Task<bool> TakeAsync(HttpResponseMessage answer, Passage copy, CancellationToken cancel)
    {
        if (copy.Adapter is not { } adapter || !answer.IsSuccessStatusCode)
        {
            await DrainAsync(answer, copy.ResponseCopy!, cancel);
            return true;
        }

        var raw = new BodyCopy(AnswerAdapter.MaxBytes);
        await DrainAsync(answer, raw, cancel);
        if (
            AdaptedAnswer.Unfit(answer) is null
            && raw.Within(AnswerAdapter.MaxBytes) is { } body
            && adapter.Adapt(body.Span) is { Ok: true } adapted
        )
        {
            copy.ResponseCopy!.Take(adapted.Value.Span);
            copy.ResponseCopy.Ended = true;
            return true;
        }

        Interlocked.Increment(ref copy.Unit.Counters.AdaptersFailed);
        return false;
    }

    private static async Task DrainAsync(HttpResponseMessage answer, BodyCopy copy, CancellationToken cancel)
    {
        await using Stream stream = await answer.Content.ReadAsStreamAsync(cancel);
        byte[] buffer = new byte[16 * 1024];
        long total = 0;
        int read;
        while ((read = await stream.ReadAsync(buffer, cancel)) > 0)
        {
            copy.Take(buffer.AsSpan(0, read));
            total += read;
            if (total > AnswerBound)
            {
                throw new HttpRequestException("the answer to a copy is larger than a copy is worth");
            }
        }

        copy.Ended = true;
    }

    /// <summary>Who is asked, under which name it is recorded, and what counts and bounds it.</summary>
    private readonly record struct Kind(string Release, Purpose Purpose, CopyCounts Counts, MirrorPressure Pressure);
}
