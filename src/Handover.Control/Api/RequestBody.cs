using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Handover.Core.Foundation;
using Microsoft.AspNetCore.Http;

namespace Handover.Control.Api;

/// <summary>Reads request bodies within a bound, whatever the sender says about their length.</summary>
internal static class RequestBody
{
    /// <summary>Bound of ordinary bodies.</summary>
    public const int Small = 64 << 10;

    /// <summary>Bound of an apply.</summary>
    public const int Manifests = 4 << 20;

    /// <summary>Bound of a push of labels.</summary>
    public const int Labels = 32 << 20;

    /// <summary>Bound of a file of recorded requests.</summary>
    public const int Recorded = 64 << 20;

    public static async Task<Result<byte[]>> ReadAsync(HttpRequest request, int most)
    {
        if (request.ContentLength > most)
        {
            return TooLarge(most);
        }

        var buffer = new MemoryStream();
        byte[] chunk = new byte[16 << 10];
        try
        {
            int read;
            while ((read = await request.Body.ReadAsync(chunk, request.HttpContext.RequestAborted)) > 0)
            {
                if (buffer.Length + read > most)
                {
                    return TooLarge(most);
                }

                await buffer.WriteAsync(chunk.AsMemory(0, read));
            }
        }
        catch (BadHttpRequestException e)
        {
            return e.StatusCode == 413
                ? TooLarge(most)
                : new Problem("bad-body", $"the body cannot be read: {e.Message}");
        }

        return buffer.ToArray();
    }

    /// <summary>Reads JSON strictly; an empty body reads as <c>{}</c>.</summary>
    public static async Task<Result<T>> JsonAsync<T>(HttpRequest request, JsonTypeInfo<T> type, int most = Small)
    {
        string media = request.ContentType?.Split(';')[0].Trim() ?? "";
        if (media.Length > 0 && !media.EndsWith("json", StringComparison.OrdinalIgnoreCase))
        {
            return new Problem("unsupported-media-type", $"a body of type '{media}' is not understood here.")
            {
                Fix = "Send application/json.",
            };
        }

        Result<byte[]> body = await ReadAsync(request, most);
        if (!body.Ok)
        {
            return Result<T>.Failed(body.Problems);
        }

        try
        {
            byte[] bytes = body.Value.Length == 0 ? "{}"u8.ToArray() : body.Value;
            T? value = JsonSerializer.Deserialize(bytes, type);
            return value is null ? new Problem("bad-body", "the body is null where an object is needed.") : value;
        }
        catch (JsonException e)
        {
            return new Problem("bad-body", $"the body is not what this route takes: {e.Message}")
            {
                Line = (int)Math.Min(e.LineNumber + 1 ?? 0, int.MaxValue),
                Column = (int)Math.Min(e.BytePositionInLine + 1 ?? 0, int.MaxValue),
                Field = string.IsNullOrEmpty(e.Path) ? null : e.Path.TrimStart('$', '.'),
            };
        }
    }

    private static Problem TooLarge(int most) => new("too-large", $"the body is larger than {most} bytes.");
}
