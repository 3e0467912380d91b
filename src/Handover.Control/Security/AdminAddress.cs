using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Handover.Core.Foundation;

namespace Handover.Control.Security;

/// <summary>
/// Where the admin API listens, and the rules that follow from it: off loopback it needs TLS, and every read needs a
/// token.
/// </summary>
public sealed class AdminAddress
{
    private readonly HashSet<string> _hosts = new(StringComparer.OrdinalIgnoreCase);

    private AdminAddress(Uri url, X509Certificate2? certificate, IEnumerable<string> hosts)
    {
        Url = url;
        Certificate = certificate;
        Loopback = IsLoopback(Bare(url.Host));
        _hosts.UnionWith(hosts);
        if (!IsWildcard(Bare(url.Host)))
        {
            _hosts.Add(Bare(url.Host));
        }
    }

    /// <summary>The address.</summary>
    public Uri Url { get; }

    /// <summary>The server's certificate; null without TLS.</summary>
    public X509Certificate2? Certificate { get; }

    /// <summary>Whether only this machine can reach it.</summary>
    public bool Loopback { get; }

    /// <summary>
    /// Checks the address and loads the certificate. Everything wrong is reported at once. A host name other than
    /// <c>localhost</c> is taken as not loopback: what it resolves to can change later.
    /// </summary>
    /// <param name="url">E.g. <c>http://127.0.0.1:7070</c>; port 0 asks the system.</param>
    /// <param name="certFile">PEM certificate chain; null without TLS.</param>
    /// <param name="keyFile">PEM private key; null when it is in <paramref name="certFile"/>.</param>
    /// <param name="hosts">Further names under which callers may address it.</param>
    public static Result<AdminAddress> Parse(string url, string? certFile, string? keyFile, IReadOnlyList<string> hosts)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out Uri? uri) || uri.Scheme is not ("http" or "https"))
        {
            return new Problem("bad-address", $"'{url}' is not an address to listen on.")
            {
                Fix = "Write it as http://127.0.0.1:7070.",
            };
        }

        if (uri.Scheme == "http" && !IsLoopback(Bare(uri.Host)))
        {
            return new Problem("tls-required", $"the admin address {url} is not on loopback and has no TLS.")
            {
                Fix = "Listen on 127.0.0.1, or use https:// with --admin-cert and --admin-key.",
            };
        }

        if (uri.Scheme == "https" && certFile is null)
        {
            return new Problem("tls-required", $"the admin address {url} needs a certificate.")
            {
                Fix = "Give --admin-cert FILE and --admin-key FILE (PEM).",
            };
        }

        try
        {
            X509Certificate2? certificate = certFile is null
                ? null
                : X509Certificate2.CreateFromPemFile(certFile, keyFile);
            return new AdminAddress(uri, certificate, hosts);
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            return new Problem("bad-certificate", $"the certificate cannot be loaded: {e.Message}")
            {
                File = certFile,
                Fix = "Both files must be PEM and belong together.",
            };
        }
    }

    /// <summary>
    /// Whether a request may address us by this Host header: a name that an attacker controls and points at loopback
    /// (DNS rebinding) is not one of ours.
    /// </summary>
    public bool Accepts(string host)
    {
        string bare = Bare(host);
        return bare.Length > 0 && (_hosts.Contains(bare) || (Loopback && IsLoopback(bare)));
    }

    private static string Bare(string host) => host.Trim('[', ']');

    private static bool IsLoopback(string host) =>
        string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host, out IPAddress? ip) && IPAddress.IsLoopback(ip) && IsPlain(host));

    // IPAddress.TryParse takes forms such as "127.1" or "2130706433" too; a browser would not send them.
    private static bool IsPlain(string host) => host.Contains(':') || host.Count(c => c == '.') == 3;

    private static bool IsWildcard(string host) => host is "0.0.0.0" or "::" or "*" or "+";
}
