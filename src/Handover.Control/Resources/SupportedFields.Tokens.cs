using F = Handover.Control.Resources.FieldType;

namespace Handover.Control.Resources;

/// <summary>The rows about whose tokens a service believes.</summary>
public static partial class SupportedFields
{
    private static SupportedField[] Tokens =>
        [
            Field(S, "spec.tokens", F.Map, "Whose tokens (JWT) are believed, for attributes from claims."),
            Field(S, "spec.tokens.header", F.Text, "The header that carries the token; default authorization."),
            Needed(S, "spec.tokens.issuer", F.Text, "The one iss that is believed."),
            Needed(S, "spec.tokens.audience", F.Text, "What aud must contain."),
            Field(S, "spec.tokens.algorithms", F.Texts, "Algorithms that are believed; default RS256 and ES256."),
            Field(S, "spec.tokens.skew", F.Duration, "How far clocks may be apart, up to 5m; default 30s."),
            Needed(S, "spec.tokens.keys", F.Rule, "The issuer's public keys: its JSON Web Key Set."),
        ];
}
