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
        client.Direct is not null && RequestBytes.Plain(copy, headers);

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
            using CancellationTokenRegistration late = connection.CloseOn(clock.Token);
            await connection.AskAsync(request.Memory, HttpMethods.IsHead(copy.Method));
            status = connection.Head.Status;
            BodyCopy answer = copy.ResponseCopy!;
            answer.Coding = AnswerFields.Value(connection, "content-encoding"u8);
            clock.First = FirstEvent.Of(AnswerFields.Value(connection, "content-type"u8));
            while (await connection.ReadAsync() is { IsEmpty: false } piece)
            {
                clock.Heard(piece.Span);
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
                : CopyEnd.Broken(status, bytes, e);
        }
        finally
        {
            pool.End(connection, request, whole);
        }
    }
}
