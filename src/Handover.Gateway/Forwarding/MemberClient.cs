using Handover.Ports;

namespace Handover.Gateway.Forwarding;

/// <summary>The kept connections to one endpoint.</summary>
/// <param name="Endpoint">The endpoint.</param>
/// <param name="Invoker">Sends requests over them.</param>
internal sealed record MemberClient(MemberEndpoint Endpoint, HttpMessageInvoker Invoker)
{
    /// <summary>
    /// Scheme and authority without a trailing slash, then the endpoint's own base path if it has one.
    /// </summary>
    public string Prefix { get; } = Endpoint.Address.GetLeftPart(UriPartial.Path).TrimEnd('/');
}
