using System.Buffers.Text;
using System.Text.Json;
using Handover.Core.Catalog;

namespace Handover.Control.Resources;

/// <summary>
/// The <c>tokens</c> of a Service. What a key set may hold is decided here, where the line can be told: public keys for
/// signatures only, of a size that neither is broken nor burns the gateway's time.
/// </summary>
internal static class TokenForm
{
    // Moduli of 2048 to 8192 bits.
    private const int LeastModulus = 256;
    private const int MostModulus = 1024;

    private static readonly string[] Private = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];
    private static readonly Dictionary<string, int> Curves = new()
    {
        ["P-256"] = 32,
        ["P-384"] = 48,
        ["P-521"] = 66,
    };

    public static TokenPolicy? Read(FieldCursor? map)
    {
        if (map is null)
        {
            return null;
        }

        var fallback = new TokenPolicy("", "", "");
        string header = map.Text("header", fallback.Header);
        if (!DnsLabel.IsToken(header))
        {
            map.Bad("bad-name", map.Find("header")!, "header", $"'{header}' can't be the name of a header.");
        }

        var algorithms = new List<string>();
        foreach ((string algorithm, YamlNode node) in map.Texts("algorithms"))
        {
            algorithms.Add(algorithm);
            if (!TokenPolicy.Known.Contains(algorithm))
            {
                string fix = $"One of {string.Join(", ", TokenPolicy.Known)}: signed with a private key.";
                map.Bad("bad-algorithm", node, "algorithms", $"'{algorithm}' is not allowed.", fix);
            }
        }

        return new TokenPolicy(NotEmpty(map, "issuer"), NotEmpty(map, "audience"), KeySet(map))
        {
            Header = header,
            Algorithms = algorithms.Count > 0 ? algorithms : fallback.Algorithms,
            Skew = map.Duration("skew", fallback.Skew, TimeSpan.Zero, TimeSpan.FromMinutes(5)),
        };
    }

    /// <summary>A claim without tokens to believe would always be absent: refused where it is read.</summary>
    public static void NeedTokens(FieldCursor map, ValueSource from, bool tokens)
    {
        if (from == ValueSource.Claim && !tokens && map.Find("from") is { } node)
        {
            string fix = "Add spec.tokens with issuer, audience and keys.";
            map.Bad("no-tokens", node, "from", "the service does not say whose tokens it believes.", fix);
        }
    }

    private static string NotEmpty(FieldCursor map, string field)
    {
        string text = map.Text(field);
        if (text.Length is 0 or > 1024 && map.Find(field) is { } node)
        {
            map.Bad("bad-text", node, field, "needs 1 to 1024 characters.");
        }

        return text;
    }

    private static string KeySet(FieldCursor map)
    {
        if (map.Rule("keys") is not { } node)
        {
            return "";
        }

        string text = JsonText.Of(node);
        using JsonDocument json = JsonDocument.Parse(text);
        string? fault =
            json.RootElement.ValueKind != JsonValueKind.Object
            || !json.RootElement.TryGetProperty("keys", out JsonElement keys)
            || keys.ValueKind != JsonValueKind.Array
                ? "it is no JSON Web Key Set: {\"keys\": [...]}."
            : keys.GetArrayLength() is 0 or > TokenPolicy.MostKeys ? $"it needs 1 to {TokenPolicy.MostKeys} keys."
            : keys.EnumerateArray().Select(Fault).FirstOrDefault(f => f is not null);
        if (fault is not null)
        {
            string fix = "Paste what the issuer publishes at its jwks_uri, keys for signatures only.";
            map.Bad("bad-keys", node, "keys", fault, fix);
        }

        return text;
    }

    private static string? Fault(JsonElement key, int index)
    {
        if (key.ValueKind != JsonValueKind.Object)
        {
            return $"key {index} is not an object.";
        }

        if (key.EnumerateObject().Any(p => Private.Contains(p.Name)))
        {
            return $"key {index} holds a secret; only public keys belong here.";
        }

        if (Text(key, "use") is not (null or "sig"))
        {
            return $"key {index} is not for signatures (use).";
        }

        return Text(key, "kty") switch
        {
            "RSA" => Size(key, "n") is >= LeastModulus and <= MostModulus && Size(key, "e") is > 0 and <= 8
                ? null
                : $"key {index} needs n of 2048 to 8192 bits, and e.",
            "EC" => Curves.TryGetValue(Text(key, "crv") ?? "", out int size)
            && Size(key, "x") == size
            && Size(key, "y") == size
                ? null
                : $"key {index} needs crv of P-256, P-384 or P-521 with x and y of its size.",
            _ => $"key {index} is of no known kind (kty: RSA or EC).",
        };
    }

    private static string? Text(JsonElement key, string name) =>
        key.TryGetProperty(name, out JsonElement value)
            ? value.ValueKind == JsonValueKind.String
                ? value.GetString()
                : ""
            : null;

    // Bytes of a base64url number; -1 when it is none.
    private static int Size(JsonElement key, string name)
    {
        string text = Text(key, name) ?? "";
        return text.Length is > 0 and <= 4096 && Base64Url.IsValid(text, out int size) ? size : -1;
    }
}
