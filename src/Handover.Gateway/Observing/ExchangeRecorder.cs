using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Core.Payloads;
using Handover.Core.Traffic;
using Handover.Gateway.Forwarding;
using Handover.Ports;
using Microsoft.AspNetCore.Http;

namespace Handover.Gateway.Observing;

/// <summary>
/// Turns finished passages into exchanges, the raw material of all evidence. Never waits and never throws.
/// </summary>
/// <param name="port">Takes them.</param>
internal sealed class ExchangeRecorder(IExchangePort port)
{
    /// <summary>Largest body that is kept with an exchange.</summary>
    public const int PayloadBound = 256 * 1024;

    private const int LightAnswer = 8 * 1024;

    /// <summary>
    /// Largest answer that is looked at: a chat's stream says each word in 200 bytes, so it may be longer than what is
    /// kept of it.
    /// </summary>
    public static int AnswerBound(Service service) =>
        service.Protocol is WireProtocol.OpenAi ? 16 * PayloadBound : PayloadBound;

    /// <summary>
    /// Whether an answer is so large that to look at it (to compare it, to read an output from it) takes as long as
    /// many requests do. Then whoever records it leaves the thread that sees bytes come, for which others wait.
    /// </summary>
    public static bool Heavy(Passage passage) => passage.ResponseCopy?.Length > LightAnswer;

    /// <summary>Records how a passage ended.</summary>
    /// <param name="passage">The passage.</param>
    /// <param name="contentType">Content type of the request.</param>
    /// <param name="outcome">How it ended.</param>
    /// <param name="status">Status that the caller got; 0 when none.</param>
    /// <param name="latency">From dispatch to the last byte.</param>
    public void Record(Passage passage, string? contentType, ExchangeOutcome outcome, int status, TimeSpan latency)
    {
        bool payloads = passage.Snapshot.Service.Journal.Payloads;
        port.Record(
            new Exchange
            {
                RequestId = passage.RequestId,
                Service = passage.Snapshot.Service.Name,
                Release = passage.Release,
                Epoch = passage.Epoch,
                Reason = passage.Reason,
                Purpose = passage.Purpose,
                Entity = passage.Entity,
                CandidateShare = passage.CandidateShare,
                Segment = passage.Segment,
                At = passage.At,
                Latency = latency,
                FirstByte = passage.FirstByte,
                Held = passage.Held,
                Status = status,
                Outcome = outcome,
                Failure = passage.Failure,
                Inference = passage.Inference,
                Method = passage.Method,
                Path = passage.MemberTarget,
                ContentType = contentType,
                Request =
                    payloads && passage.RequestCopy is { } request ? PlainBody.Within(request, PayloadBound) : null,
                Response = payloads ? Answer(passage) : null,
            }
        );
    }

    // A stream that is too long to be kept as it came is kept as the one document that its pieces add up to.
    private static ReadOnlyMemory<byte>? Answer(Passage passage)
    {
        if (
            passage.ResponseCopy is not { } copy
            || PlainBody.Within(copy, AnswerBound(passage.Snapshot.Service)) is not { } body
        )
        {
            return null;
        }

        if (body.Length <= PayloadBound)
        {
            return body;
        }

        Result<ReadOnlyMemory<byte>> gathered = OpenAiReader.Gather(body.Span);
        if (!gathered.Ok || gathered.Value.Length > PayloadBound)
        {
            return null;
        }

        return gathered.Value;
    }

    /// <summary>Whether a call is inference, which alone counts as evidence.</summary>
    /// <param name="protocol">How the service is spoken to.</param>
    /// <param name="method">HTTP method.</param>
    /// <param name="path">Path as the member receives it, without query.</param>
    public static bool IsInference(WireProtocol protocol, string method, string path) =>
        HttpMethods.IsPost(method)
        && protocol switch
        {
            WireProtocol.OpenInference => path.EndsWith("/infer", StringComparison.Ordinal)
                || path.EndsWith("/generate", StringComparison.Ordinal)
                || path.EndsWith("/generate_stream", StringComparison.Ordinal),
            WireProtocol.OpenInferenceGrpc => path.EndsWith("/ModelInfer", StringComparison.Ordinal),
            WireProtocol.TensorFlowServing => path.EndsWith(":predict", StringComparison.Ordinal),
            _ => true,
        };
}
