// Why: a member that speaks nothing but gRPC says that it is ready in gRPC.
using System.Net.Http;
using Handover.Core.Payloads;

namespace Handover.Runtimes;

/// <summary>
/// The two questions of gRPC that tell whether a server can serve: <c>grpc.health.v1.Health/Check</c> for the server as
/// a whole, and Open Inference's <c>ServerReady</c>. Both ask with an empty message and answer yes as 1 in field 1.
/// </summary>
internal static class GrpcReady
{
    private static readonly string[] Methods =
    [
        "/grpc.health.v1.Health/Check",
        "/inference.GRPCInferenceService/ServerReady",
        "/inference.GRPCInferenceService/ServerLive",
    ];

    // A field of one byte, in its frame.
    private const int MostBytes = 1024;

    /// <summary>Whether a ready path is one of these methods.</summary>
    public static bool Is(string path) => Methods.Contains(path, StringComparer.Ordinal);

    /// <summary>Null when the answer is yes, else what it is.</summary>
    public static async Task<string?> AskAsync(HttpClient client, string path, CancellationToken cancel)
    {
        (int code, byte[] body) = await GrpcUnary.AskAsync(client, path, [], MostBytes, cancel);
        return code != GrpcStatus.Ok ? $"{path} answered {GrpcUnary.Told(code)}"
            : Yes(body) ? null
            : $"{path} says that it is not ready";
    }

    private static bool Yes(ReadOnlySpan<byte> body)
    {
        if (GrpcFrame.Read(body, out ReadOnlySpan<byte> message) is not null)
        {
            return false;
        }

        ulong said = 0;
        var fields = new ProtoFields(message);
        while (fields.Next())
        {
            said = fields is { Number: 1, WireType: 0 } ? fields.Value : said;
        }

        return !fields.Damaged && said == 1;
    }
}
