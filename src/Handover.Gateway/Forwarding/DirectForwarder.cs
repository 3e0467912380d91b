using System.Net.Sockets;
using Handover.Gateway.Upstream;
using Microsoft.AspNetCore.Http;
using Yarp.ReverseProxy.Forwarder;

namespace Handover.Gateway.Forwarding;

/// <summary>
/// Sends the requests that nearly all callers make (a small body of known length, HTTP/1.1, an answer that passes as
/// it is) over connections of the gateway's own. Everything else is for YARP's forwarder, which knows all of HTTP.
/// Both end in the same words, so that nobody behind them can tell which one it was.
/// </summary>
internal static class DirectForwarder
{
    /// <summary>Largest body, which is at hand before anything is sent.</summary>
    public const int MostBody = 64 * 1024;

    /// <summary>Whether a request is one for here.</summary>
    public static bool Takes(HttpContext context, Passage passage, MemberPool pool)
    {
        HttpRequest request = context.Request;
        return pool.Direct
            && HttpProtocol.IsHttp11(request.Protocol)
            && request.ContentLength is null or <= MostBody
            && request.Headers.TransferEncoding.Count == 0
            && RequestBytes.Plain(passage, request.Headers);
    }

    /// <summary>Reads the caller's body, whole; null when the request has none.</summary>
    public static async ValueTask<byte[]?> BodyAsync(Sending send)
    {
        if (send.Context.Request.ContentLength is not { } length)
        {
            return null;
        }

        byte[] body = length == 0 ? [] : GC.AllocateUninitializedArray<byte>((int)length);
        await send.Body.ReadExactlyAsync(body, send.Context.RequestAborted);
        if (send.Passage.RequestCopy is { } copy)
        {
            copy.Ended = true;
        }

        return body;
    }

    /// <summary>Sends the request once, and the answer to the caller.</summary>
    /// <param name="send">The request.</param>
    /// <param name="client">Who gets it.</param>
    /// <param name="body">The whole body; null when there is none.</param>
    /// <returns>How it ended, and whether there was a connection at all.</returns>
    public static async Task<(ForwarderError Error, bool Connected)> SendAsync(
        Sending send,
        MemberClient client,
        byte[]? body
    )
    {
        UpstreamPool pool = client.Direct!;
        UpstreamConnection connection;
        try
        {
            connection = pool.Take() ?? await MakeAsync(pool, send);
        }
        catch (Exception e) when (e is SocketException or HttpRequestException)
        {
            return (ForwarderError.Request, Connected: false);
        }
        catch (OperationCanceledException)
        {
            return (ForwarderError.RequestCanceled, Connected: true);
        }

        RequestBytes? request = null;
        ForwarderError error = ForwarderError.Request;
        try
        {
            request = Written(send, client, body);
            using CancellationTokenRegistration late = connection.CloseOn(send.Deadline.Token);
            using CancellationTokenRegistration gone = connection.CloseOn(send.Context.RequestAborted);
            await connection.AskAsync(request.Memory, HttpMethods.IsHead(send.Passage.Method));
            send.Answered();
            error = Headed(send, connection) ? await PassOnAsync(send, connection) : ForwarderError.ResponseHeaders;
        }
        catch (UpstreamException e)
        {
            Note(send.Passage, e);
        }
        finally
        {
            pool.End(connection, request, error == ForwarderError.None);
        }

        return (error, Connected: true);
    }

    private static RequestBytes Written(Sending send, MemberClient client, byte[]? body)
    {
        Passage passage = send.Passage;

        // Not a conditional expression: there a null would become an empty body, by way of the conversion from arrays.
        ReadOnlyMemory<byte>? bytes = null;
        if (body is not null)
        {
            bytes = body;
        }

        return RequestBytes.Write(passage, client, send.Context.Request.Headers, passage.RequestId, bytes);
    }

    private static async ValueTask<UpstreamConnection> MakeAsync(UpstreamPool pool, Sending send)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(
            send.Deadline.Token,
            send.Context.RequestAborted
        );
        return await pool.MakeAsync(either.Token);
    }

    // Whether Kestrel takes the fields of the answer's head.
    private static bool Headed(Sending send, UpstreamConnection connection)
    {
        try
        {
            AnswerFields.Copy(connection, send.Context.Response);
            HandoverHeaders.Stamp(send.Context.Response, send.Passage);
            return true;
        }
        catch (InvalidOperationException)
        {
            send.Context.Response.Clear();
            return false;
        }
    }

    private static async Task<ForwarderError> PassOnAsync(Sending send, UpstreamConnection connection)
    {
        HttpContext context = send.Context;
        while (true)
        {
            ReadOnlyMemory<byte> piece;
            try
            {
                ValueTask<ReadOnlyMemory<byte>> next = connection.ReadAsync();
                if (!next.IsCompleted)
                {
                    send.Deadline.Within(send.Idle);
                }

                piece = await next;
            }
            catch (UpstreamException e)
            {
                Note(send.Passage, e);
                return Broken(
                    context,
                    send.Deadline.Token.IsCancellationRequested
                        ? ForwarderError.ResponseBodyCanceled
                        : ForwarderError.ResponseBodyDestination
                );
            }

            if (piece.IsEmpty)
            {
                AnswerFields.CopyTrailers(connection, context);
                return ForwarderError.None;
            }

            try
            {
                await context.Response.Body.WriteAsync(piece, context.RequestAborted);
            }
            catch (Exception e) when (e is OperationCanceledException or IOException or InvalidOperationException)
            {
                return Broken(context, ForwarderError.ResponseBodyClient);
            }
        }
    }

    // Half an answer must not look like a whole one.
    private static ForwarderError Broken(HttpContext context, ForwarderError error)
    {
        if (context.Response.HasStarted)
        {
            context.Abort();
        }
        else
        {
            context.Response.Clear();
        }

        return error;
    }

    // That a member cannot be reached is in the outcome; that it answers nonsense nobody else would say.
    private static void Note(Passage passage, UpstreamException e) =>
        passage.Failure = (e as MalformedAnswerException)?.Message;
}
