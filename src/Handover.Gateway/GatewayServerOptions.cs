using Handover.Ports;

namespace Handover.Gateway;

/// <summary>What a gateway is started with.</summary>
public sealed record GatewayServerOptions
{
    /// <summary>Name of the gateway; the same over restarts, and of one running gateway only.</summary>
    public string Id { get; init; } = "gateway";

    /// <summary>
    /// Where callers are served, e.g. <c>http://127.0.0.1:8080</c>; port 0 takes a free one. At least one; http with an
    /// address or <c>localhost</c>.
    /// </summary>
    public required IReadOnlyList<Uri> DataUrls { get; init; }

    /// <summary>
    /// Where callers are served over HTTP/2 in clear text with prior knowledge, as gRPC clients speak inside a cluster:
    /// one such port cannot speak HTTP/1.1 too. Written as <see cref="DataUrls"/>; may be empty.
    /// </summary>
    public IReadOnlyList<Uri> Http2Urls { get; init; } = [];

    /// <summary>
    /// Directory of the gateway's own files; made when it is missing, and locked while the gateway runs.
    /// </summary>
    public required string StateDirectory { get; init; }

    /// <summary>
    /// Directory of the kill switches, one file <c>SERVICE.off</c> each; null keeps them below <see
    /// cref="StateDirectory"/>. Looked at ten times a second.
    /// </summary>
    public string? FlagDirectory { get; init; }

    /// <summary>Which addresses may be dialled for members.</summary>
    public UrlPolicy UrlPolicy { get; init; } = UrlPolicy.LoopbackOnly;

    /// <summary>
    /// Whether plain HTTP/1.1 requests go to members over connections of the gateway's own, which cost half of what the
    /// framework's do; everything else, and all when this is off, goes over the framework's. Default on.
    /// </summary>
    public bool DirectUpstream { get; init; } = true;

    /// <summary>Longest wait for requests in flight when the gateway stops; range [0, 10 min], default 30 s.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Longest wait for the store; range (0, 2 s], default 1 s.</summary>
    public TimeSpan StoreTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Ignores stickiness and pins, to prove that mixed answers are found. Never set from configuration; default off.
    /// </summary>
    public bool IgnoreStickiness { get; init; }
}
