using System.Net;
using Handover.Gateway.Draining;
using Handover.Gateway.Holding;
using Handover.Gateway.Observing;
using Handover.Ports;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Forwarder;

namespace Handover.Gateway.Forwarding;

/// <summary>
/// Sends one request to one member and streams the answer back, and says how it ended: the member's fault, the
/// caller's, or nobody's. A request is tried a second time only when no connection could be made at all, so that no
/// model ever sees it twice.
/// </summary>
/// <param name="forwarder">YARP's forwarder.</param>
/// <param name="time">Clock of the deadlines.</param>
internal sealed class MemberForwarder(IHttpForwarder forwarder, TimeProvider time)
{
    /// <summary>
    /// Forwards; when nothing was sent to the caller yet, the result carries the refusal that is to be sent.
    /// </summary>
    /// <param name="context">The caller's exchange.</param>
    /// <param name="passage">What was decided.</param>
    /// <param name="pool">The member's endpoints.</param>
    /// <param name="ticket">The request's place among those in flight.</param>
    /// <param name="slot">Its place among those that were held; null when it was not.</param>
    public async Task<ForwardResult> ForwardAsync(
        HttpContext context,
        Passage passage,
        MemberPool pool,
        InFlightTicket ticket,
        HoldSlot? slot
    )
    {
        passage.DispatchedAt = time.GetTimestamp();
        InFlightTable inFlight = passage.Unit.InFlight;
        var body = new RequestBodyStream(context.Request.Body, passage.RequestCopy, () => inFlight.Dispatched(ticket));
        context.Request.Body = body;
        passage.RequestCopy?.Coding = context.Request.Headers.ContentEncoding;
        Wrap(context, passage);
        using var deadline = new AnswerDeadline(passage.Snapshot.Service.Errors.Timeout, time);
        body.Deadline = deadline;
        bool hasBody = context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody ?? true;
        var send = new Sending(context, passage, body, deadline, Going, Answered);
        ForwardResult result = await (
            DirectForwarder.Takes(context, passage, pool) ? DirectlyAsync(send, pool) : ByYarpAsync(send, pool)
        );
        return result with { Latency = time.GetElapsedTime(passage.DispatchedAt) };

        void Going()
        {
            if (!hasBody)
            {
                if (passage.RequestCopy is not null)
                {
                    passage.RequestCopy.Ended = true;
                }

                inFlight.Dispatched(ticket);
            }
        }

        void Answered()
        {
            if (passage.Unit.Closing.Now is not null)
            {
                passage.AnsweredAt = time.GetTimestamp();
            }

            // A stream may take as long as it flows; a call has one answer, which is not there before its trailers.
            if (!passage.Grpc)
            {
                deadline.Answered();
            }

            slot?.Dispose();
        }
    }

    private static async Task<ForwardResult> DirectlyAsync(Sending send, MemberPool pool)
    {
        byte[]? body;
        try
        {
            body = await DirectForwarder.BodyAsync(send);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            return Judge(send, ForwarderError.RequestBodyClient);
        }

        send.Going();
        for (bool again = false; ; again = true)
        {
            (ForwarderError error, bool connected) = await DirectForwarder.SendAsync(send, pool.Next(), body);
            if (connected || again || pool.Clients.Count == 1)
            {
                return Judge(send, error) with { Sent = connected };
            }
        }
    }

    private async Task<ForwardResult> ByYarpAsync(Sending send, MemberPool pool)
    {
        HttpContext context = send.Context;
        var transformer = new MemberTransformer(send.Passage, send.Going, send.Answered);
        var config = new ForwarderRequestConfig
        {
            Version = send.Passage.Grpc ? HttpVersion.Version20 : HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            ActivityTimeout = send.Idle,
        };
        for (bool again = false; ; again = true)
        {
            MemberClient client = pool.Next();
            ForwarderError error = await forwarder.SendAsync(
                context,
                client.Prefix,
                client.Invoker,
                config,
                transformer,
                send.Deadline.Token
            );
            bool connected = error == ForwarderError.None || !NotConnected(context, send.Body);
            if (!connected && !again && pool.Clients.Count > 1)
            {
                context.Response.Clear();
                continue;
            }

            ForwardResult? unadapted = await RewriteAsync(context, send.Passage, error);
            return unadapted ?? Judge(send, error) with { Sent = connected };
        }
    }

    // Outermost what the member writes into: the copy must be of what the caller gets.
    private void Wrap(HttpContext context, Passage passage)
    {
        if (passage.ResponseCopy is { } copy)
        {
            context.Response.Body = new ResponseTeeStream(context.Response, copy, passage, time);
        }

        if (passage.Adapter is { } adapter)
        {
            context.Response.Body = passage.Adapted = new AdaptedAnswer(context.Response.Body, adapter);
        }
    }

    /// <summary>Rewrites a whole answer; returns how forwarding ended when that did not work out.</summary>
    private static async Task<ForwardResult?> RewriteAsync(HttpContext context, Passage passage, ForwarderError error)
    {
        if (passage.Adapted is not { } adapted || (error != ForwarderError.None && adapted.Problem is null))
        {
            return null;
        }

        try
        {
            await adapted.FinishAsync(context.Response, context.RequestAborted);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            return new ForwardResult(ExchangeOutcome.ClientGone, context.Response.StatusCode, null) { Sent = true };
        }

        if (adapted.Problem is not { } problem)
        {
            return null;
        }

        Interlocked.Increment(ref passage.Unit.Counters.AdaptersFailed);
        Refusal refusal = Refusal.AdapterFailed(passage.Release, problem);
        return new ForwardResult(ExchangeOutcome.ModelError, 0, refusal) { Sent = true };
    }

    private static bool NotConnected(HttpContext context, RequestBodyStream body) =>
        !context.Response.HasStarted
        && !body.Started
        && !context.RequestAborted.IsCancellationRequested
        && context.Features.Get<IForwarderErrorFeature>()?.Exception
            is HttpRequestException
            {
                HttpRequestError: HttpRequestError.ConnectionError
                    or HttpRequestError.NameResolutionError
                    or HttpRequestError.SecureConnectionError
            };

    private static ForwardResult Judge(Sending send, ForwarderError error)
    {
        (HttpContext context, Passage passage, RequestBodyStream body, AnswerDeadline deadline) = (
            send.Context,
            send.Passage,
            send.Body,
            send.Deadline
        );
        bool answered = context.Response.HasStarted || error == ForwarderError.None;
        int status = answered ? passage.Status(context.Response.StatusCode) : 0;
        if (error == ForwarderError.None)
        {
            if (passage.ResponseCopy is { } copy)
            {
                copy.Ended = true;
                copy.Coding = context.Response.Headers.ContentEncoding;
            }

            bool bad = passage.Snapshot.Service.Errors.Counts(status);
            return new ForwardResult(bad ? ExchangeOutcome.ModelError : ExchangeOutcome.Ok, status, null);
        }

        if (body.CallerFault > 0)
        {
            Refusal refusal =
                body.CallerFault == StatusCodes.Status413PayloadTooLarge
                    ? Refusal.BodyTooLarge(passage.Snapshot.Service.Limits.RequestBytes)
                    : Refusal.BadBody();
            return new ForwardResult(ExchangeOutcome.Refused, status, refusal);
        }

        // Before the answer began only the deadline cancels besides the caller; a broken answer is the member's doing
        // unless the caller went away first (the forwarder itself then aborts the caller's connection).
        if (deadline.Expired)
        {
            return new ForwardResult(
                ExchangeOutcome.Timeout,
                status,
                Refusal.Timeout(passage.Snapshot.Service.Errors.Timeout)
            );
        }

        if (error is ForwarderError.ResponseBodyDestination or ForwarderError.ResponseHeaders)
        {
            return new ForwardResult(ExchangeOutcome.Unreachable, status, Refusal.Unreachable(passage.Failure));
        }

        if (context.RequestAborted.IsCancellationRequested || error == ForwarderError.RequestBodyClient)
        {
            return new ForwardResult(ExchangeOutcome.ClientGone, status, null);
        }

        bool late = error is ForwarderError.RequestTimedOut or ForwarderError.ResponseBodyCanceled;
        return late
            ? new ForwardResult(
                ExchangeOutcome.Timeout,
                status,
                Refusal.Timeout(passage.Snapshot.Service.Errors.Timeout)
            )
            : new ForwardResult(ExchangeOutcome.Unreachable, status, Refusal.Unreachable(passage.Failure));
    }
}

/// <summary>How forwarding ended.</summary>
/// <param name="Outcome">For the journal.</param>
/// <param name="Status">Status that the caller got so far; 0 when none.</param>
/// <param name="Refusal">What to tell the caller if nothing was sent yet; null when there is nothing to tell.</param>
internal readonly record struct ForwardResult(ExchangeOutcome Outcome, int Status, Refusal? Refusal)
{
    /// <summary>Whether the member may have got the request; false only when no connection could be made.</summary>
    public bool Sent { get; init; }

    /// <summary>From dispatch to the last byte.</summary>
    public TimeSpan Latency { get; init; }
}
