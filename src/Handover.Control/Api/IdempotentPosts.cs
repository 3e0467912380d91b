using System.Security.Cryptography;
using Handover.Control.Security;
using Handover.Core.Foundation;
using Microsoft.AspNetCore.Http;

namespace Handover.Control.Api;

/// <summary>
/// Idempotency-Key on POST: a client that lost the answer may send the request again and gets the first answer, instead
/// of a second rollout. Answers are kept for a day, at most <paramref name="most"/> of them; 5xx answers are not kept,
/// so that a repetition tries again. Kept in memory: after a restart a repetition meets the engine's own conflict
/// checks.
/// </summary>
public sealed class IdempotentPosts(TimeProvider clock, int most = 1000)
{
    private const int LargestKept = 256 << 10;
    private static readonly TimeSpan Age = TimeSpan.FromHours(24);
    private readonly Dictionary<string, Kept> _kept = [];
    private readonly Lock _gate = new();

    /// <summary>Runs the request once per key.</summary>
    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        string? header = context.Request.Headers["Idempotency-Key"];
        if (header is null || !HttpMethods.IsPost(context.Request.Method))
        {
            await next(context);
            return;
        }

        if (Read(header) is not { } key)
        {
            await ApiProblems
                .Of(context, 400, "idempotency-bad", "send a quoted string of 1 to 128 visible characters.")
                .ExecuteAsync(context);
            return;
        }

        Result<byte[]> body = await RequestBody.ReadAsync(context.Request, RequestBody.Labels);
        if (!body.Ok)
        {
            await ApiProblems.Of(context, body.Problems).ExecuteAsync(context);
            return;
        }

        context.Request.Body = new MemoryStream(body.Value);
        string scope = $"{AdminGuard.CallerOf(context).Name}\n{key}";
        string print = Fingerprint(context.Request, body.Value);
        Kept? earlier = Claim(scope, print);
        if (earlier is not null)
        {
            await ReplayAsync(context, earlier, print);
            return;
        }

        await RunAsync(context, next, scope, print);
    }

    private async Task RunAsync(HttpContext context, RequestDelegate next, string scope, string print)
    {
        Stream real = context.Response.Body;
        using var copy = new MemoryStream();
        context.Response.Body = copy;
        bool keep = false;
        try
        {
            await next(context);
            keep = context.Response.StatusCode < 500 && copy.Length <= LargestKept;
        }
        finally
        {
            context.Response.Body = real;
            lock (_gate)
            {
                if (keep)
                {
                    _kept[scope] = new Kept(print, clock.GetUtcNow())
                    {
                        Status = context.Response.StatusCode,
                        ContentType = context.Response.ContentType,
                        ETag = context.Response.Headers.ETag,
                        Location = context.Response.Headers.Location,
                        Body = copy.ToArray(),
                    };
                }
                else
                {
                    _kept.Remove(scope);
                }
            }
        }

        copy.Position = 0;
        await copy.CopyToAsync(real, context.RequestAborted);
    }

    private Kept? Claim(string scope, string print)
    {
        DateTimeOffset now = clock.GetUtcNow();
        lock (_gate)
        {
            if (_kept.TryGetValue(scope, out Kept? earlier) && now - earlier.At < Age)
            {
                return earlier;
            }

            if (_kept.Count >= most)
            {
                _kept.Remove(_kept.MinBy(k => k.Value.At).Key);
            }

            _kept[scope] = new Kept(print, now);
            return null;
        }
    }

    private static async Task ReplayAsync(HttpContext context, Kept earlier, string print)
    {
        if (!string.Equals(earlier.Print, print, StringComparison.Ordinal))
        {
            await ApiProblems
                .Of(context, 422, "idempotency-reused", "the key belongs to another request; use a new one.")
                .ExecuteAsync(context);
            return;
        }

        if (earlier.Body is null)
        {
            context.Response.Headers.RetryAfter = "1";
            await ApiProblems
                .Of(context, 409, "idempotency-running", "the first request with this key has no answer yet.")
                .ExecuteAsync(context);
            return;
        }

        context.Response.StatusCode = earlier.Status;
        context.Response.ContentType = earlier.ContentType;
        context.Response.Headers["Idempotency-Replayed"] = "true";
        Put(context, "ETag", earlier.ETag);
        Put(context, "Location", earlier.Location);
        await context.Response.Body.WriteAsync(earlier.Body, context.RequestAborted);
    }

    private static void Put(HttpContext context, string name, string? value)
    {
        if (value is not null)
        {
            context.Response.Headers[name] = value;
        }
    }

    private static string Fingerprint(HttpRequest request, byte[] body) =>
        $"{request.Path}{request.QueryString} {Convert.ToHexString(SHA256.HashData(body))}";

    // The draft asks for a structured-field string (quoted). Bare tokens are what many clients send; both mean the
    // same.
    private static string? Read(string header)
    {
        string key = header.Length >= 2 && header[0] == '"' && header[^1] == '"' ? header[1..^1] : header;
        return key.Length is >= 1 and <= 128 && key.All(c => c is > ' ' and < '\x7f' and not '"' and not '\\')
            ? key
            : null;
    }

    private sealed record Kept(string Print, DateTimeOffset At)
    {
        public int Status { get; init; }

        public string? ContentType { get; init; }

        public string? ETag { get; init; }

        public string? Location { get; init; }

        public byte[]? Body { get; init; }
    }
}
