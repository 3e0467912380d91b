using System.Text.Json.Serialization.Metadata;
using Handover.Control.Security;
using Handover.Core.Foundation;
using Microsoft.AspNetCore.Http;

namespace Handover.Control.Api;

/// <summary>The few lines that every handler needs: who asks, answer with a value, write the audit entry.</summary>
internal static class ApiRequest
{
    /// <summary>Who asks, by the name that the audit log and the engine know.</summary>
    public static string Actor(this HttpContext context) => AdminGuard.CallerOf(context).Name;

    /// <summary>Answers with a value, or with the problems.</summary>
    public static IResult Answer<T>(
        this HttpContext context,
        Result<T> result,
        JsonTypeInfo<T> type,
        int status = 200
    ) =>
        result.Ok
            ? TypedResults.Json(result.Value, type, statusCode: status)
            : ApiProblems.Of(context, result.Problems);

    /// <summary>Answers with a value.</summary>
    public static IResult Answer<T>(T value, JsonTypeInfo<T> type) => TypedResults.Json(value, type);

    /// <summary>404 with the name that was asked for.</summary>
    public static IResult Missing(this HttpContext context, string kind, string name) =>
        ApiProblems.Of(context, 404, "not-found", $"there is no {kind} named '{name}'.");

    /// <summary>501 for what the interface promises and this version does not do.</summary>
    public static IResult NotYet(this HttpContext context, string what) =>
        ApiProblems.Of(context, 501, "not-supported-yet", $"{what} is not supported yet by this version of Handover.");

    /// <summary>Writes what was done; on disk before the caller hears of it.</summary>
    public static void Audited(
        this HttpContext context,
        ApiServices api,
        string what,
        string? why,
        Dictionary<string, string>? before = null,
        Dictionary<string, string>? after = null
    ) => api.Audit.Append(context.Actor(), what, why ?? "", context.TraceIdentifier, before, after);
}
