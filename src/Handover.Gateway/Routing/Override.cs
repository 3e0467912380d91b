using System.Security.Cryptography;
using System.Text;
using Handover.Gateway.Forwarding;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Handover.Gateway.Routing;

/// <summary>
/// Lets a caller name the release, closed by default: the service must allow it and the caller must bear a token with
/// the right. Without either the wish is ignored as if it had not been sent, so that nobody learns which releases
/// exist.
/// </summary>
internal static class Override
{
    /// <summary>The release that the caller may and does name; null when there is none.</summary>
    public static string? Read(IHeaderDictionary headers, ServiceSnapshot snapshot)
    {
        StringValues wanted = headers[HandoverHeaders.Release];
        if (!snapshot.Service.AllowOverride || wanted.Count != 1 || string.IsNullOrEmpty(wanted[0]))
        {
            return null;
        }

        return MayName(headers.Authorization, snapshot.OverrideTokenHashes) ? wanted[0] : null;
    }

    private static bool MayName(StringValues authorization, IReadOnlyList<string> hashes)
    {
        const string bearer = "Bearer ";
        if (authorization.Count != 1 || authorization[0] is not { } value)
        {
            return false;
        }

        if (!value.StartsWith(bearer, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        string token = value[bearer.Length..].Trim();
        byte[] hash = Encoding.ASCII.GetBytes(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token))));
        bool found = false;
        foreach (string known in hashes)
        {
            found |= CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(known), hash);
        }

        return found;
    }
}
