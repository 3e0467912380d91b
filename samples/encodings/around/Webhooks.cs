using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Encodings.Around;

/// <summary>
/// What a consumer does with Handover's notifications: checks the signature, takes note, and, where its owner has said
/// so, acknowledges the release in a signed answer. Ten lines of it are all that a real consumer needs.
/// </summary>
/// <param name="directory">Where the shared secrets lie.</param>
public sealed class Webhooks(string directory)
{
    private readonly ConcurrentDictionary<string, bool> willing = new(StringComparer.Ordinal);

    /// <summary>What was taken, as (consumer, type, id), in order.</summary>
    public ConcurrentQueue<(string Consumer, string Type, string Id)> Taken { get; } = new();

    /// <summary>Makes a secret for each consumer, where there is none.</summary>
    public void EnsureSecrets(params string[] consumers)
    {
        Directory.CreateDirectory(Path.Combine(directory, "secrets"));
        foreach (string path in consumers.Select(SecretFile).Where(p => !File.Exists(p)))
        {
            File.WriteAllText(path, "whsec_" + Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)) + "\n");
        }
    }

    /// <summary>The owner says that the consumer is ready for the next release.</summary>
    public void Ready(string consumer) => willing[consumer] = true;

    /// <summary>Takes one notification.</summary>
    public async Task TakeAsync(HttpContext context, string consumer)
    {
        using var buffer = new MemoryStream();
        await context.Request.Body.CopyToAsync(buffer, context.RequestAborted);
        byte[] body = buffer.ToArray();
        string id = context.Request.Headers["webhook-id"].ToString();
        string at = context.Request.Headers["webhook-timestamp"].ToString();
        if (!context.Request.Headers["webhook-signature"].ToString().Split(' ').Contains(Sign(consumer, id, at, body)))
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return;
        }

        using JsonDocument told = JsonDocument.Parse(body);
        string type = told.RootElement.GetProperty("type").GetString()!;
        if (!willing.ContainsKey(consumer) && type.Contains(".verify.", StringComparison.Ordinal))
        {
            // Not ready: it is told again later, until its owner has done what is to be done.
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return;
        }

        Taken.Enqueue((consumer, type, id));
        string digest = told.RootElement.GetProperty("data").GetProperty("release").GetProperty("digest").GetString()!;
        byte[] answer = JsonSerializer.SerializeToUtf8Bytes(new { acknowledge = digest });
        string now = $"{TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()}";
        context.Response.Headers["webhook-id"] = id;
        context.Response.Headers["webhook-timestamp"] = now;
        context.Response.Headers["webhook-signature"] = Sign(consumer, id, now, answer);
        context.Response.ContentType = "application/json";
        await context.Response.Body.WriteAsync(answer, context.RequestAborted);
    }

    private string Sign(string consumer, string id, string at, byte[] body)
    {
        byte[] key = Convert.FromBase64String(File.ReadAllText(SecretFile(consumer)).Trim()["whsec_".Length..]);
        byte[] signed = [.. Encoding.UTF8.GetBytes($"{id}.{at}."), .. body];
        return "v1," + Convert.ToBase64String(HMACSHA256.HashData(key, signed));
    }

    private string SecretFile(string consumer) => Path.Combine(directory, "secrets", consumer);
}
