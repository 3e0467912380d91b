namespace Handover.App.Node;

/// <summary>What the user wrote after <c>handover run</c>.</summary>
public sealed record RunOptions
{
    /// <summary>The configuration directory, absolute: all <c>*.yaml</c> in it are applied at start.</summary>
    public required string Directory { get; init; }

    /// <summary>Where state is kept, absolute; default <c>DIR/.handover</c>.</summary>
    public required string StateDirectory { get; init; }

    /// <summary>Where the gateway listens; default <c>http://127.0.0.1:8080</c>.</summary>
    public string DataUrl { get; init; } = "http://127.0.0.1:8080";

    /// <summary>
    /// Where the gateway listens for HTTP/2 in clear text, which gRPC clients speak; null when it does not.
    /// </summary>
    public string? Http2Url { get; init; }

    /// <summary>Where the API and the dashboard listen; default <c>http://127.0.0.1:7070</c>.</summary>
    public string AdminUrl { get; init; } = "http://127.0.0.1:7070";

    /// <summary>PEM certificate chain of the admin address; null without TLS, which only loopback may be.</summary>
    public string? AdminCert { get; init; }

    /// <summary>PEM private key; null when it is in the certificate's file.</summary>
    public string? AdminKey { get; init; }

    /// <summary>Further host names under which the admin API may be addressed.</summary>
    public IReadOnlyList<string> AdminHosts { get; init; } = [];

    /// <summary>Hosts and networks that remote members, flags and webhooks may point to, besides loopback.</summary>
    public IReadOnlyList<string> AllowUrls { get; init; } = [];

    /// <summary>Whether plain requests go to members over the gateway's own connections; default so.</summary>
    public bool DirectUpstream { get; init; } = true;

    /// <summary>
    /// Makes the gateway ignore stickiness and pins, to prove that a judge finds the mixed answers. Only the demo sets
    /// it.
    /// </summary>
    public bool IgnoreStickiness { get; init; }

    /// <summary>
    /// Whether <see cref="Ports.Failpoint.Variable"/> may kill this node on purpose. Only tests of crashes set it.
    /// </summary>
    public bool Failpoints { get; init; }
}
