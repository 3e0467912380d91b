using System.Security.Cryptography;
using System.Text.Json;
using Handover.Control.Security;
using Handover.Core.Rollouts;
using Handover.Core.Traffic;
using Handover.Ports;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Handover.Control.Api;

/// <summary>
/// Each rollout as a flag over OFREP 0.3: key its name, variant and value the release. The gateway itself is asked,
/// with the code and the snapshot that requests meet, so the answer cannot differ from what a request would get. Errors
/// have OFREP's shape here, not that of problem+json: stock providers read them.
/// </summary>
internal static class OfrepRoutes
{
    private const string Prefix = "/ofrep/v1/evaluate/flags";

    public static void Map(IEndpointRouteBuilder app, ApiServices api)
    {
        app.MapPost(Prefix, Handler.Of(c => BulkAsync(c, api)));
        app.MapPost(Prefix + "/{key}", (HttpContext c, string key) => OneAsync(c, api, key));
    }

    private static async Task<IResult> OneAsync(HttpContext context, ApiServices api, string key)
    {
        if (AdminGuard.Need(context, Permission.Read) is { } denied)
        {
            return denied;
        }

        OfrepContext asked = await OfrepContext.ReadAsync(context.Request);
        if (asked.ErrorCode is not null)
        {
            return Json(400, w => Failure(w, key, asked.ErrorCode, asked.ErrorDetails!));
        }

        RolloutState? rollout = Flags(api).FirstOrDefault(r => r.Plan.Name == key);
        if (rollout is null)
        {
            return Json(404, w => Failure(w, key, "FLAG_NOT_FOUND", $"there is no rollout named '{key}'"));
        }

        GatewayAnswer? answer = await AskAsync(api, rollout, asked);
        return answer is null
            ? Json(400, w => Failure(w, key, "GENERAL", $"no gateway knows '{rollout.Plan.Service}' yet"))
            : Json(200, w => Success(w, rollout, answer));
    }

    private static async Task<IResult> BulkAsync(HttpContext context, ApiServices api)
    {
        if (AdminGuard.Need(context, Permission.Read) is { } denied)
        {
            return denied;
        }

        OfrepContext asked = await OfrepContext.ReadAsync(context.Request);
        if (asked.ErrorCode is not null)
        {
            return Json(400, w => Failure(w, null, asked.ErrorCode, asked.ErrorDetails!));
        }

        var answers = new List<(RolloutState Rollout, GatewayAnswer? Answer)>();
        foreach (RolloutState rollout in Flags(api))
        {
            answers.Add((rollout, await AskAsync(api, rollout, asked)));
        }

        byte[] body = Body(w =>
        {
            w.WriteStartArray("flags");
            foreach ((RolloutState rollout, GatewayAnswer? answer) in answers)
            {
                w.WriteStartObject();
                if (answer is null)
                {
                    Failure(w, rollout.Plan.Name, "GENERAL", $"no gateway knows '{rollout.Plan.Service}' yet");
                }
                else
                {
                    Success(w, rollout, answer);
                }

                w.WriteEndObject();
            }

            w.WriteEndArray();
        });

        // Over the answers and over who asked: a shared cache that left the context out would tell one entity another's
        // release.
        string tag = $"\"{Convert.ToHexStringLower(SHA256.HashData([.. asked.Canonical, 0, .. body]))[..32]}\"";
        context.Response.Headers.ETag = tag;
        context.Response.Headers.CacheControl = "private, no-cache";
        string? known = context.Request.Headers.IfNoneMatch;
        return known is not null && known.Split(',').Any(k => k.Trim() is var t && (t == tag || t == $"W/{tag}"))
            ? TypedResults.StatusCode(StatusCodes.Status304NotModified)
            : TypedResults.Bytes(body, "application/json");
    }

    // The newest run of each plan; a retry takes over the name of what it repeats.
    private static IEnumerable<RolloutState> Flags(ApiServices api) =>
        api
            .Rollouts.States(null)
            .Where(s => s.Plan.Undoes is null)
            .GroupBy(s => s.Plan.Name)
            .Select(runs => runs.MaxBy(s => s.StartedAt)!)
            .OrderBy(s => s.Plan.Name, StringComparer.Ordinal);

    private static async ValueTask<GatewayAnswer?> AskAsync(ApiServices api, RolloutState rollout, OfrepContext asked)
    {
        if (api.Catalog.Snapshot.Services.GetValueOrDefault(rollout.Plan.Service) is not { } service)
        {
            return null;
        }

        // Only what the gateway reads from requests: else the two would see different attributes.
        Dictionary<string, string> attributes = service
            .Attributes.Where(a => asked.Attributes.ContainsKey(a.Name))
            .ToDictionary(a => a.Name, a => asked.Attributes[a.Name]);
        foreach (IGatewayPort gateway in api.Gateways)
        {
            if (await gateway.AskAsync(service.Name, asked.Entity, attributes) is { } answer)
            {
                return answer;
            }
        }

        return null;
    }

    private static void Success(Utf8JsonWriter w, RolloutState rollout, GatewayAnswer answer)
    {
        Assigned assigned = answer.Assigned;
        w.WriteString("key", rollout.Plan.Name);
        w.WriteString("value", assigned.Release);
        w.WriteString("variant", assigned.Release);
        w.WriteString("reason", ReasonOf(answer));
        w.WriteStartObject("metadata");
        w.WriteString("service", rollout.Plan.Service);
        w.WriteString("rolloutId", rollout.Id);
        w.WriteNumber("epoch", answer.Epoch);
        w.WriteNumber("share", assigned.CandidateShare.Ratio.Value);
        if (assigned.Segment is not null)
        {
            w.WriteString("segment", assigned.Segment);
        }

        w.WriteEndObject();
    }

    private static string ReasonOf(GatewayAnswer answer) =>
        answer.Off ? "DISABLED"
        : answer.Candidate is null ? "STATIC"
        : answer.Excluded || answer.Assigned.Reason == AssignReason.Segment ? "TARGETING_MATCH"
        : "SPLIT";

    private static void Failure(Utf8JsonWriter w, string? key, string code, string details)
    {
        if (key is not null)
        {
            w.WriteString("key", key);
        }

        w.WriteString("errorCode", code);
        w.WriteString("errorDetails", details);
    }

    private static IResult Json(int status, Action<Utf8JsonWriter> write) => new OfrepAnswer(status, Body(write));

    private static byte[] Body(Action<Utf8JsonWriter> write)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        }

        return buffer.ToArray();
    }

    private sealed class OfrepAnswer(int status, byte[] body) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.StatusCode = status;
            httpContext.Response.ContentType = "application/json";
            httpContext.Response.Headers.CacheControl = "private, no-store";
            await httpContext.Response.Body.WriteAsync(body, httpContext.RequestAborted);
        }
    }
}
