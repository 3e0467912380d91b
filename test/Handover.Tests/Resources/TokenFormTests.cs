using Handover.Control.Resources;
using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Xunit;

namespace Handover.Tests.Resources;

/// <summary>What a service may say about whose tokens it believes, and what is refused with its line.</summary>
public sealed class TokenFormTests
{
    private static readonly string Modulus = new('A', 342);
    private static readonly string Point = new('A', 43);
    private static readonly string Keys =
        $$"""{ "keys": [ { "kty": "RSA", "kid": "a", "use": "sig", "n": "{{Modulus}}", "e": "AQAB" } ] }""";

    [Fact]
    public void Whose_tokens_are_believed_is_read_and_written()
    {
        string yaml = Yaml("algorithms: [PS256], skew: 5s, header: x-jwt");
        var read = (Resource.OfService)ResourceReader.Read(yaml, "s.yaml").Value.Resources.Single();
        TokenPolicy tokens = read.Value.Tokens!;
        Assert.Equal(("https://id.example", "prices", "x-jwt"), (tokens.Issuer, tokens.Audience, tokens.Header));
        Assert.Equal(["PS256"], tokens.Algorithms);
        Assert.Equal(TimeSpan.FromSeconds(5), tokens.Skew);
        Assert.Contains(Modulus, tokens.KeySet, StringComparison.Ordinal);
        Assert.Equal(ValueSource.Claim, read.Value.Attributes.Single().From);
        string json = ResourceWriter.ToJson(read);
        Resource again = ResourceReader.Read(json, "json").Value.Resources.Single();
        Assert.Equal(json, ResourceWriter.ToJson(again));
    }

    [Fact]
    public void A_claim_needs_somebody_who_is_believed()
    {
        string yaml = Yaml("").Split("\n  tokens:")[0];
        Problem problem = Assert.Single(ResourceReader.Read(yaml, "s.yaml").Problems);
        Assert.Equal(("no-tokens", 8), (problem.Code, problem.Line));
    }

    [Theory]
    [InlineData("algorithms: [HS256]", "bad-algorithm")]
    [InlineData("algorithms: [none]", "bad-algorithm")]
    [InlineData("skew: 1h", null)]
    [InlineData("header: 'two words'", "bad-name")]
    public void What_would_weaken_the_check_is_refused(string more, string? code)
    {
        Problem problem = Assert.Single(ResourceReader.Read(Yaml(more), "s.yaml").Problems);
        Assert.Equal(9, problem.Line);
        Assert.True(code is null || problem.Code == code, problem.ToString());
    }

    [Theory]
    [InlineData("""{ "keys": [] }""", "1 to 16 keys")]
    [InlineData("""[ 1 ]""", "no JSON Web Key Set")]
    [InlineData("""{ "keys": [ 1 ] }""", "not an object")]
    [InlineData("""{ "keys": [ { "kty": "oct", "k": "AAAA" } ] }""", "holds a secret")]
    [InlineData("""{ "keys": [ { "kty": "RSA", "n": "MODULUS", "e": "AQAB", "d": "AAAA" } ] }""", "holds a secret")]
    [InlineData("""{ "keys": [ { "kty": "RSA", "n": "AQAB", "e": "AQAB" } ] }""", "2048 to 8192 bits")]
    [InlineData("""{ "keys": [ { "kty": "RSA", "n": "MODULUS" } ] }""", "2048 to 8192 bits")]
    [InlineData(
        """{ "keys": [ { "kty": "RSA", "use": "enc", "n": "MODULUS", "e": "AQAB" } ] }""",
        "not for signatures"
    )]
    [InlineData("""{ "keys": [ { "kty": "EC", "crv": "P-384", "x": "POINT", "y": "POINT" } ] }""", "of its size")]
    [InlineData("""{ "keys": [ { "kty": "OKP", "crv": "Ed25519", "x": "POINT" } ] }""", "no known kind")]
    public void A_key_set_that_cannot_be_believed_is_refused(string keys, string expected)
    {
        string yaml = Yaml("").Replace(Keys, keys.Replace("MODULUS", Modulus).Replace("POINT", Point));
        Problem problem = Assert.Single(ResourceReader.Read(yaml, "s.yaml").Problems);
        Assert.Contains(expected, problem.Message, StringComparison.Ordinal);
        Assert.Equal(("bad-keys", 10), (problem.Code, problem.Line));
    }

    private static string Yaml(string more) =>
        $$"""
            apiVersion: handover.dev/v1
            kind: Service
            metadata: { name: price }
            spec:
              route: { path: /price }
              stable: v1
              entity: { from: header, name: x-customer-id }
              attributes: [ { name: country, from: claim, key: country } ]
              tokens: { issuer: "https://id.example", audience: prices, {{(more.Length == 0 ? "skew: 30s" : more)}},
                keys: {{Keys}} }
            """;
}
