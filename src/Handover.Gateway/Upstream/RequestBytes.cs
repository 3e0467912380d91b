using System.Buffers;
using System.Globalization;
using System.Text;
using Handover.Core.Foundation;
using Handover.Gateway.Forwarding;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Handover.Gateway.Upstream;

/// <summary>
/// A request as a member gets it, head and body in one piece: in two they would be two packets, and wake the member
/// twice. The bytes are rented.
/// </summary>
internal sealed class RequestBytes : IDisposable
{
    private static readonly SearchValues<char> NotInTarget = SearchValues.Create([
        .. Enumerable.Range(0, 33).Append(127).Select(i => (char)i),
    ]);

    private static readonly SearchValues<char> NotInValue = SearchValues.Create("\r\n\0");

    private byte[] _bytes;
    private int _length;

    private RequestBytes(int room) => _bytes = ArrayPool<byte>.Shared.Rent(room);

    /// <summary>The request.</summary>
    public ReadOnlyMemory<byte> Memory => _bytes.AsMemory(0, _length);

    /// <summary>
    /// Whether a request is one of the plain kind, whose head is written in these few lines and whose answer passes as
    /// it is.
    /// </summary>
    public static bool Plain(Passage passage, IHeaderDictionary headers) =>
        !passage.Grpc
        && passage.Adapter is null
        && headers.Upgrade.Count == 0
        && Ascii.IsValid(passage.MemberTarget)
        && !passage.MemberTarget.AsSpan().ContainsAny(NotInTarget);

    /// <summary>Writes one.</summary>
    /// <param name="passage">What was decided.</param>
    /// <param name="client">Who gets it.</param>
    /// <param name="headers">The caller's fields, as far as they go on.</param>
    /// <param name="requestId">Under which id.</param>
    /// <param name="body">The body; null when there is none, which is not the same as an empty one.</param>
    public static RequestBytes Write(
        Passage passage,
        MemberClient client,
        IHeaderDictionary headers,
        string requestId,
        ReadOnlyMemory<byte>? body
    )
    {
        var request = new RequestBytes(2048 + (body?.Length ?? 0));
        request.Add(passage.Method);
        request.Add(" ");
        request.Add(client.BasePath);
        request.Add(passage.MemberTarget);
        request.Add(" HTTP/1.1\r\n");
        request.Field("Host", client.Host);
        foreach ((string name, StringValues values) in headers)
        {
            // Those that begin with a colon are HTTP/2's own words for the first line.
            if (!HopByHop.NotCopied.Contains(name) && !name.StartsWith(':'))
            {
                request.Field(name, Joined(name, values));
            }
        }

        request.Field(HandoverHeaders.RequestId, requestId);
        request.Field(HandoverHeaders.Purpose, HandoverHeaders.Text(passage.Purpose));
        if (passage.BaggageOut is { } baggage)
        {
            request.Field(Baggage.Header, baggage);
        }

        // Where a body is usual, its absence must be said (RFC 9110, 8.6).
        if (body is not null || !Bodiless(passage.Method))
        {
            request.Field("Content-Length", (body?.Length ?? 0).ToString(CultureInfo.InvariantCulture));
        }

        request.Add("\r\n");
        if (body is { } rest)
        {
            request.Room(rest.Length);
            rest.Span.CopyTo(request._bytes.AsSpan(request._length));
            request._length += rest.Length;
        }

        return request;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        byte[] bytes = Interlocked.Exchange(ref _bytes, []);
        if (bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    private static bool Bodiless(string method) =>
        HttpMethods.IsGet(method)
        || HttpMethods.IsHead(method)
        || HttpMethods.IsOptions(method)
        || HttpMethods.IsDelete(method);

    // One cookie header, whatever its parts came in (RFC 9113, 8.2.3).
    private static string Joined(string name, StringValues values) =>
        values.Count == 1 ? values[0] ?? ""
        : string.Equals(name, "Cookie", StringComparison.OrdinalIgnoreCase) ? string.Join("; ", values.ToArray())
        : string.Join(", ", values.ToArray());

    private void Field(string name, string value)
    {
        // Kestrel lets none of these through; here they would be a field of their own, or a request.
        Invariant.Holds(!value.AsSpan().ContainsAny(NotInValue), "a field's value is one line");
        Add(name);
        Add(": ");
        Add(value);
        Add("\r\n");
    }

    private void Add(string text)
    {
        Room(3 * text.Length);
        _length += Encoding.UTF8.GetBytes(text, _bytes.AsSpan(_length));
    }

    private void Room(int more)
    {
        if (_bytes.Length - _length < more)
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(2 * _bytes.Length, _length + more));
            _bytes.AsSpan(0, _length).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = larger;
        }
    }
}
