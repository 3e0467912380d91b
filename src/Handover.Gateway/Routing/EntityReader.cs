using Handover.Core.Catalog;
using Handover.Core.Payloads;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Handover.Gateway.Routing;

/// <summary>Finds the entity and the attributes of a request where the service says they are.</summary>
internal static class EntityReader
{
    /// <summary>
    /// Longest entity or attribute in characters; what is longer is no key but an attack on the journal.
    /// </summary>
    public const int MaxLength = 512;

    private static readonly Dictionary<string, string> None = [];

    /// <summary>Whether the body must be at hand before the request can be routed.</summary>
    public static bool NeedsBody(Service service) =>
        service.Sequences is not null
        || service.Entity.From == ValueSource.Json
        || service.Attributes.Any(a => a.From == ValueSource.Json);

    /// <summary>Reads them; a value that is given twice or is too long is refused, never guessed.</summary>
    /// <param name="service">The declaration.</param>
    /// <param name="request">The request.</param>
    /// <param name="query">Raw query with its question mark.</param>
    /// <param name="body">The whole body where <see cref="NeedsBody"/> says so; else empty.</param>
    /// <param name="claims">The claims of a verified token as JSON; empty when there are none.</param>
    public static EntityReading Read(
        Service service,
        HttpRequest request,
        string query,
        ReadOnlyMemory<byte> body,
        ReadOnlyMemory<byte> claims = default
    )
    {
        bool grpc = service.Protocol == WireProtocol.OpenInferenceGrpc;
        Value entity = One(service.Entity.From, service.Entity.Name, request, query, body, claims, grpc);
        if (entity.Bad)
        {
            return new EntityReading(null, None, $"entity key '{service.Entity.Name}'");
        }

        if (service.Attributes.Count == 0)
        {
            return new EntityReading(entity.Text, None, null);
        }

        var attributes = new Dictionary<string, string>(service.Attributes.Count);
        foreach (AttributeSource source in service.Attributes)
        {
            Value value = One(source.From, source.Key, request, query, body, claims, grpc);
            if (value.Bad)
            {
                return new EntityReading(null, None, $"attribute '{source.Name}'");
            }

            if (value.Text is not null)
            {
                attributes[source.Name] = value.Text;
            }
        }

        return new EntityReading(entity.Text, attributes, null);
    }

    private static Value One(
        ValueSource from,
        string name,
        HttpRequest request,
        string query,
        ReadOnlyMemory<byte> body,
        ReadOnlyMemory<byte> claims,
        bool grpc
    ) =>
        from switch
        {
            ValueSource.Header => Single(request.Headers[name]),
            ValueSource.Cookie => Single(request.Cookies[name]),
            ValueSource.Query => Single(QueryValues(query, name)),
            ValueSource.Claim => Single(claims.IsEmpty ? null : JsonPointer.Read(claims, ClaimPointer(name))),
            _ => Single(grpc ? OpenInferenceGrpcReader.Value(body.Span, name) : JsonPointer.Read(body, name)),
        };

    // A name that does not begin with a slash is one claim, however it is spelt (https://example.com/tenant).
    private static string ClaimPointer(string name) =>
        name.StartsWith('/')
            ? name
            : $"/{name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal)}";

    private static Value Single(StringValues values) =>
        values.Count switch
        {
            0 => default,
            1 when values[0] is { Length: > 0 } text => text.Length > MaxLength
                ? new Value(null, true)
                : new Value(text, false),
            1 => default,
            _ => new Value(null, true),
        };

    private static StringValues QueryValues(string query, string name)
    {
        StringValues found = default;
        foreach (string pair in query.TrimStart('?').Split('&'))
        {
            int equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0 && Decode(pair[..equals]) == name)
            {
                found = StringValues.Concat(found, Decode(pair[(equals + 1)..]));
            }
        }

        return found;
    }

    private static string Decode(string text) => Uri.UnescapeDataString(text.Replace('+', ' '));

    private readonly record struct Value(string? Text, bool Bad);
}

/// <summary>What a request says of itself.</summary>
/// <param name="Entity">The entity; null when absent.</param>
/// <param name="Attributes">Attributes that are present.</param>
/// <param name="Refused">What is wrong with the request; null when nothing is.</param>
internal sealed record EntityReading(string? Entity, IReadOnlyDictionary<string, string> Attributes, string? Refused);
