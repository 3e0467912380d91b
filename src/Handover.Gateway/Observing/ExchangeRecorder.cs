using Handover.Core.Catalog;
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
                Held = passage.Held,
                Status = status,
                Outcome = outcome,
                Inference = passage.Inference,
                Method = passage.Method,
                Path = passage.MemberTarget,
                ContentType = contentType,
                Request = payloads ? passage.RequestCopy?.Within(PayloadBound) : null,
                Response = payloads ? passage.ResponseCopy?.Within(PayloadBound) : null,
            }
        );
    }

    /// <summary>Whether a call is inference, which alone counts as evidence.</summary>
    /// <param name="protocol">How the service is spoken to.</param>
    /// <param name="method">HTTP method.</param>
    /// <param name="path">Path as the member receives it, without query.</param>
    public static bool IsInference(WireProtocol protocol, string method, string path) =>
        HttpMethods.IsPost(method)
        && protocol switch
        {
            WireProtocol.OpenInference => path.EndsWith("/infer", StringComparison.Ordinal),
            WireProtocol.OpenInferenceGrpc => path.EndsWith("/ModelInfer", StringComparison.Ordinal),
            WireProtocol.TensorFlowServing => path.EndsWith(":predict", StringComparison.Ordinal),
            _ => true,
        };
}
