using System.Net.Http.Headers;
using Handover.Core.Contracts.Adapters;
using Handover.Core.Foundation;
using Handover.Core.Traffic;
using Handover.Gateway.Forwarding;
using Handover.Gateway.Grpc;
using Handover.Gateway.Observing;
using Handover.Gateway.Upstream;
using Handover.Ports;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Handover.Gateway.Mirroring;

/// <summary>
/// Sends one copy and reads its answer, within its deadlines and bounds: how a copy goes, while <see cref="Mirror"/>
/// decides whether it does.
/// </summary>
internal static class MirrorCall
{
    /// <summary>Largest answer that is read.</summary>
    public const int AnswerBound = 16 << 20;

    private static readonly UriCreationOptions Verbatim = new() { DangerousDisablePathAndQueryCanonicalization = true };

    /// <summary>The request that goes to the member.</summary>
    public static HttpRequestMessage Compose(
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
        foreach ((string name, StringValues values) in headers)
        {
            if (!Stays(copy, name) && !request.Headers.TryAddWithoutValidation(name, values.AsEnumerable()))
            {
                request.Content.Headers.TryAddWithoutValidation(name, values.AsEnumerable());
            }
        }

        if (copy.Grpc)
        {
            request.Headers.TryAddWithoutValidation("TE", "trailers");
        }

        request.Headers.TryAddWithoutValidation(HandoverHeaders.RequestId, Id(copy));
        request.Headers.TryAddWithoutValidation(HandoverHeaders.Purpose, HandoverHeaders.Text(copy.Purpose));
        request.Headers.TryAddWithoutValidation(Baggage.Header, copy.BaggageOut);
        return request;
    }

    // An answer that is rewritten must come as plain text; a body that is sent whole has nothing after it.
    private static bool Stays(Passage copy, string name) =>
        HopByHop.NotCopied.Contains(name)
        || string.Equals(name, "Trailer", StringComparison.OrdinalIgnoreCase)
        || (copy.Adapter is not null && string.Equals(name, "Accept-Encoding", StringComparison.OrdinalIgnoreCase));

    /// <summary>
    /// Under which id a copy goes. A second question is a request of its own: under one id, whoever reads members' logs
    /// would see two releases.
    /// </summary>
    public static string Id(Passage copy) =>
        copy.Purpose == Purpose.Redraw ? $"{copy.RequestId}-again" : copy.RequestId;

    /// <summary>Sends a request and reads its answer into the copy's <see cref="Passage.ResponseCopy"/>.</summary>
    public static async Task<CopyEnd> AskAsync(
        Passage copy,
        MemberClient client,
        HttpRequestMessage request,
        CopyClock clock
    )
    {
        var reading = new Reading(clock);
        int status = 0;
        try
        {
            using HttpResponseMessage answer = await client.Invoker.SendAsync(request, clock.Token);
            status = (int)answer.StatusCode;
            clock.First = FirstEvent.Of(answer.Content.Headers.ContentType?.MediaType);
            string? unfit = await TakeAsync(answer, copy, reading);

            // How a gRPC call ended is known only from what follows its answer.
            status = copy.Grpc ? GrpcOutcome.StatusOf(answer) : status;
            bool bad = unfit is not null || copy.Snapshot.Service.Errors.Counts(status);
            return new CopyEnd(bad ? ExchangeOutcome.ModelError : ExchangeOutcome.Ok, status, reading.Bytes, unfit);
        }
        catch (OperationCanceledException)
        {
            return new CopyEnd(ExchangeOutcome.Timeout, status, reading.Bytes, clock.Missed);
        }
        catch (AnswerTooLarge)
        {
            return new CopyEnd(ExchangeOutcome.Unreachable, status, reading.Bytes, CopyEnd.TooLarge);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or ObjectDisposedException)
        {
            return CopyEnd.Broken(status, reading.Bytes, e);
        }
        finally
        {
            request.Dispose();
        }
    }

    /// <summary>Takes the answer as callers would get it; why its adapter cannot rewrite it, or null.</summary>
    private static async Task<string?> TakeAsync(HttpResponseMessage answer, Passage copy, Reading reading)
    {
        if (copy.Adapter is not { } adapter || !answer.IsSuccessStatusCode)
        {
            copy.ResponseCopy!.Coding = answer.Content.Headers.NonValidated.TryGetValues(
                "Content-Encoding",
                out HeaderStringValues coding
            )
                ? coding.ToString()
                : null;
            await DrainAsync(answer, copy.ResponseCopy, reading);
            return null;
        }

        var raw = new BodyCopy(AnswerAdapter.MaxBytes);
        await DrainAsync(answer, raw, reading);
        Problem? problem = AdaptedAnswer.Unfit(answer);
        if (problem is null && raw.Within(AnswerAdapter.MaxBytes) is { } body)
        {
            Result<ReadOnlyMemory<byte>> adapted = adapter.Adapt(body.Span);
            if (adapted.Ok)
            {
                copy.ResponseCopy!.Take(adapted.Value.Span);
                copy.ResponseCopy.Ended = true;
                return null;
            }

            problem = adapted.Problems[0];
        }

        Interlocked.Increment(ref copy.Unit.Counters.AdaptersFailed);
        problem ??= new Problem("adapter-bounds", $"the answer has more than {AnswerAdapter.MaxBytes} bytes");
        return CopyEnd.Told(problem, copy.Snapshot.Service.Journal.Redact.Count > 0);
    }

    private static async Task DrainAsync(HttpResponseMessage answer, BodyCopy copy, Reading reading)
    {
        await using Stream stream = await answer.Content.ReadAsStreamAsync(reading.Clock.Token);
        byte[] buffer = new byte[16 * 1024];
        int read;
        while ((read = await stream.ReadAsync(buffer, reading.Clock.Token)) > 0)
        {
            reading.Clock.Heard(buffer.AsSpan(0, read));
            copy.Take(buffer.AsSpan(0, read));
            reading.Bytes += read;
            if (reading.Bytes > AnswerBound)
            {
                throw new AnswerTooLarge();
            }
        }

        copy.Ended = true;
    }

    private sealed class Reading(CopyClock clock)
    {
        public CopyClock Clock => clock;

        public long Bytes { get; set; }
    }

    private sealed class AnswerTooLarge : Exception;
}

/// <summary>How a copy ended.</summary>
/// <param name="Outcome">For the journal.</param>
/// <param name="Status">Status of the answer; 0 when there was none.</param>
/// <param name="Bytes">Bytes of the answer that were read.</param>
/// <param name="Failure">Why there is no good answer; null when there is, or when the member said so itself.</param>
internal readonly record struct CopyEnd(ExchangeOutcome Outcome, int Status, long Bytes, string? Failure)
{
    /// <summary>Why an answer was not read to its end.</summary>
    public const string TooLarge = "the answer is larger than 16 MiB";

    private const int MostText = 200;

    /// <summary>The end of a copy whose answer did not come, or not whole.</summary>
    /// <param name="status">Status of the answer; 0 when there was none.</param>
    /// <param name="bytes">Bytes of the answer that were read.</param>
    /// <param name="e">Why; of a member that does answer, its words say what is wrong with the answer.</param>
    public static CopyEnd Broken(int status, long bytes, Exception e) =>
        new(
            ExchangeOutcome.Unreachable,
            status,
            bytes,
            e is MalformedAnswerException ? e.Message
                : status == 0 ? "the member could not be reached"
                : "the connection broke in the answer"
        );

    /// <summary>
    /// A problem in one bounded line. Where the journal is redacted only the place is told: a message may quote a
    /// value.
    /// </summary>
    public static string Told(Problem problem, bool redacted)
    {
        string text = redacted ? $"{problem.Code} at {problem.Field ?? "the answer"}" : problem.Message;
        char[] plain = [.. text.Take(MostText).Select(c => char.IsControl(c) ? ' ' : c)];
        return "the adapter cannot rewrite the answer: " + new string(plain) + (text.Length > MostText ? "…" : "");
    }
}
