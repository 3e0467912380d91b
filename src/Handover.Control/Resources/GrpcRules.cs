using Handover.Core.Catalog;
using Handover.Core.Foundation;

namespace Handover.Control.Resources;

/// <summary>
/// What cannot be done with a service that is spoken to over gRPC, whose messages are no JSON: refused when it is
/// declared, because accepted it would be without effect.
/// </summary>
internal static class GrpcRules
{
    private const string Protocol = "open-inference-grpc";

    /// <summary>Everything that a service asks for and cannot have.</summary>
    public static IEnumerable<Problem> Check(Service service)
    {
        if (service.Protocol != WireProtocol.OpenInferenceGrpc)
        {
            yield break;
        }

        if (service.Journal.Redact.Count > 0)
        {
            yield return Refused(
                "spec.journal.redact",
                "redaction",
                "Leave it out, and set spec.journal.payloads to false to keep no bodies."
            );
        }

        if (service.Idempotency.Mode != IdempotencyMode.Off)
        {
            yield return Refused("spec.idempotency.mode", "the ledger", "Leave spec.idempotency out.");
        }
    }

    /// <summary>Everything that a release of a service asks for and cannot have.</summary>
    public static IEnumerable<Problem> Check(Service service, Release release)
    {
        if (service.Protocol != WireProtocol.OpenInferenceGrpc)
        {
            yield break;
        }

        if (release.Adapter is not null)
        {
            yield return Refused("spec.adapter", "an adapter", "Leave it out.");
        }

        if (release.Members.GetValueOrDefault(service.Entry) is Member.Onnx)
        {
            yield return Refused(
                $"spec.members.{service.Entry}",
                "the onnx runtime",
                "Let a model server with gRPC serve the file, and declare it as http or process."
            );
        }

        if (Documented(release.Input))
        {
            yield return Refused("spec.input", "a schema", "Declare tensors.");
        }

        if (Documented(release.Output))
        {
            yield return Refused("spec.output", "a schema", "Declare tensors.");
        }
    }

    /// <summary>Everything that a consumer of a service asks for and cannot have.</summary>
    public static IEnumerable<Problem> Check(Service service, Consumer consumer)
    {
        if (service.Protocol == WireProtocol.OpenInferenceGrpc && Documented(consumer.Accepts))
        {
            yield return Refused("spec.accepts", "a schema or Pact file", "Declare tensors.");
        }
    }

    private static bool Documented(Signature? signature) => signature?.Document is not null;

    private static Problem Refused(string field, string what, string fix) =>
        new("not-supported", $"{what} is not supported yet with protocol {Protocol}.") { Field = field, Fix = fix };
}
