using System.Text.Json;
using Handover.Core.Catalog;

namespace Handover.Control.Resources;

/// <summary>Whose tokens a service believes.</summary>
public static partial class ResourceWriter
{
    private static void Tokens(Utf8JsonWriter json, TokenPolicy? tokens)
    {
        if (tokens is null)
        {
            return;
        }

        json.WriteStartObject("tokens");
        json.WriteString("header", tokens.Header);
        json.WriteString("issuer", tokens.Issuer);
        json.WriteString("audience", tokens.Audience);
        WriteTexts(json, "algorithms", tokens.Algorithms);
        json.WriteString("skew", Units.Duration(tokens.Skew));
        json.WritePropertyName("keys");
        json.WriteRawValue(tokens.KeySet);
        json.WriteEndObject();
    }
}
