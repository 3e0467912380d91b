using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Handover.Core.Traffic;

/// <summary>
/// The release that a request was given at the edge, carried to every hop as the signed baggage member
/// <c>handover.pin</c>, so that one request never meets members of two releases.
/// </summary>
/// <param name="Service">The service.</param>
/// <param name="Release">The release.</param>
/// <param name="Epoch">The epoch under which it was given.</param>
/// <param name="Purpose">Why the request is made.</param>
/// <param name="Expires">After this the pin is refused.</param>
public sealed record Pin(string Service, string Release, long Epoch, Purpose Purpose, DateTimeOffset Expires)
{
    /// <summary>The baggage member's name.</summary>
    public const string BaggageKey = "handover.pin";

    /// <summary>
    /// The token: base64url of <c>service\nrelease\nepoch\npurpose\nexpiry-in-unix-ms</c>, a dot, base64url of its
    /// HMAC-SHA-256. Every character is allowed in a baggage value.
    /// </summary>
    public string Sign(ReadOnlySpan<byte> key)
    {
        byte[] claims = Encoding.UTF8.GetBytes(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{Service}\n{Release}\n{Epoch}\n{Purpose}\n{Expires.ToUnixTimeMilliseconds()}"
            )
        );
        return $"{Text(claims)}.{Text(HMACSHA256.HashData(key, claims))}";
    }

    /// <summary>Reads a token; null when it is malformed, expired or signed with none of the keys.</summary>
    /// <param name="token">The baggage value.</param>
    /// <param name="keys">Valid keys; two while one is being replaced.</param>
    /// <param name="now">The current time.</param>
    public static Pin? Verify(string token, IReadOnlyList<byte[]> keys, DateTimeOffset now)
    {
        int dot = token.IndexOf('.', StringComparison.Ordinal);
        if (
            dot <= 0
            || token.Length > 2048
            || Bytes(token[..dot]) is not { } claims
            || Bytes(token[(dot + 1)..]) is not { } mac
        )
        {
            return null;
        }

        if (!keys.Any(key => CryptographicOperations.FixedTimeEquals(HMACSHA256.HashData(key, claims), mac)))
        {
            return null;
        }

        string[] parts = Encoding.UTF8.GetString(claims).Split('\n');
        if (
            parts.Length != 5
            || !long.TryParse(parts[2], CultureInfo.InvariantCulture, out long epoch)
            || !Enum.TryParse(parts[3], out Purpose purpose)
            || !long.TryParse(parts[4], CultureInfo.InvariantCulture, out long expires)
        )
        {
            return null;
        }

        var pin = new Pin(parts[0], parts[1], epoch, purpose, DateTimeOffset.FromUnixTimeMilliseconds(expires));
        return pin.Expires > now ? pin : null;
    }

    private static string Text(byte[] bytes) =>
        Convert.ToBase64String(bytes).TrimEnd('=').Replace('+', '-').Replace('/', '_');

    private static byte[]? Bytes(string text)
    {
        string padded = text.Replace('-', '+').Replace('_', '/');
        padded = padded.PadRight((padded.Length + 3) / 4 * 4, '=');
        byte[] buffer = new byte[padded.Length];
        return Convert.TryFromBase64String(padded, buffer, out int written) ? buffer[..written] : null;
    }
}

/// <summary>
/// Why a request reaches a member; sent as <c>Handover-Purpose</c> in lower case so that it can suppress effects.
/// </summary>
public enum Purpose
{
    /// <summary>A caller's request, answered for real.</summary>
    Live,

    /// <summary>A copy; its answer is compared and thrown away.</summary>
    Shadow,

    /// <summary>A recorded request that warms a release.</summary>
    Warm,

    /// <summary>A recorded request that is asked again after a rollback.</summary>
    Reconcile,

    /// <summary>
    /// A copy to the release that served, which answers it a second time: what differs then is noise. Members see
    /// <see cref="Shadow"/>.
    /// </summary>
    Redraw,
}
