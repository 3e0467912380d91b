using System.Text;
using Handover.Gateway.Forwarding;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Handover.Gateway.Upstream;

/// <summary>What of a member's answer, besides its body, goes on to the caller.</summary>
internal static class AnswerFields
{
    // Names that nearly every answer has, so that they are not made anew each time.
    private static readonly Dictionary<string, string>.AlternateLookup<ReadOnlySpan<char>> Known = new string[]
    {
        "Content-Type",
        "content-type",
        "Content-Length",
        "content-length",
        "Date",
        "date",
        "Server",
        "server",
        "Connection",
        "connection",
        "Transfer-Encoding",
        "transfer-encoding",
        "Content-Encoding",
        "content-encoding",
        "Cache-Control",
        "cache-control",
        "Vary",
        "vary",
    }
        .ToDictionary(n => n, StringComparer.Ordinal)
        .GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Status and fields.</summary>
    public static void Copy(UpstreamConnection from, HttpResponse to)
    {
        AnswerHead head = from.Head;
        ReadOnlySpan<byte> bytes = from.HeadBytes;
        to.StatusCode = head.Status;
        foreach ((Range name, Range value) in head.Fields)
        {
            // The length of a body in chunks says nothing that may be believed.
            if (!head.Chunked || !AnswerHead.Is(bytes[name], "content-length"u8))
            {
                Put(to.Headers, Name(bytes[name]), Encoding.Latin1.GetString(bytes[value]));
            }
        }
    }

    /// <summary>What came after a body in chunks, where the caller's connection can carry it.</summary>
    public static void CopyTrailers(UpstreamConnection from, HttpContext context)
    {
        if (
            from.Trailers.Count == 0
            || context.Features.Get<IHttpResponseTrailersFeature>()?.Trailers is not { IsReadOnly: false } trailers
        )
        {
            return;
        }

        foreach ((string name, string value) in from.Trailers)
        {
            Put(trailers, name, value);
        }
    }

    /// <summary>The value of a field; null when the answer has none, the first when it has more.</summary>
    public static string? Value(UpstreamConnection from, ReadOnlySpan<byte> wanted)
    {
        ReadOnlySpan<byte> bytes = from.HeadBytes;
        foreach ((Range name, Range value) in from.Head.Fields)
        {
            if (AnswerHead.Is(bytes[name], wanted))
            {
                return Encoding.Latin1.GetString(bytes[value]);
            }
        }

        return null;
    }

    private static void Put(IHeaderDictionary headers, string name, string value)
    {
        bool ours =
            HandoverHeaders.IsOurs(name) || string.Equals(name, Baggage.Header, StringComparison.OrdinalIgnoreCase);
        if (ours || HopByHop.Names.Contains(name))
        {
            return;
        }

        headers[name] = headers.TryGetValue(name, out StringValues before) ? StringValues.Concat(before, value) : value;
    }

    private static string Name(ReadOnlySpan<byte> name)
    {
        Span<char> text = stackalloc char[32];
        return
            name.Length <= text.Length
            && Encoding.Latin1.GetChars(name, text) is var length
            && Known.TryGetValue(text[..length], out string? known)
            ? known
            : Encoding.Latin1.GetString(name);
    }
}
