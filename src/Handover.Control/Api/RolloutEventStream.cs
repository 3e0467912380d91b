using System.Globalization;
using System.Text;
using System.Text.Json;
using Handover.Control.Engine;
using Handover.Control.Security;
using Handover.Protocol;
using Microsoft.AspNetCore.Http;

namespace Handover.Control.Api;

/// <summary>
/// A rollout's events as server-sent events: each history entry once under its own name with its number as id (so that
/// a client that comes back goes on after <c>Last-Event-ID</c>), and the state whenever it differs. A slow reader never
/// holds the engine up: changes only wake the stream, which then sends what is new.
/// </summary>
internal static class RolloutEventStream
{
    private const int MostStreams = 128;
    private static readonly TimeSpan Refresh = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);
    private static int s_open;

    public static async Task<IResult> RunAsync(HttpContext context, ApiServices api, string id)
    {
        if (AdminGuard.Need(context, Permission.Read) is { } denied)
        {
            return denied;
        }

        if (api.Rollouts.Find(id) is not { } found)
        {
            return context.Missing("rollout", id);
        }

        if (Interlocked.Increment(ref s_open) > MostStreams)
        {
            Interlocked.Decrement(ref s_open);
            return ApiProblems.Of(context, 503, "unavailable", $"{MostStreams} event streams are open already.");
        }

        try
        {
            await SendAsync(context, api, found.State.Id);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            return TypedResults.Empty;
        }
        finally
        {
            Interlocked.Decrement(ref s_open);
        }

        return TypedResults.Empty;
    }

    private static async Task SendAsync(HttpContext context, ApiServices api, string id)
    {
        CancellationToken cancel = context.RequestAborted;
        using var wake = new SemaphoreSlim(1, 1);
        void OnChanged(string changed)
        {
            if (string.Equals(changed, id, StringComparison.Ordinal) && wake.CurrentCount == 0)
            {
                try
                {
                    wake.Release();
                }
                catch (Exception e) when (e is SemaphoreFullException or ObjectDisposedException)
                {
                    return;
                }
            }
        }

        context.Response.ContentType = MediaTypes.EventStream;
        context.Response.Headers.CacheControl = "no-store";
        api.Rollouts.Changed += OnChanged;
        try
        {
            await LoopAsync(context.Response, api, id, LastSeen(context), wake, cancel);
        }
        finally
        {
            api.Rollouts.Changed -= OnChanged;
        }
    }

    private static async Task LoopAsync(
        HttpResponse response,
        ApiServices api,
        string id,
        long seen,
        SemaphoreSlim wake,
        CancellationToken cancel
    )
    {
        string shown = "";
        DateTimeOffset lastSent = api.Clock.GetUtcNow();
        while (api.Rollouts.Find(id) is { } now)
        {
            DateTimeOffset at = api.Clock.GetUtcNow();
            var text = new StringBuilder();
            foreach (RolloutHistoryEntry e in now.Events.Where(e => e.Seq > seen))
            {
                var view = new RolloutEventView(e.Seq, e.At, e.Kind, e.Text, e.Actor);
                text.Append("id: ").Append(e.Seq.ToString(CultureInfo.InvariantCulture)).Append('\n');
                Event(text, e.Kind, JsonSerializer.Serialize(view, ProtocolJson.Default.RolloutEventView));
                seen = e.Seq;
            }

            RolloutView state = RolloutViews.Of(now, full: false) with { Events = [] };
            string json = JsonSerializer.Serialize(state with { Cost = null }, ProtocolJson.Default.RolloutView);
            if (!string.Equals(json, shown, StringComparison.Ordinal))
            {
                shown = json;
                Event(text, "rollout", JsonSerializer.Serialize(state, ProtocolJson.Default.RolloutView));
            }

            if (text.Length == 0 && at - lastSent >= Heartbeat)
            {
                text.Append(": alive\n\n");
            }

            if (text.Length > 0)
            {
                lastSent = at;
                await response.WriteAsync(text.ToString(), cancel);
                await response.Body.FlushAsync(cancel);
            }

            if (!now.State.Open)
            {
                return;
            }

            await wake.WaitAsync(Refresh, cancel);
        }
    }

    private static void Event(StringBuilder text, string name, string json) =>
        text.Append("event: ").Append(name).Append("\ndata: ").Append(json).Append("\n\n");

    private static long LastSeen(HttpContext context) =>
        long.TryParse(context.Request.Headers["Last-Event-ID"], CultureInfo.InvariantCulture, out long seq) ? seq : 0;
}
