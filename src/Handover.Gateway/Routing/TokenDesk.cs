using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Handover.Core.Catalog;
using Handover.Gateway.Observing;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Handover.Gateway.Routing;

/// <summary>
/// Reads claims from a request's token, and only from one that was verified: signature by a declared key, declared
/// algorithm, issuer, audience, and a time of life. Everything else gives no claims and is counted; it never fails the
/// request, since whether a caller may call is for the organisation's own door to say. A token that was verified is
/// remembered by its hash until it runs out, since a signature costs more than the rest of the routing.
/// </summary>
internal sealed class TokenDesk
{
    private const int MostRemembered = 10_000;
    private const int MostPayload = TokenPolicy.MostCharacters;
    private const string Scheme = "Bearer ";

    private readonly TokenPolicy _policy;
    private readonly TimeProvider _time;
    private readonly JsonWebTokenHandler _handler = new() { MapInboundClaims = false };
    private readonly TokenValidationParameters _parameters;
    private readonly ConcurrentDictionary<string, Verified> _known = new(StringComparer.Ordinal);

    /// <summary>Compiles a policy that was validated when it was applied.</summary>
    public TokenDesk(TokenPolicy policy, TimeProvider time)
    {
        (_policy, _time) = (policy, time);
        _parameters = new TokenValidationParameters
        {
            ValidIssuer = policy.Issuer,
            ValidAudience = policy.Audience,
            ValidAlgorithms = policy.Algorithms,
            IssuerSigningKeys = new JsonWebKeySet(policy.KeySet).GetSigningKeys(),
            RequireSignedTokens = true,
            RequireExpirationTime = true,
            ValidateIssuer = true,
            ValidateAudience = true,
            ValidateIssuerSigningKey = true,
            ValidateLifetime = true,
            // The clock is ours, so that tests and hosts agree on what time it is.
            LifetimeValidator = (from, until, _, _) => Lives(from, until),
            LogValidationExceptions = false,
        };
    }

    /// <summary>
    /// The claims of the request's token as JSON; empty when it has none that may be believed, which is counted when it
    /// has another.
    /// </summary>
    public async ValueTask<ReadOnlyMemory<byte>> ReadAsync(HttpRequest request, ServiceCounters counters)
    {
        StringValues values = request.Headers[_policy.Header];
        if (values.Count == 0)
        {
            return default;
        }

        string token = values.Count == 1 ? values[0] ?? "" : "";
        token = token.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? token[Scheme.Length..].Trim() : token;
        if (token.Length is > 0 and <= TokenPolicy.MostCharacters)
        {
            string hash = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(token)));
            if (_known.TryGetValue(hash, out Verified? known))
            {
                if (Lives(known.From, known.Until))
                {
                    return known.Claims;
                }

                _known.TryRemove(hash, out _);
            }
            else if (await VerifyAsync(token) is { } verified)
            {
                if (_known.Count >= MostRemembered)
                {
                    _known.Clear();
                }

                _known[hash] = verified;
                return verified.Claims;
            }
        }

        Interlocked.Increment(ref counters.TokensRefused);
        return default;
    }

    private async ValueTask<Verified?> VerifyAsync(string token)
    {
        TokenValidationResult result = await _handler.ValidateTokenAsync(token, _parameters);
        if (!result.IsValid || result.SecurityToken is not JsonWebToken read)
        {
            return null;
        }

        // RFC 7515, 4.1.11: who does not understand what is critical must not believe the token.
        if (read.TryGetHeaderValue("crit", out object? _) || read.EncodedPayload.Length > MostPayload)
        {
            return null;
        }

        byte[] claims = Base64UrlEncoder.DecodeBytes(read.EncodedPayload);
        DateTime? from = read.ValidFrom == DateTime.MinValue ? null : read.ValidFrom;
        return new Verified(claims, from, read.ValidTo);
    }

    private bool Lives(DateTime? from, DateTime? until)
    {
        DateTime now = _time.GetUtcNow().UtcDateTime;
        return until is { } end
            && end > DateTime.MinValue
            && now - _policy.Skew < end
            && (from is null || from <= now + _policy.Skew);
    }

    private sealed record Verified(ReadOnlyMemory<byte> Claims, DateTime? From, DateTime? Until);
}
