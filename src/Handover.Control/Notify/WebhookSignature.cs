using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Handover.Control.Notify;

/// <summary>
/// Signs what is sent to consumers, and checks what they answer, in the manner of Standard Webhooks: HMAC-SHA-256 over
/// <c>id.timestamp.body</c>, sent as <c>v1,BASE64</c>. Several signatures stand side by side while a secret is
/// replaced.
/// </summary>
public static class WebhookSignature
{
    /// <summary>Header with the message's id; the same for every try.</summary>
    public const string IdHeader = "webhook-id";

    /// <summary>Header with the time of the try, in Unix seconds.</summary>
    public const string TimestampHeader = "webhook-timestamp";

    /// <summary>Header with the signatures.</summary>
    public const string SignatureHeader = "webhook-signature";

    /// <summary>How far a signed time may be from now, to bound replays.</summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    private const string Prefix = "v1,";

    /// <summary>The header's value.</summary>
    public static string Sign(IReadOnlyList<byte[]> secrets, string id, string timestamp, ReadOnlySpan<byte> body)
    {
        byte[] signed = Signed(id, timestamp, body);
        return string.Join(' ', secrets.Select(s => Prefix + Convert.ToBase64String(HMACSHA256.HashData(s, signed))));
    }

    /// <summary>Whether one of the secrets made one of the signatures, and the time is about now.</summary>
    public static bool Verify(
        IReadOnlyList<byte[]> secrets,
        string id,
        string timestamp,
        string signatures,
        ReadOnlySpan<byte> body,
        DateTimeOffset now
    )
    {
        if (
            !long.TryParse(timestamp, NumberStyles.None, CultureInfo.InvariantCulture, out long seconds)
            || Math.Abs(now.ToUnixTimeSeconds() - seconds) > Tolerance.TotalSeconds
            || signatures.Length > 1024
        )
        {
            return false;
        }

        byte[] signed = Signed(id, timestamp, body);
        byte[] given = new byte[HMACSHA256.HashSizeInBytes];
        foreach (string signature in signatures.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (
                signature.StartsWith(Prefix, StringComparison.Ordinal)
                && Convert.TryFromBase64String(signature[Prefix.Length..], given, out int written)
                && written == given.Length
                && secrets.Any(s => CryptographicOperations.FixedTimeEquals(HMACSHA256.HashData(s, signed), given))
            )
            {
                return true;
            }
        }

        return false;
    }

    private static byte[] Signed(string id, string timestamp, ReadOnlySpan<byte> body) =>
        [.. Encoding.UTF8.GetBytes($"{id}.{timestamp}."), .. body];
}
