namespace Handover.Core.Catalog;

/// <summary>
/// Whose tokens (JWT, RFC 7519) a service believes. Claims are read only from a token that was verified against this;
/// any other token says nothing. Only signatures by private keys count, so that no secret stands in a resource and a
/// public key can never serve as one.
/// </summary>
/// <param name="Issuer">The one <c>iss</c> that is believed.</param>
/// <param name="Audience">What <c>aud</c> must contain.</param>
/// <param name="KeySet">The issuer's public keys: a JSON Web Key Set (RFC 7517) in JSON.</param>
public sealed record TokenPolicy(string Issuer, string Audience, string KeySet)
{
    /// <summary>Longest token in characters; a longer one is not looked at.</summary>
    public const int MostCharacters = 8192;

    /// <summary>Most keys in a set.</summary>
    public const int MostKeys = 16;

    /// <summary>Every algorithm that may be allowed (RFC 7518, section 3.1).</summary>
    public static IReadOnlyList<string> Known { get; } =
    ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"];

    /// <summary>The header that carries the token, with or without <c>Bearer</c> before it.</summary>
    public string Header { get; init; } = "authorization";

    /// <summary>Algorithms that are believed; default <c>RS256</c> and <c>ES256</c>.</summary>
    public IReadOnlyList<string> Algorithms { get; init; } = ["RS256", "ES256"];

    /// <summary>How far the issuer's clock may be from ours; range [0, 5 min], default 30 s.</summary>
    public TimeSpan Skew { get; init; } = TimeSpan.FromSeconds(30);
}
