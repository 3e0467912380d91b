namespace Handover.Protocol;
/// <summary>The media type of errors that Handover itself makes (RFC 9457).</summary>

public static class MediaTypes
{
    /// <summary><c>application/problem+json</c>.</summary>
    public const string Problem = "application/problem+json";
}
