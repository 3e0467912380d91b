using Handover.Core.Payloads;

namespace Handover.Ports;

/// <summary>
/// Reads from an answer how a gRPC call ended: the gateway, what warms and what asks whether a member is ready must
/// mean the same by it.
/// </summary>
public static class GrpcOutcome
{
    /// <summary>The field that says how a call ended.</summary>
    public const string Field = "grpc-status";

    /// <summary>
    /// The gRPC status of an answer that was read to its end: of its trailers, or of its headers when there is no
    /// message; <see cref="GrpcStatus.Unknown"/> when neither says it.
    /// </summary>
    public static int CodeOf(HttpResponseMessage answer)
    {
        bool told =
            answer.TrailingHeaders.TryGetValues(Field, out IEnumerable<string>? values)
            || answer.Headers.TryGetValues(Field, out values);
        return GrpcStatus.Parse(told ? values!.FirstOrDefault() : null);
    }

    /// <summary>
    /// The HTTP status that an answer to a gRPC call means: of one with a status of success, what its trailers say; of
    /// any other, the status itself. The answer must have been read to its end.
    /// </summary>
    public static int StatusOf(HttpResponseMessage answer) =>
        answer.IsSuccessStatusCode ? GrpcStatus.ToHttp(CodeOf(answer)) : (int)answer.StatusCode;
}
