using Handover.Core.Catalog;
using Handover.Core.Foundation;

namespace Handover.Core.Payloads;

/// <summary>
/// The numbers of a request by the field that carries them, whatever the protocol: a tensor's name, or a JSON member's.
/// </summary>
public static class RequestNumbers
{
    /// <summary>
    /// The numbers by field, in the order of the document. Texts are left out. Null when the body cannot be read, or
    /// its protocol has no fields (chat).
    /// </summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<double>>? Of(
        WireProtocol protocol,
        ReadOnlySpan<byte> body
    ) =>
        protocol switch
        {
            WireProtocol.OpenInference => Tensors(OpenInferenceReader.ReadRequest(body)),
            WireProtocol.OpenInferenceGrpc => Tensors(OpenInferenceGrpcReader.ReadRequest(body)),
            WireProtocol.TensorFlowServing => Tensors(TensorFlowServingReader.ReadRequest(body)),
            WireProtocol.Json => Leaves(PlainJsonReader.ReadResponse(body)),
            _ => null,
        };

    private static Dictionary<string, IReadOnlyList<double>>? Tensors(Result<TypedRequest> request)
    {
        if (!request.Ok)
        {
            return null;
        }

        var found = new Dictionary<string, IReadOnlyList<double>>(StringComparer.Ordinal);
        foreach (TypedTensor tensor in request.Value.Tensors)
        {
            found[tensor.Name] = tensor.Numbers;
        }

        return found;
    }

    private static Dictionary<string, IReadOnlyList<double>>? Leaves(Result<TypedAnswer> document)
    {
        if (!document.Ok)
        {
            return null;
        }

        var found = new Dictionary<string, IReadOnlyList<double>>(StringComparer.Ordinal);
        foreach (JsonLeaf leaf in document.Value.Leaves.Where(l => l.Kind == JsonLeafKind.Number))
        {
            if (!found.TryGetValue(Field(leaf.Path), out IReadOnlyList<double>? numbers))
            {
                found[Field(leaf.Path)] = numbers = new List<double>();
            }

            ((List<double>)numbers).Add(leaf.Number);
        }

        return found;
    }

    // The name that a value goes by: positions in a list are none.
    private static string Field(string path)
    {
        string[] parts = path.Split('/');
        string? name = parts.LastOrDefault(p => p.Length > 0 && !p.All(char.IsAsciiDigit));
        return (name ?? "").Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
    }
}
