namespace Handover.Protocol;

/// <summary>Media types of the admin API, in one place so that server and client cannot disagree.</summary>
public static class MediaTypes
{
    /// <summary>Errors that Handover itself makes (RFC 9457): <c>application/problem+json</c>.</summary>
    public const string Problem = "application/problem+json";

    /// <summary><c>application/json</c>.</summary>
    public const string Json = "application/json";

    /// <summary>One JSON document per line: <c>application/x-ndjson</c>.</summary>
    public const string NdJson = "application/x-ndjson";

    /// <summary>Server-sent events: <c>text/event-stream</c>.</summary>
    public const string EventStream = "text/event-stream";

    /// <summary>Prometheus text exposition format 0.0.4.</summary>
    public const string Prometheus = "text/plain; version=0.0.4; charset=utf-8";
}
