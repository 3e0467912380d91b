using System.Buffers;
using System.Text.Json;
using Handover.Core.Foundation;
using Handover.Core.Payloads;
using Handover.Gateway.Grpc;
using Handover.Protocol;
using Microsoft.AspNetCore.Http;

namespace Handover.Gateway.Forwarding;

/// <summary>
/// An answer that the gateway itself makes, as RFC 9457 problem+json with a stable type and code. 503 always carries
/// Retry-After.
/// </summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Code">Stable name in kebab-case.</param>
/// <param name="Title">What is wrong, in short.</param>
/// <param name="Detail">What is wrong with this request and what to do.</param>
internal sealed record Refusal(int Status, string Code, string Title, string Detail)
{
    /// <summary>Seconds after which the caller should try again.</summary>
    public int RetryAfter { get; init; } = 1;

    /// <summary>Whether a second try can help; then the caller is told when. Always so for 503.</summary>
    public bool Again { get; init; }

    /// <summary>
    /// Whether the connection must be closed, because the two sides may not agree where the next request starts.
    /// </summary>
    public bool Close { get; init; }

    public static Refusal NoRoute(string path) =>
        new(404, "no-route", "No service has this path.", $"Nothing is served at '{path}'.");

    public static Refusal Ambiguous() =>
        new(
            400,
            "ambiguous-target",
            "The request target is ambiguous.",
            "Send a path without dot segments, backslashes, encoded slashes in the routed part or broken escapes."
        );

    public static Refusal Framing(string why) =>
        new(400, "bad-framing", "The request's framing is ambiguous.", why) { Close = true };

    public static Refusal NotSupported(string what) =>
        new(501, "not-supported", "Not supported yet.", $"{what} is not supported yet.");

    public static Refusal GrpcOnly(string service) =>
        new(
            415,
            "grpc-only",
            "This service speaks gRPC.",
            $"Call '{service}' with a gRPC client, over HTTP/2, at the address that the gateway has for that."
        );

    public static Refusal BadEntity(string what) =>
        new(400, "bad-entity", "The entity key is not usable.", $"The {what} is given more than once or is too long.");

    public static Refusal MissingEntity(string name) =>
        new(400, "entity-missing", "The entity key is missing.", $"This service needs '{name}' in every request.");

    public static Refusal BodyTooLarge(long bytes) =>
        new(413, "body-too-large", "The request body is too large.", $"This service takes at most {bytes} bytes.");

    public static Refusal BadBody() =>
        new(
            400,
            "bad-body",
            "The request body could not be read.",
            "The body broke off, came too slowly or was framed wrongly."
        );

    public static Refusal Timeout(TimeSpan after) =>
        new(
            504,
            "model-timeout",
            "The model did not answer in time.",
            $"No answer within {after.TotalSeconds:0.###} s."
        );

    public static Refusal Unreachable(string? malformed) =>
        new(
            502,
            "model-unreachable",
            "The model could not be reached or broke off.",
            malformed is null
                ? "Nothing is known about whether the request was worked on."
                : $"It did answer, but {malformed}. Nothing is known about whether the request was worked on."
        );

    public static Refusal AdapterFailed(string release, Problem problem) =>
        new(
            502,
            "adapter-failed",
            "The answer could not be adapted.",
            $"Release '{release}' has answered, but its adapter could not rewrite the answer: {problem.Message}."
        );

    public static Refusal NotRunning(string release, string member) =>
        new(
            503,
            "release-not-running",
            "The release is not running.",
            $"No endpoint of member '{member}' of release '{release}' is ready."
        );

    public static Refusal HoldTimedOut(TimeSpan after) =>
        new(
            503,
            "hold-timeout",
            "The service is being moved and took too long.",
            $"The request was held for {after.TotalSeconds:0.###} s."
        );

    public static Refusal HoldOverflowed() =>
        new(
            503,
            "hold-overflow",
            "Too many requests are waiting.",
            "The service is being moved and its waiting line is full."
        );

    public static Refusal TooManySequences() =>
        new(
            503,
            "sequences-full",
            "Too many sequences are open.",
            "The service keeps as many sequences as it may; end some, or wait until silent ones are forgotten."
        );

    public static Refusal BadPin() =>
        new(
            403,
            "pin-invalid",
            "A valid pin is needed here.",
            "Members are reached with the baggage of the request that is being worked on; pass 'baggage' on unchanged."
        );

    public static Refusal UnknownMember(string service, string member) =>
        new(
            404,
            "unknown-member",
            "The release has no such member.",
            $"Service '{service}' has no member '{member}' in the pinned release."
        );

    public static Refusal UnknownRelease(string release) =>
        new(
            404,
            "unknown-release",
            "No such release is running.",
            $"Release '{release}' was asked for by override and is not running."
        );

    public static Refusal Failed() =>
        new(500, "gateway-error", "The gateway failed.", "An error of the gateway itself; its log has the request id.");

    /// <summary>Writes the answer. Nothing may have been sent before.</summary>
    public Task WriteAsync(HttpContext context, string requestId, Passage? passage)
    {
        Invariant.Holds(!context.Response.HasStarted, "a refusal is the whole answer");
        HttpResponse response = context.Response;
        response.Clear();
        response.Headers[HandoverHeaders.RequestId] = requestId;
        if (passage is not null)
        {
            HandoverHeaders.Stamp(response, passage);
        }

        if (GrpcCall.Is(context.Request))
        {
            WriteGrpc(response);
            return Task.CompletedTask;
        }

        response.StatusCode = Status;
        response.ContentType = MediaTypes.Problem;
        if (Again || Status == StatusCodes.Status503ServiceUnavailable)
        {
            response.Headers.RetryAfter = RetryAfter.ToString();
        }

        if (Close)
        {
            response.Headers.Connection = "close";
        }

        byte[] body = Body(requestId);
        response.ContentLength = body.Length;
        return HttpMethods.IsHead(context.Request.Method)
            ? Task.CompletedTask
            : response.Body.WriteAsync(body, 0, body.Length, context.RequestAborted);
    }

    // Retry-After in the words of gRPC's clients (gRFC A6); the code is beside the status, which says less.
    private void WriteGrpc(HttpResponse response)
    {
        GrpcCall.EndWith(response, GrpcStatus.OfHttp(Status), $"{Title} {Detail}");
        response.AppendTrailer(HandoverHeaders.Problem, Code);
        if (Again || Status == StatusCodes.Status503ServiceUnavailable)
        {
            response.AppendTrailer("grpc-retry-pushback-ms", $"{RetryAfter * 1000}");
        }
    }

    private byte[] Body(string requestId)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("type", $"https://handover.dev/problems/{Code}");
            json.WriteString("title", Title);
            json.WriteNumber("status", Status);
            json.WriteString("detail", Detail);
            json.WriteString("code", Code);
            json.WriteString("requestId", requestId);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }
}
