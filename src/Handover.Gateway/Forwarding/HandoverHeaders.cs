using Handover.Core.Traffic;
using Microsoft.AspNetCore.Http;

namespace Handover.Gateway.Forwarding;

/// <summary>The headers that are Handover's own. Whoever else sends one, caller or member, is not believed.</summary>
internal static class HandoverHeaders
{
    public const string Prefix = "Handover-";
    public const string Release = "Handover-Release";
    public const string Epoch = "Handover-Epoch";
    public const string Reason = "Handover-Reason";
    public const string RequestId = "Handover-Request-Id";
    public const string Replayed = "Handover-Replayed";
    public const string Problem = "Handover-Problem";
    public const string Purpose = "Handover-Purpose";

    /// <summary>Takes off every header that pretends to be ours.</summary>
    public static void Strip(IHeaderDictionary headers)
    {
        // Nearly no request has one; then no list is made.
        List<string>? ours = null;
        foreach ((string name, _) in headers)
        {
            if (IsOurs(name))
            {
                (ours ??= []).Add(name);
            }
        }

        ours?.ForEach(name => headers.Remove(name));
    }

    /// <summary>Whether a header name is ours.</summary>
    public static bool IsOurs(string name) => name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase);

    /// <summary>Says which release answered, under which epoch and why.</summary>
    public static void Stamp(HttpResponse response, Passage passage)
    {
        IHeaderDictionary headers = response.Headers;
        headers[RequestId] = passage.RequestId;
        if (passage.Release.Length > 0)
        {
            headers[Release] = passage.Release;
            headers[Epoch] = passage.Epoch.ToString();
            headers[Reason] = Text(passage.Reason);
        }
    }

    /// <summary>A reason as it stands on the wire.</summary>
    public static string Text(AssignReason reason) =>
        reason switch
        {
            AssignReason.Stable => "stable",
            AssignReason.Segment => "segment",
            AssignReason.Share => "share",
            AssignReason.Switched => "switched",
            AssignReason.Override => "override",
            _ => "replayed",
        };

    /// <summary>A purpose as it stands on the wire.</summary>
    public static string Text(Purpose purpose) =>
        purpose switch
        {
            Core.Traffic.Purpose.Live => "live",
            Core.Traffic.Purpose.Shadow or Core.Traffic.Purpose.Redraw => "shadow",
            Core.Traffic.Purpose.Warm => "warm",
            _ => "reconcile",
        };
}
