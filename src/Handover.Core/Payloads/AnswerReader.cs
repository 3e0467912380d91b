using Handover.Core.Catalog;
using Handover.Core.Foundation;

namespace Handover.Core.Payloads;

/// <summary>Reads an answer in the protocol of its service.</summary>
public static class AnswerReader
{
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
