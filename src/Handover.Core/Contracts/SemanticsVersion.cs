using System.Globalization;

namespace Handover.Core.Contracts;

/// <summary>
/// A meaning with its version, <c>id/MAJOR.minor</c>: a new major means something else, a new minor adds to it.
/// </summary>
/// <param name="Id">The meaning, e.g. <c>price</c>.</param>
/// <param name="Major">Equal or incompatible; 0 when not written.</param>
/// <param name="Minor">Readers need at least theirs; 0 when not written.</param>
public readonly record struct SemanticsVersion(string Id, int Major, int Minor)
{
    /// <summary>
    /// Reads <c>price/2.1</c>, <c>price/2</c> or <c>price</c>. Text after the last slash that is no version belongs
    /// to the id, so that any two texts stay comparable.
    /// </summary>
    public static SemanticsVersion Parse(string text)
    {
        int slash = text.LastIndexOf('/');
        if (slash <= 0)
        {
            return new(text, 0, 0);
        }

        string[] parts = text[(slash + 1)..].Split('.');
        return
            parts.Length <= 2
            && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int major)
            && int.TryParse(
                parts.Length == 2 ? parts[1] : "0",
                NumberStyles.None,
                CultureInfo.InvariantCulture,
                out int minor
            )
            ? new(text[..slash], major, minor)
            : new(text, 0, 0);
    }

    /// <summary>Whether a reader of this meaning can read what is written with <paramref name="written"/>.</summary>
    public bool ReadsFrom(string? written)
    {
        if (written is null)
        {
            return false;
        }

        SemanticsVersion other = Parse(written);
        return string.Equals(Id, other.Id, StringComparison.Ordinal) && Major == other.Major && other.Minor >= Minor;
    }
}
