using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Gateway.Forwarding;
using Handover.Gateway.Routing;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Handover.Gateway.Ledger;

/// <summary>The key of a request, or why it has none that can be used.</summary>
/// <param name="Key">The key; null when the request goes its way without the ledger.</param>
/// <param name="Refused">What is wrong; null when nothing is.</param>
internal readonly record struct KeyReading(string? Key, Refusal? Refused)
{
    /// <summary>Longest key in characters; what is longer is no key but an attack on the ledger.</summary>
    public const int MaxLength = 255;

    /// <summary>
    /// Whether a request may have a key. Methods that are safe (RFC 9110, 9.2.1) decide nothing.
    /// </summary>
    public static bool Applies(IdempotencyPolicy policy, HttpRequest request) =>
        policy.Mode != IdempotencyMode.Off
        && !HttpMethods.IsGet(request.Method)
        && !HttpMethods.IsHead(request.Method)
        && !HttpMethods.IsOptions(request.Method)
        && !HttpMethods.IsTrace(request.Method);

    /// <summary>
    /// Whether the body must be at hand: the key is in it, or it belongs to what a key stands for.
    /// </summary>
    public static bool NeedsBody(IdempotencyPolicy policy, HttpRequest request) =>
        Applies(policy, request) && (policy.Pointer is not null || request.Headers.ContainsKey(policy.Header));

    /// <summary>Reads it where the service says that it is.</summary>
    /// <param name="policy">The service's choice.</param>
    /// <param name="request">The request.</param>
    /// <param name="body">The whole body where <see cref="NeedsBody"/> says so; else empty.</param>
    public static KeyReading Read(IdempotencyPolicy policy, HttpRequest request, ReadOnlyMemory<byte> body)
    {
        if (!Applies(policy, request))
        {
            return default;
        }

        if (policy.Pointer is { } pointer)
        {
            return Judge(policy, JsonPointer.Read(body, pointer), $"the body at '{pointer}'");
        }

        StringValues values = request.Headers[policy.Header];
        string? key = values.Count == 0 ? null : StructuredString.Parse(string.Join(", ", values.ToArray()));
        if (values.Count > 0 && key is null)
        {
            return new KeyReading(
                null,
                DecisionRefusals.Malformed(
                    $"'{policy.Header}' must be one string in double quotes (RFC 9651), such as "
                        + $"{policy.Header}: \"8e03978e-40d5-43dd-bc93-6894a57f9324\"."
                )
            );
        }

        return Judge(policy, key, $"the header '{policy.Header}'");
    }

    private static KeyReading Judge(IdempotencyPolicy policy, string? key, string where) =>
        key switch
        {
            null when policy.Mode == IdempotencyMode.Required => new KeyReading(null, DecisionRefusals.Missing(where)),
            null => default,
            { Length: 0 or > MaxLength } => new KeyReading(
                null,
                DecisionRefusals.Malformed($"A key has 1 to {MaxLength} characters.")
            ),
            _ => new KeyReading(key, null),
        };
}
