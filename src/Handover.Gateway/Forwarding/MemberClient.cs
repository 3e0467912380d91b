using Handover.Gateway.Upstream;
using Handover.Ports;

namespace Handover.Gateway.Forwarding;

/// <summary>
/// The kept connections to one endpoint, in two kinds: the plain ones of <see cref="Direct"/>, and those of the
/// framework's client, which speaks everything.
/// </summary>
/// <param name="Endpoint">The endpoint.</param>
/// <param name="Invoker">Sends requests over them.</param>
/// <param name="Direct">Plain HTTP/1.1 connections; null when the endpoint wants more than that.</param>
internal sealed record MemberClient(MemberEndpoint Endpoint, HttpMessageInvoker Invoker, UpstreamPool? Direct)
    : IDisposable
{
    /// <summary>
    /// Scheme and authority without a trailing slash, then the endpoint's own base path if it has one.
    /// </summary>
    public string Prefix { get; } = Endpoint.Address.GetLeftPart(UriPartial.Path).TrimEnd('/');

    /// <summary>The base path alone.</summary>
    public string BasePath { get; } = Endpoint.Address.AbsolutePath.TrimEnd('/');

    /// <summary>Host and port, as they stand in the field of that name.</summary>
    public string Host { get; } =
        Endpoint.Address.HostNameType == UriHostNameType.IPv6 || Endpoint.Address.IsDefaultPort
            ? Endpoint.Address.Authority
            : $"{Endpoint.Address.IdnHost}:{Endpoint.Address.Port}";

    /// <summary>Closes both kinds.</summary>
    public void Dispose()
    {
        Invoker.Dispose();
        Direct?.Dispose();
    }
}
