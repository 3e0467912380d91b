// Why: what a member says of itself is read the same way from all three kinds of members, over its own endpoint.
using System.Buffers;
using System.Net;
using System.Net.Http;
using Handover.Core.Foundation;
using Handover.Core.Payloads;
using Handover.Ports;

namespace Handover.Runtimes;

/// <summary>Reads Open Inference model metadata.</summary>
internal static class MetadataReader
{
    private const string Method = "/inference.GRPCInferenceService/ModelMetadata";

    /// <summary>
    /// The same over gRPC; null when the member has no such method, or does not know the model (NOT_FOUND).
    /// </summary>
    public static async Task<Result<Signatures?>> ReadGrpcAsync(
        HttpClient client,
        string model,
        CancellationToken cancel
    )
    {
        try
        {
            int most = ModelMetadata.MaxBytes + GrpcFrame.HeaderBytes;
            byte[] question = ModelMetadata.GrpcRequest(model);
            (int code, byte[] body) = await GrpcUnary.AskAsync(client, Method, question, most, cancel);
            if (code is GrpcStatus.NotFound or GrpcStatus.Unimplemented)
            {
                return (Signatures?)null;
            }

            if (code != GrpcStatus.Ok)
            {
                return Unreadable(Method, $"it answered {GrpcUnary.Told(code)}");
            }

            if (body.Length > most)
            {
                return Unreadable(Method, $"it has more than {ModelMetadata.MaxBytes >> 20} MiB");
            }

            return GrpcFrame.Read(body, out ReadOnlySpan<byte> message) is { } bad
                ? Unreadable(Method, bad.Message)
                : Of(Method, ModelMetadata.ReadGrpc(message));
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return Unreadable(Method, e.Message);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return Unreadable(Method, "it took too long");
        }
    }

    /// <summary>What the model says of itself; null when the member has no metadata (404).</summary>
    public static async Task<Result<Signatures?>> ReadAsync(HttpClient client, string model, CancellationToken cancel)
    {
        string path = $"/v2/models/{Uri.EscapeDataString(model)}";
        byte[] buffer = ArrayPool<byte>.Shared.Rent(ModelMetadata.MaxBytes + 1);
        try
        {
            var uri = new Uri(path, UriKind.Relative);
            using HttpResponseMessage answer = await client.GetAsync(
                uri,
                HttpCompletionOption.ResponseHeadersRead,
                cancel
            );
            if (answer.StatusCode == HttpStatusCode.NotFound)
            {
                return (Signatures?)null;
            }

            if (!answer.IsSuccessStatusCode)
            {
                return Unreadable(path, $"it answered {(int)answer.StatusCode}");
            }

            // Its length is the member's word; what is read is bounded whatever it says.
            await using Stream body = await answer.Content.ReadAsStreamAsync(cancel);
            Memory<byte> bound = buffer.AsMemory(0, ModelMetadata.MaxBytes + 1);
            int read = await body.ReadAtLeastAsync(bound, bound.Length, throwOnEndOfStream: false, cancel);
            return Of(path, ModelMetadata.Read(bound[..read]));
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return Unreadable(path, e.Message);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return Unreadable(path, "it took too long");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static Result<Signatures?> Of(string path, Result<ModelMetadata> metadata) =>
        metadata.Ok
            ? new Signatures(metadata.Value.Input, metadata.Value.Output, metadata.Value.Properties)
            : Unreadable(path, metadata.Problems[0].ToString().TrimEnd('.'));

    private static Problem Unreadable(string path, string why) =>
        new("metadata-unreadable", $"The member's metadata at {path} can't be read: {why}.");
}
