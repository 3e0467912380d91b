using Handover.Core.Catalog;

namespace Handover.Control.Resources;

/// <summary>
/// The <c>idempotency</c> of a Service: where the key is, and what is promised about decisions under it.
/// </summary>
internal static class IdempotencyForm
{
    public static IdempotencyPolicy Read(FieldCursor? map)
    {
        var fallback = new IdempotencyPolicy();
        if (map is null)
        {
            return fallback;
        }

        string header = map.Text("header", fallback.Header);
        string? pointer = map.TextOrNull("pointer");
        if (map.Find("header") is YamlNode.Scalar { Kind: ScalarKind.Text } named && !DnsLabel.IsToken(header))
        {
            map.Bad("bad-name", named, "header", $"'{header}' can't be the name of a header.");
        }

        if (map.Find("pointer") is YamlNode.Scalar { Kind: ScalarKind.Text } pointed)
        {
            if (!DnsLabel.IsPointer(pointer!))
            {
                string fix = "Write it like /order/id (RFC 6901).";
                map.Bad("bad-pointer", pointed, "pointer", $"'{pointer}' is not a JSON pointer.", fix);
            }
            else if (map.Has("header"))
            {
                string fix = "Keep 'header' or 'pointer'.";
                map.Bad("two-keys", pointed, "pointer", "the key is in a header or in the body, not in both.", fix);
            }
        }

        return new IdempotencyPolicy
        {
            Header = header,
            Pointer = pointer,
            Mode = map.Choice("mode", NameMaps.Idempotency, fallback.Mode),
            Retain = map.Duration("retain", fallback.Retain, TimeSpan.FromMinutes(1), Units.MaxDuration),
            ReplaySafe = map.Flag("replaySafe", fallback.ReplaySafe),
            WhenStoreDown = map.Choice("whenStoreDown", NameMaps.Outage, fallback.WhenStoreDown),
        };
    }
}
