using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Core.Traffic;
using Handover.Gateway.Draining;
using Handover.Gateway.Forwarding;
using Handover.Gateway.Grpc;
using Handover.Gateway.Observing;
using Handover.Gateway.Routing;
using Handover.Ports;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Handover.Gateway.Mirroring;

/// <summary>
/// Sends copies of live requests to a release that is only watched. A copy starts when the live answer has ended and
/// has everything of its own: body, deadline, connection, bound on how many run at once. Whatever becomes of it, the
/// caller never notices; what cannot be copied is counted.
/// </summary>
/// <param name="recorder">Takes note of what the copies brought.</param>
/// <param name="pins">Signs the copies' pins.</param>
/// <param name="time">Clock.</param>
/// <param name="log">Told when the share lowers itself, and when it is whole again.</param>
internal sealed partial class Mirror(ExchangeRecorder recorder, PinDesk pins, TimeProvider time, ILogger log)
    : IDisposable
{
    /// <summary>Largest request body that is copied.</summary>
    public const int BodyBound = 1 << 20;

    private readonly CancellationTokenSource _stop = new();

    /// <summary>
    /// Whether a request is to be copied: drawn by request id, at the share that the watched release keeps up with.
    /// </summary>
    public bool Wants(Passage live)
    {
        if (
            live.Snapshot is not { Mirror: { } mirror, MirrorRun: { } run, Off: null }
            || !live.Inference
            || mirror.Release == live.Release
            || !MirrorDraw.Copies(live.RequestId, mirror.Share)
        )
        {
            return false;
        }

        Share now = run.CopyPressure.Of(mirror.Share);
        Tell(live.Snapshot.Service.Name, mirror, run.CopyPressure);
        if (MirrorDraw.Copies(live.RequestId, now))
        {
            return true;
        }

        run.Copies.Withheld();
        return false;
    }

    /// <summary>
    /// Starts the copies of a request whose live answer has ended; returns at once. One goes to the watched release;
    /// of some, another goes to the release that served, so that noise can be told from difference.
    /// </summary>
    /// <param name="live">The live request.</param>
    /// <param name="headers">
    /// Its headers, as they went to the member; nobody else needs them any more, and they are changed.
    /// </param>
    /// <param name="baggage">Its baggage as it came.</param>
    /// <param name="answer">Status and latency of its answer.</param>
    public void Offer(Passage live, IHeaderDictionary headers, Baggage baggage, (int Status, TimeSpan Latency) answer)
    {
        MirrorConfiguration mirror = live.Snapshot.Mirror!;
        MirrorRun run = live.Snapshot.MirrorRun!;
        if (answer.Status is >= 400 and < 500 && !live.Snapshot.Service.Errors.Counts(answer.Status))
        {
            // The caller's mistake: there is no answer to compare with, and nothing to learn from asking again.
            run.Copies.Spared();
            return;
        }

        if (live.RequestCopy?.Within(BodyBound) is not { } body)
        {
            run.Copies.Dropped();
            return;
        }

        CopyPatience patience = CopyPatience.Of(mirror.Timeout, live.FirstByte ?? answer.Latency, answer.Latency);
        var to = new Kind(mirror.Release, Purpose.Shadow, run.Copies, run.CopyPressure);
        if (!Start(live, headers, baggage, body, to, patience) || !MirrorDraw.Redraws(live.RequestId, mirror.Redraw))
        {
            return;
        }

        var again = new Kind(live.Release, Purpose.Redraw, run.Redraws, run.RedrawPressure);
        if (MirrorDraw.Redraws(live.RequestId, again.Pressure.Of(mirror.Redraw)))
        {
            Start(live, headers, baggage, body, again, patience);
        }
        else
        {
            again.Counts.Withheld();
        }
    }

    private bool Start(
        Passage live,
        IHeaderDictionary headers,
        Baggage baggage,
        ReadOnlyMemory<byte> body,
        in Kind kind,
        CopyPatience patience
    )
    {
        MirrorConfiguration mirror = live.Snapshot.Mirror!;
        MemberPool? pool = live.Snapshot.Pool(kind.Release, live.Snapshot.Service.Entry);
        if (pool is null || !TryTakePlace(kind, mirror.Concurrency))
        {
            kind.Counts.Dropped();
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
            ResponseCopy = new BodyCopy(ExchangeRecorder.AnswerBound(live.Snapshot.Service)),
            Adapter = live.Snapshot.Adapters.GetValueOrDefault(kind.Release),
            BaggageOut = pins.Issue(live.Snapshot, null, baggage, kind.Release, Purpose.Shadow),
        };
        CopyKey.Put(headers, copy);
        body = CopyKey.Body(body, copy);
        MemberClient client = pool.Next();
        string? contentType = headers.ContentType;
        Kind own = kind;
        if (DirectCopy.Takes(copy, client, headers))
        {
            var bytes = DirectCopy.Compose(copy, client, headers, body);
            _ = RunAsync(
                copy,
                own,
                clock => DirectCopy.AskAsync(copy, client.Direct!, bytes, clock),
                contentType,
                patience
            );
            return true;
        }

        HttpRequestMessage request = MirrorCall.Compose(copy, client, headers, body);
        _ = Task.Run(() =>
            RunAsync(copy, own, clock => MirrorCall.AskAsync(copy, client, request, clock), contentType, patience)
        );
        return true;
    }

    private void Tell(string service, MirrorConfiguration mirror, MirrorPressure pressure)
    {
        if (pressure.TakeTurn() is { } whole)
        {
            if (whole)
            {
                LogWhole(service, mirror.Release, mirror.Share);
            }
            else
            {
                LogLowered(service, mirror.Release, mirror.Share, pressure.Why ?? "");
            }
        }
    }

    [LoggerMessage(
        3050,
        LogLevel.Warning,
        "{Service}: fewer requests are copied to {Release} than the plan's {Wanted}: {Why}"
    )]
    private partial void LogLowered(string service, string release, Share wanted, string why);

    [LoggerMessage(3051, LogLevel.Information, "{Service}: {Release} keeps up again, {Wanted} of requests are copied")]
    private partial void LogWhole(string service, string release, Share wanted);

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
        bool taken = kind.Counts.TryTakePlace(most, out int others);
        kind.Pressure.Found(others, most);
        return taken;
    }

    private async Task RunAsync(
        Passage copy,
        Kind kind,
        Func<CopyClock, Task<CopyEnd>> ask,
        string? contentType,
        CopyPatience patience
    )
    {
        InFlightTicket ticket = copy.Unit.InFlight.Enter(copy.Release, copy.Entity, copy.Attributes, InFlightKind.Copy);
        using var clock = new CopyClock(patience, time, _stop.Token);
        CopyEnd end = new(ExchangeOutcome.Unreachable, 0, 0, "the copy failed in the gateway");
        try
        {
            end = await ask(clock);
        }
        finally
        {
            TimeSpan took = clock.Elapsed;
            (copy.FirstByte, copy.Failure) = (clock.FirstByte, end.Failure);
            if (ExchangeRecorder.Heavy(copy))
            {
                // The copy keeps its place until its answer has been compared: too many at a time are not begun.
                await Task.Yield();
            }

            try
            {
                Record(copy, kind, end, contentType, took);
            }
            finally
            {
                kind.Counts.Ended(end.Outcome, copy.RequestCopy!.Length, end.Bytes, took);
                copy.Unit.InFlight.Exit(ticket);
            }
        }
    }

    private void Record(Passage copy, in Kind kind, in CopyEnd end, string? contentType, TimeSpan took)
    {
        if (_stop.IsCancellationRequested)
        {
            return;
        }

        if (end.Outcome is ExchangeOutcome.Timeout)
        {
            kind.Pressure.Suffered(MirrorPressure.Late);
        }

        recorder.Record(copy, contentType, end.Outcome, end.Status, took);
    }

    /// <summary>Who is asked, under which name it is recorded, and what counts and bounds it.</summary>
    private readonly record struct Kind(string Release, Purpose Purpose, CopyCounts Counts, MirrorPressure Pressure);
}
