using System.Net.Sockets;
using Handover.Gateway.Forwarding;
using Handover.Gateway.Observing;
using Handover.Gateway.Upstream;
using Handover.Ports;
using Microsoft.AspNetCore.Http;

namespace Handover.Gateway.Mirroring;

/// <summary>
/// One copy over connections of the gateway's own: what <see cref="MirrorCall"/> does for those whose answer nobody
/// rewrites, at a part of the price.
/// </summary>
internal static class DirectCopy
{
    /// <summary>Whether a copy is one for here.</summary>
    public static bool Takes(Passage copy, MemberClient client, IHeaderDictionary headers) =>
        client.Direct is not null
        && !copy.Grpc
        && copy.Adapter is null
        && headers.Upgrade.Count == 0
        && RequestBytes.Plain(copy.MemberTarget);

    /// <summary>The request that goes to the member.</summary>
    public static RequestBytes Compose(
        Passage copy,
        MemberClient client,
        IHeaderDictionary headers,
        ReadOnlyMemory<byte> body
    ) => RequestBytes.Write(copy, client, headers, MirrorCall.Id(copy), body);

    /// <summary>Sends a request and reads its answer into the copy's <see cref="Passage.ResponseCopy"/>.</summary>
    public static async Task<CopyEnd> AskAsync(Passage copy, UpstreamPool pool, RequestBytes request, CopyClock clock)
    {
        int status = 0;
        long bytes = 0;
        UpstreamConnection? connection = null;
        bool whole = false;
        try
        {
            connection = pool.Take() ?? await pool.MakeAsync(clock.Token);
            using CancellationTokenRegistration late = clock.Token.UnsafeRegister(Close, connection);
            await connection.AskAsync(request.Memory, HttpMethods.IsHead(copy.Method));
            status = connection.Head.Status;
            BodyCopy answer = copy.ResponseCopy!;
            answer.Coding = AnswerFields.Value(connection, "content-encoding"u8);
            while (await connection.ReadAsync() is { IsEmpty: false } piece)
            {
                clock.Heard();
                answer.Take(piece.Span);
                bytes += piece.Length;
                if (bytes > MirrorCall.AnswerBound)
                {
                    return new CopyEnd(ExchangeOutcome.Unreachable, status, bytes, CopyEnd.TooLarge);
                }
            }

            whole = answer.Ended = true;
            bool bad = copy.Snapshot.Service.Errors.Counts(status);
            return new CopyEnd(bad ? ExchangeOutcome.ModelError : ExchangeOutcome.Ok, status, bytes, null);
        }
        catch (Exception e)
            when (e is OperationCanceledException or UpstreamException or SocketException or HttpRequestException)
        {
            return clock.Token.IsCancellationRequested
                ? new CopyEnd(ExchangeOutcome.Timeout, status, bytes, clock.Missed)
                : CopyEnd.Broken(status, bytes);
        }
        finally
        {
            End(pool, connection, request, whole);
        }
    }

    private static void End(UpstreamPool pool, UpstreamConnection? connection, RequestBytes request, bool whole)
    {
        // Bytes that are still being sent must not be lent to anybody else.
        if (connection is null or { Sent: true })
        {
            request.Dispose();
        }

        if (whole)
        {
            pool.Give(connection!);
        }
        else
        {
            connection?.Dispose();
        }
    }

    private static void Close(object? connection) => ((UpstreamConnection)connection!).Dispose();
}
