using System.Buffers;

namespace Handover.Gateway.Routing;

/// <summary>
/// The request target exactly as the caller wrote it. Routing and forwarding work on this text and not on a decoded
/// copy, so that the member reads the very path that the gateway judged: a decoded path that is encoded again is how
/// one request becomes another.
/// </summary>
/// <param name="Path">Percent-encoded path; starts with a slash, holds no dot segment and no backslash.</param>
/// <param name="Query">Raw query with its question mark; empty when there is none.</param>
internal sealed record RequestTarget(string Path, string Query)
{
    private static readonly SearchValues<char> Allowed = SearchValues.Create(
        "!$%&'()*+,-./0123456789:;=?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]_abcdefghijklmnopqrstuvwxyz~|{}\"<>^`"
    );

    /// <summary>The segments of the path, each decoded on its own.</summary>
    public string[] Segments => field ??= Split(Path);

    /// <summary>Reads a raw target; null when it is one that two servers could read as two different paths.</summary>
    public static RequestTarget? Parse(string raw)
    {
        string target = raw;
        if (!target.StartsWith('/'))
        {
            int scheme = target.IndexOf("://", StringComparison.Ordinal);
            if (scheme <= 0)
            {
                return null;
            }

            int slash = target.IndexOfAny(['/', '?'], scheme + 3);
            target =
                slash < 0 ? "/"
                : target[slash] == '?' ? $"/{target[slash..]}"
                : target[slash..];
        }

        if (target.AsSpan().ContainsAnyExcept(Allowed))
        {
            return null;
        }

        int question = target.IndexOf('?', StringComparison.Ordinal);
        string path = question < 0 ? target : target[..question];
        return IsPlain(path) ? new RequestTarget(path, question < 0 ? "" : target[question..]) : null;
    }

    /// <summary>Segments of a path, each decoded on its own: one that hides a slash stays one segment.</summary>
    public static string[] Split(string path)
    {
        if (path.Length <= 1)
        {
            return [];
        }

        string[] segments = path[1..].Split('/');
        if (path.Contains('%'))
        {
            for (int i = 0; i < segments.Length; i++)
            {
                segments[i] = Uri.UnescapeDataString(segments[i]);
            }
        }

        return segments;
    }

    private static bool IsPlain(string path)
    {
        if (!path.Contains('%') && !path.Contains("/.", StringComparison.Ordinal))
        {
            return true;
        }

        for (int i = path.IndexOf('%', StringComparison.Ordinal); i >= 0; i = path.IndexOf('%', i + 1))
        {
            if (i + 2 >= path.Length || !char.IsAsciiHexDigit(path[i + 1]) || !char.IsAsciiHexDigit(path[i + 2]))
            {
                return false;
            }
        }

        return Split(path).All(s => s is not ("." or "..") && s.IndexOfAny(['\\', '\0', '\r', '\n']) < 0);
    }
}
