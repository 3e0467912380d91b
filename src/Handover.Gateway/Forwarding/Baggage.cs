using Handover.Core.Traffic;
using Microsoft.Extensions.Primitives;

namespace Handover.Gateway.Forwarding;

/// <summary>
/// The W3C baggage of a request, split only as far as needed to take pins out and put one in. All other members go on
/// exactly as they came: the stock propagators drop and rewrite members, and a caller's baggage is not ours to edit.
/// </summary>
/// <param name="Others">Members that are not ours, verbatim and in order.</param>
/// <param name="Pins">Values of the members called <c>handover.pin</c>.</param>
internal sealed record Baggage(IReadOnlyList<string> Others, IReadOnlyList<string> Pins)
{
    /// <summary>Name of the header.</summary>
    public const string Header = "baggage";

    private static readonly Baggage None = new([], []);

    /// <summary>Whether there is none: neither the caller's nor a pin.</summary>
    public bool Empty => Others.Count == 0 && Pins.Count == 0;

    /// <summary>Reads all baggage headers of a request.</summary>
    public static Baggage Read(StringValues headers)
    {
        if (headers.Count == 0)
        {
            return None;
        }

        var others = new List<string>();
        var pins = new List<string>();
        foreach (string member in headers.SelectMany(h => (h ?? "").Split(',')))
        {
            string trimmed = member.Trim(' ', '\t');
            int equals = trimmed.IndexOf('=', StringComparison.Ordinal);
            string key = equals < 0 ? trimmed : trimmed[..equals].TrimEnd(' ', '\t');
            if (string.Equals(key, Pin.BaggageKey, StringComparison.OrdinalIgnoreCase))
            {
                string value = equals < 0 ? "" : trimmed[(equals + 1)..];
                int properties = value.IndexOf(';', StringComparison.Ordinal);
                pins.Add((properties < 0 ? value : value[..properties]).Trim(' ', '\t'));
            }
            else if (trimmed.Length > 0)
            {
                others.Add(trimmed);
            }
        }

        return new Baggage(others, pins);
    }

    /// <summary>The header with these pins after the caller's members.</summary>
    public string With(IEnumerable<string> tokens) => string.Join(',', Others.Concat(tokens.Select(Pinned)));

    /// <summary>The member that carries a pin.</summary>
    public static string Pinned(string token) => $"{Pin.BaggageKey}={token}";
}
