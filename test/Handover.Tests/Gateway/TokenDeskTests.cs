using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Handover.Core.Catalog;
using Handover.Gateway.Observing;
using Handover.Gateway.Routing;
using Handover.Testkit.Stores;
using Microsoft.AspNetCore.Http;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Xunit;

namespace Handover.Tests.Gateway;

/// <summary>
/// Claims come from a token that was verified and from no other: every way of forging, misusing or breaking one gives
/// no attribute and is counted.
/// </summary>
public sealed class TokenDeskTests
{
    private const string Issuer = "https://id.example";
    private const string Audience = "prices";

    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly RSA Rsa = RSA.Create(2048);
    private static readonly RSA Strange = RSA.Create(2048);
    private static readonly ECDsa Curve = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    private readonly TestClock _time = new();
    private readonly TokenDesk _desk;
    private readonly ServiceCounters _counters = new();

    public TokenDeskTests() => _desk = new TokenDesk(Policy(), _time);

    [Theory]
    [InlineData("RS256")]
    [InlineData("ES256")]
    public async Task A_verified_token_gives_its_claims(string algorithm)
    {
        EntityReading reading = await ReadAsync(Token(algorithm: algorithm));
        Assert.Equal("c-17", reading.Entity);
        Assert.Equal("de", reading.Attributes["country"]);
        Assert.Equal("staff", reading.Attributes["role"]);
        Assert.Equal("gold", reading.Attributes["plan"]);
        Assert.Equal("true", reading.Attributes["verified"]);
        Assert.False(reading.Attributes.ContainsKey("groups"), "a list is no text");
        Assert.Equal(0, _counters.TokensRefused);
    }

    [Fact]
    public async Task Without_a_token_there_are_no_claims_and_nothing_is_counted()
    {
        EntityReading reading = await ReadAsync();
        Assert.Null(reading.Entity);
        Assert.Empty(reading.Attributes);
        Assert.Equal(0, _counters.TokensRefused);
    }

    [Fact]
    public async Task A_remembered_token_ends_with_its_life()
    {
        string token = Token();
        Assert.Equal("c-17", (await ReadAsync(token)).Entity);
        _time.Advance(TimeSpan.FromMinutes(10) + TimeSpan.FromSeconds(29));
        Assert.Equal("c-17", (await ReadAsync(token)).Entity);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Null((await ReadAsync(token)).Entity);
        Assert.Equal(1, _counters.TokensRefused);
    }

    [Fact]
    public async Task An_altered_token_is_refused_after_the_true_one_was_remembered()
    {
        string token = Token();
        Assert.Equal("c-17", (await ReadAsync(token)).Entity);
        await RefusedAsync(token[..^4] + (token[^4] == 'A' ? 'B' : 'A') + token[^3..]);
        string[] parts = token.Split('.');
        string payload = Encoding.UTF8.GetString(Base64UrlEncoder.DecodeBytes(parts[1])).Replace("c-17", "c-18");
        await RefusedAsync($"{parts[0]}.{Base64UrlEncoder.Encode(payload)}.{parts[2]}");
    }

    [Fact]
    public async Task Whoever_signs_with_another_key_is_not_believed()
    {
        await RefusedAsync(Token(key: new RsaSecurityKey(Strange) { KeyId = "rsa" }));
        await RefusedAsync(Token(key: new RsaSecurityKey(Strange) { KeyId = "other" }));
    }

    [Fact]
    public async Task A_token_without_a_signature_is_not_believed()
    {
        string payload = Token().Split('.')[1];
        foreach (string none in (string[])["none", "None", "NONE", "nOnE"])
        {
            string header = Base64UrlEncoder.Encode($"{{\"alg\":\"{none}\",\"typ\":\"JWT\"}}");
            await RefusedAsync($"{header}.{payload}.");
            await RefusedAsync($"{header}.{payload}.c2ln");
        }
    }

    [Fact]
    public async Task The_public_key_is_no_secret_to_sign_with()
    {
        string header = Base64UrlEncoder.Encode("{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"rsa\"}");
        string signed = $"{header}.{Token().Split('.')[1]}";
        byte[][] secrets =
        [
            Encoding.UTF8.GetBytes(Rsa.ExportSubjectPublicKeyInfoPem()),
            Rsa.ExportSubjectPublicKeyInfo(),
            Rsa.ExportParameters(false).Modulus!,
        ];
        foreach (byte[] secret in secrets)
        {
            byte[] mac = HMACSHA256.HashData(secret, Encoding.ASCII.GetBytes(signed));
            await RefusedAsync($"{signed}.{Base64UrlEncoder.Encode(mac)}");
        }
    }

    [Fact]
    public async Task A_key_that_the_token_brings_along_is_not_used()
    {
        JsonWebKey own = Public(new RsaSecurityKey(Strange), "mine");
        string jwk = $"{{\"kty\":\"RSA\",\"n\":\"{own.N}\",\"e\":\"{own.E}\"}}";
        string header = Base64UrlEncoder.Encode($"{{\"alg\":\"RS256\",\"typ\":\"JWT\",\"jwk\":{jwk}}}");
        string signed = $"{header}.{Token().Split('.')[1]}";
        byte[] bytes = Encoding.ASCII.GetBytes(signed);
        byte[] signature = Strange.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        await RefusedAsync($"{signed}.{Base64UrlEncoder.Encode(signature)}");
    }

    [Fact]
    public async Task What_is_critical_and_not_understood_is_not_believed()
    {
        string header = Base64UrlEncoder.Encode("{\"alg\":\"RS256\",\"kid\":\"rsa\",\"crit\":[\"x\"],\"x\":1}");
        string signed = $"{header}.{Token().Split('.')[1]}";
        byte[] bytes = Encoding.ASCII.GetBytes(signed);
        byte[] signature = Rsa.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        await RefusedAsync($"{signed}.{Base64UrlEncoder.Encode(signature)}");
    }

    [Fact]
    public async Task An_algorithm_that_is_not_allowed_is_refused_though_the_key_is_right() =>
        await RefusedAsync(Token(algorithm: "RS512"));

    [Fact]
    public async Task The_issuer_and_the_audience_must_be_the_declared_ones()
    {
        await RefusedAsync(Token(issuer: "https://id.example.evil"));
        await RefusedAsync(Token(audience: "Prices"));
    }

    [Fact]
    public async Task A_token_lives_from_its_beginning_to_its_end_within_the_skew()
    {
        TimeSpan skew = TimeSpan.FromSeconds(30);
        await RefusedAsync(Token(from: Now - TimeSpan.FromHours(1), until: Now - skew));
        await RefusedAsync(Token(from: Now + skew + TimeSpan.FromSeconds(1)));
        EntityReading late = await ReadAsync(
            Token(from: Now - TimeSpan.FromHours(1), until: Now - skew + TimeSpan.FromSeconds(1))
        );
        Assert.Equal("c-17", late.Entity);
        Assert.Equal("c-17", (await ReadAsync(Token(from: Now + skew))).Entity);
    }

    [Fact]
    public async Task A_token_that_never_ends_is_refused()
    {
        string header = Base64UrlEncoder.Encode("{\"alg\":\"RS256\",\"kid\":\"rsa\"}");
        string claims = $"{{\"iss\":\"{Issuer}\",\"aud\":\"{Audience}\",\"sub\":\"c-17\"}}";
        string signed = $"{header}.{Base64UrlEncoder.Encode(claims)}";
        byte[] bytes = Encoding.ASCII.GetBytes(signed);
        byte[] signature = Rsa.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        await RefusedAsync($"{signed}.{Base64UrlEncoder.Encode(signature)}");
    }

    [Theory]
    [InlineData("garbage")]
    [InlineData("a.b.c")]
    [InlineData("..")]
    [InlineData("e30.e30.e30")]
    [InlineData("a.b.c.d.e")]
    [InlineData("ümlaut.☃.x")]
    public async Task Garbage_is_refused(string token) => await RefusedAsync(token);

    [Fact]
    public async Task A_huge_token_and_two_tokens_are_refused()
    {
        await RefusedAsync(Token(extra: new string('x', TokenPolicy.MostCharacters)));
        await RefusedAsync(Token(), Token());
    }

    private async Task RefusedAsync(params string[] tokens)
    {
        long before = _counters.TokensRefused;
        EntityReading reading = await ReadAsync(tokens);
        Assert.Null(reading.Entity);
        Assert.Empty(reading.Attributes);
        Assert.Null(reading.Refused);
        Assert.Equal(before + 1, _counters.TokensRefused);
    }

    private async Task<EntityReading> ReadAsync(params string[] tokens)
    {
        HttpRequest request = new DefaultHttpContext().Request;
        if (tokens.Length > 0)
        {
            request.Headers.Authorization = tokens.Select(t => $"Bearer {t}").ToArray();
        }

        ReadOnlyMemory<byte> claims = await _desk.ReadAsync(request, _counters);
        return EntityReader.Read(Service(), request, "", default, claims);
    }

    private static string Token(
        string issuer = Issuer,
        string audience = Audience,
        string algorithm = "RS256",
        DateTimeOffset? from = null,
        DateTimeOffset? until = null,
        SecurityKey? key = null,
        string extra = ""
    )
    {
        key ??= algorithm.StartsWith('R')
            ? new RsaSecurityKey(Rsa) { KeyId = "rsa" }
            : new ECDsaSecurityKey(Curve) { KeyId = "curve" };
        DateTimeOffset begins = from ?? Now;
        return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(
            new SecurityTokenDescriptor
            {
                Issuer = issuer,
                Audience = audience,
                NotBefore = begins.UtcDateTime,
                Expires = (until ?? begins + TimeSpan.FromMinutes(10)).UtcDateTime,
                SigningCredentials = new SigningCredentials(key, algorithm),
                Claims = new Dictionary<string, object>
                {
                    ["sub"] = "c-17",
                    ["country"] = "de",
                    ["realm"] = JsonSerializer.SerializeToElement(new { role = "staff" }),
                    ["https://id.example/plan"] = "gold",
                    ["email_verified"] = true,
                    ["groups"] = new[] { "a", "b" },
                    ["extra"] = extra,
                },
            }
        );
    }

    private static Service Service() =>
        new()
        {
            Name = "price",
            Route = new ServiceRoute("/price"),
            Stable = "v1",
            Entity = new EntityKey(ValueSource.Claim, "sub"),
            Attributes =
            [
                new AttributeSource("country", ValueSource.Claim, "country"),
                new AttributeSource("role", ValueSource.Claim, "/realm/role"),
                new AttributeSource("plan", ValueSource.Claim, "https://id.example/plan"),
                new AttributeSource("verified", ValueSource.Claim, "email_verified"),
                new AttributeSource("groups", ValueSource.Claim, "groups"),
            ],
        };

    private static TokenPolicy Policy()
    {
        JsonWebKey rsa = Public(new RsaSecurityKey(Rsa), "rsa");
        JsonWebKey curve = JsonWebKeyConverter.ConvertFromECDsaSecurityKey(new ECDsaSecurityKey(Curve));
        string keys = JsonSerializer.Serialize(
            new
            {
                keys = new object[]
                {
                    new
                    {
                        kty = "RSA",
                        kid = "rsa",
                        n = rsa.N,
                        e = rsa.E,
                    },
                    new
                    {
                        kty = "EC",
                        kid = "curve",
                        crv = curve.Crv,
                        x = curve.X,
                        y = curve.Y,
                    },
                },
            }
        );
        return new TokenPolicy(Issuer, Audience, keys);
    }

    private static JsonWebKey Public(RsaSecurityKey key, string id)
    {
        JsonWebKey web = JsonWebKeyConverter.ConvertFromRSASecurityKey(key);
        web.KeyId = id;
        return web;
    }
}
