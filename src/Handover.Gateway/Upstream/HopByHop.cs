using System.Collections.Frozen;

namespace Handover.Gateway.Upstream;

/// <summary>
/// Fields that are between two neighbours (RFC 9110, 7.6.1, and those of the registry that speak of proxies); YARP
/// keeps back the same ones.
/// </summary>
internal static class HopByHop
{
    /// <summary>Their names.</summary>
    public static FrozenSet<string> Names { get; } =
        FrozenSet.Create(
            StringComparer.OrdinalIgnoreCase,
            [
                "Connection",
                "Transfer-Encoding",
                "Keep-Alive",
                "Upgrade",
                "Proxy-Connection",
                "Proxy-Authenticate",
                "Proxy-Authentication-Info",
                "Proxy-Authorization",
                "Proxy-Features",
                "Proxy-Instruction",
                "Security-Scheme",
                "ALPN",
                "Close",
                "HTTP2-Settings",
                "Upgrade-Insecure-Requests",
                "TE",
                "Alt-Svc",
            ]
        );

    /// <summary>Of a request that is written anew: also those that are written from something else.</summary>
    public static FrozenSet<string> NotCopied { get; } =
        FrozenSet.Create(StringComparer.OrdinalIgnoreCase, [.. Names, "Host", "Content-Length"]);
}
