// Why: what users write may make this program dial addresses (remote members, flags, webhooks). Whoever can write a URL
// must not thereby reach a cloud's metadata service or the company's inner network, not even by a name that resolves
// to one address when it is checked and to another when it is dialled.
using System.Globalization;
using System.Net;
using System.Net.Http;
using System.Net.Sockets;
using Handover.Core.Foundation;

namespace Handover.Ports;

/// <summary>
/// Which addresses may be dialled on behalf of what users declare. Loopback always; link-local, unspecified, multicast
/// and broadcast addresses never, whatever is listed; everything else only when its host name or network is listed. A
/// URL is checked when it is declared (<see cref="Check"/>) and each address again when it is dialled (<see
/// cref="ConnectAsync"/>).
/// </summary>
public sealed class UrlPolicy
{
    private static readonly IPNetwork Nat64 = IPNetwork.Parse("64:ff9b::/96");
    private readonly HashSet<string> _hosts;
    private readonly List<IPNetwork> _networks;

    private UrlPolicy(HashSet<string> hosts, List<IPNetwork> networks) => (_hosts, _networks) = (hosts, networks);

    /// <summary>Loopback only.</summary>
    public static UrlPolicy LoopbackOnly { get; } = new([], []);

    /// <summary>
    /// Reads the values of <c>--allow-url</c>: a host name, an IP address or a network such as 10.0.0.0/8.
    /// </summary>
    public static Result<UrlPolicy> Parse(IEnumerable<string> allowed)
    {
        var hosts = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var networks = new List<IPNetwork>();
        var problems = new List<Problem>();
        foreach (string entry in allowed)
        {
            string text = entry.Trim();
            string bare = text.StartsWith('[') && text.EndsWith(']') ? text[1..^1] : text;
            if (IPAddress.TryParse(bare, out IPAddress? address))
            {
                address = Canonical(address);
                networks.Add(new IPNetwork(address, address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128));
            }
            else if (IPNetwork.TryParse(bare, out IPNetwork network))
            {
                networks.Add(network);
            }
            else if (Uri.CheckHostName(text) == UriHostNameType.Dns && text.Length <= 253)
            {
                hosts.Add(text.TrimEnd('.'));
            }
            else
            {
                problems.Add(
                    new("allow-url-invalid", $"'{entry}' is neither a host name nor an address nor a network.")
                    {
                        Fix = "Write a name without scheme, port or path (models.example.com) or a CIDR (10.1.0.0/16).",
                    }
                );
            }
        }

        return problems.Count > 0 ? Result<UrlPolicy>.Failed(problems) : new UrlPolicy(hosts, networks);
    }

    /// <summary>
    /// What speaks against a declared URL; null when nothing does. A name that is not listed is let through only when a
    /// network is listed, since it may resolve into it; <see cref="ConnectAsync"/> decides then.
    /// </summary>
    public Problem? Check(Uri url)
    {
        if (!url.IsAbsoluteUri || (url.Scheme != Uri.UriSchemeHttp && url.Scheme != Uri.UriSchemeHttps))
        {
            return new("url-not-allowed", $"'{url}' is not an absolute http or https URL.");
        }

        if (url.UserInfo.Length > 0)
        {
            return new("url-not-allowed", $"The URL of host '{url.Host}' contains a user name or password.")
            {
                Fix = "Put secrets into a file and name it with secretFile.",
            };
        }

        if (IPAddress.TryParse(url.IdnHost, out IPAddress? address))
        {
            return Allows(url.IdnHost, address) ? null : Refusal(url.IdnHost, address);
        }

        string host = url.IdnHost.TrimEnd('.');
        bool mayPass = IsLocalhost(host) || _hosts.Contains(host) || _networks.Count > 0;
        return mayPass ? null : Refusal(host, null);
    }

    /// <summary>
    /// Whether <paramref name="address"/>, which <paramref name="host"/> resolved to, may be dialled.
    /// </summary>
    public bool Allows(string host, IPAddress address)
    {
        IPAddress canonical = Canonical(address);
        if (IsNever(canonical))
        {
            return false;
        }

        return IPAddress.IsLoopback(canonical)
            || _hosts.Contains(host.TrimEnd('.'))
            || _networks.Exists(n => n.BaseAddress.AddressFamily == canonical.AddressFamily && n.Contains(canonical));
    }

    /// <summary>
    /// Resolves, verifies every address and dials one that is allowed. Throws <see cref="HttpRequestException"/> when
    /// none is, and <see cref="SocketException"/> when none of them answers. Fits <see
    /// cref="SocketsHttpHandler.ConnectCallback"/>.
    /// </summary>
    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancel) =>
        await ElsewhereStream.OfAsync(await DialAsync(context.DnsEndPoint, cancel));

    /// <summary>The same, for who works with the socket itself.</summary>
    public async ValueTask<Socket> DialAsync(DnsEndPoint target, CancellationToken cancel)
    {
        IPAddress[] resolved = IPAddress.TryParse(target.Host, out IPAddress? literal)
            ? [literal]
            : await Dns.GetHostAddressesAsync(target.Host, cancel);
        IPAddress[] allowed = [.. resolved.Where(a => Allows(target.Host, a))];
        if (allowed.Length == 0)
        {
            throw new HttpRequestException(
                HttpRequestError.ConnectionError,
                Refusal(target.Host, resolved.FirstOrDefault()).ToString()
            );
        }

        SocketException? last = null;
        foreach (IPAddress address in allowed)
        {
            try
            {
                return await Dial.ToAsync(new IPEndPoint(address, target.Port), cancel);
            }
            catch (SocketException e)
            {
                last = e;
            }
        }

        throw last!;
    }

    /// <summary>
    /// A handler that obeys this policy: no proxy (it would be dialled in the target's place), no redirects (they would
    /// name another target), no cookies.
    /// </summary>
    public SocketsHttpHandler CreateHandler() =>
        new()
        {
            UseProxy = false,
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = TimeSpan.FromSeconds(2),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            ConnectCallback = ConnectAsync,
        };

    private static bool IsLocalhost(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase);

    /// <summary>IPv4 wherever an IPv6 address only wraps one, so that a wrapped address meets the same rules.</summary>
    private static IPAddress Canonical(IPAddress address)
    {
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return address;
        }

        if (address.IsIPv4MappedToIPv6)
        {
            return address.MapToIPv4();
        }

        byte[] bytes = address.GetAddressBytes();
        bool compatible = bytes.AsSpan(0, 12).IndexOfAnyExcept((byte)0) < 0 && (bytes[12] | bytes[13]) != 0;
        return compatible || Nat64.Contains(address) ? new IPAddress(bytes.AsSpan(12)) : new IPAddress(bytes);
    }

    private static bool IsNever(IPAddress address)
    {
        byte[] bytes = address.GetAddressBytes();
        return address.AddressFamily == AddressFamily.InterNetwork
            ? bytes[0] == 0 || bytes[0] >= 224 || (bytes[0] == 169 && bytes[1] == 254)
            : address.IsIPv6LinkLocal || address.IsIPv6Multicast || address.Equals(IPAddress.IPv6Any);
    }

    private static Problem Refusal(string host, IPAddress? address)
    {
        bool never = address is not null && IsNever(Canonical(address));
        string where = address is null || address.ToString() == host ? host : $"{host} ({address})";
        string why = never ? "link-local, unspecified and multicast addresses are never dialled" : "it is not allowed";
        return new(
            "url-not-allowed",
            string.Create(CultureInfo.InvariantCulture, $"{where} may not be dialled: {why}.")
        )
        {
            Fix = never ? null : $"Start the node with --allow-url {host} if this is meant.",
        };
    }
}
