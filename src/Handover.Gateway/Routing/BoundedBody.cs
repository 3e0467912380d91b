using Handover.Gateway.Forwarding;
using Microsoft.AspNetCore.Http;

namespace Handover.Gateway.Routing;

/// <summary>
/// A body whose length nobody announced, over HTTP/2: Kestrel compares only an announced length with the bound there,
/// and a gRPC call never announces one. Past the bound it fails as Kestrel does over HTTP/1.1.
/// </summary>
/// <param name="inner">The caller's body.</param>
/// <param name="limit">Most bytes that are taken.</param>
internal sealed class BoundedBody(Stream inner, long limit) : ReadOnlyStream
{
    private long _taken;

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int read = await inner.ReadAsync(buffer, cancellationToken);
        _taken += read;
        return _taken <= limit
            ? read
            : throw new BadHttpRequestException("The request body is too large.", StatusCodes.Status413PayloadTooLarge);
    }
}
