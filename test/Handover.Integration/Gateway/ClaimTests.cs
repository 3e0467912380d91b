using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Core.Traffic;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Xunit;
using static Handover.Integration.Gateway.ForwardingTests;

namespace Handover.Integration.Gateway;

/// <summary>A segment over a claim, at a gateway on real sockets: who can sign is in it, who cannot is not.</summary>
public sealed class ClaimTests
{
    private static readonly ECDsa Key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private static readonly ECDsa Strange = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    [Fact]
    public async Task A_segment_over_a_claim_covers_whose_token_is_true_and_nobody_else()
    {
        await using GatewayHarness h = await GatewayHarness.StartAsync(set => set.Service = Declared(set.Service));
        await h.MoveAsync(
            new Routing("price", "v1")
            {
                Candidate = "v2",
                Salt = "s",
                Segments =
                [
                    new SegmentShare(new("staff", Rule.Read("""{"==":[{"var":"role"},"staff"]}""")), Share.All),
                ],
            }
        );
        Assert.Equal("v2", await ReleaseAsync(h, Token(Key, "staff")));
        Assert.Equal("v1", await ReleaseAsync(h, Token(Key, "customer")));
        Assert.Equal("v1", await ReleaseAsync(h, null));
        Assert.Equal(0, h.Server.Status("price")!.TokensRefused);

        Assert.Equal("v1", await ReleaseAsync(h, Token(Strange, "staff")));
        string[] parts = Token(Key, "customer").Split('.');
        string claims = Encoding.UTF8.GetString(Base64UrlEncoder.DecodeBytes(parts[1])).Replace("customer", "staff");
        Assert.Equal("v1", await ReleaseAsync(h, $"{parts[0]}.{Base64UrlEncoder.Encode(claims)}.{parts[2]}"));
        Assert.Equal(2, h.Server.Status("price")!.TokensRefused);
        Assert.Equal("v2", await ReleaseAsync(h, Token(Key, "staff")));
    }

    private static Service Declared(Service service)
    {
        JsonWebKey key = JsonWebKeyConverter.ConvertFromECDsaSecurityKey(new ECDsaSecurityKey(Key));
        string keys = $$"""{"keys":[{"kty":"EC","crv":"P-256","x":"{{key.X}}","y":"{{key.Y}}"}]}""";
        return service with
        {
            Attributes = [new AttributeSource("role", ValueSource.Claim, "role")],
            Tokens = new TokenPolicy("https://id.example", "prices", keys),
        };
    }

    private static string Token(ECDsa key, string role) =>
        new JsonWebTokenHandler().CreateToken(
            new SecurityTokenDescriptor
            {
                Issuer = "https://id.example",
                Audience = "prices",
                SigningCredentials = new SigningCredentials(new ECDsaSecurityKey(key), "ES256"),
                Claims = new Dictionary<string, object> { ["role"] = role },
            }
        );

    private static async Task<string> ReleaseAsync(GatewayHarness h, string? token)
    {
        using HttpResponseMessage answer = await h.InferAsync(
            "c-1",
            set: request =>
                request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token)
        );
        await answer.Content.ReadAsByteArrayAsync();
        Assert.True(answer.IsSuccessStatusCode, $"{answer.StatusCode}");
        return Header(answer, "Handover-Release")!;
    }
}
