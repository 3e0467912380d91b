using Handover.Core.Catalog;
using Handover.Core.Foundation;

namespace Handover.Core.Payloads;

/// <summary>Reads an answer in the protocol of its service.</summary>
public static class AnswerReader
{
    /// <summary>
    /// Whether an answer of status 200 may say in its body that it is none: what is sent before everything is known.
    /// </summary>
    public static bool MayFailLate(WireProtocol protocol, ReadOnlySpan<byte> body) =>
        protocol is WireProtocol.OpenAi || (protocol is WireProtocol.OpenInference && ServerSentEvents.Is(body));

    /// <summary>The typed answer, or the problems of the protocol's reader.</summary>
    public static Result<TypedAnswer> Read(WireProtocol protocol, ReadOnlySpan<byte> body) =>
        protocol switch
        {
            WireProtocol.OpenInference => OpenInferenceReader.ReadResponse(body),
            WireProtocol.OpenInferenceGrpc => OpenInferenceGrpcReader.ReadResponse(body),
            WireProtocol.TensorFlowServing => TensorFlowServingReader.ReadResponse(body),
            WireProtocol.OpenAi => OpenAiReader.ReadResponse(body),
            _ => PlainJsonReader.ReadResponse(body),
        };
}
