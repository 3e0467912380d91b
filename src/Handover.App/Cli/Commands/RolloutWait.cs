using System.CommandLine;
using System.Text.Json;
using Handover.Protocol;

namespace Handover.App.Cli.Commands;

/// <summary>
/// <c>rollout wait</c>: for scripts. Ends with the rollout, 0 succeeded, 4 rolled back or refused, 5 timed out.
/// </summary>
internal static class RolloutWait
{
    public static Command Build(CliRunner run)
    {
        var id = new Argument<string>("ID");
        return run.Handle(
            new Command("wait", "Wait until a rollout ends; --timeout bounds it") { id },
            async session =>
            {
                using var limit = CancellationTokenSource.CreateLinkedTokenSource(session.Cancel);
                if (session.Timeout is { } timeout)
                {
                    limit.CancelAfter(timeout);
                }

                try
                {
                    RolloutView end = await EndAsync(session, session.Parse.GetValue(id)!, _ => { }, limit.Token);
                    session.Output.One(
                        end,
                        ProtocolJson.Default.RolloutView,
                        v => v.Id,
                        (o, v) => o.WriteLine($"{v.Id}: {v.State}{Because(v)}")
                    );
                    return ExitCodes.Of(end);
                }
                catch (OperationCanceledException) when (!session.Cancel.IsCancellationRequested)
                {
                    session.Say("error: the rollout has not ended in time; it goes on without us.");
                    return ExitCodes.TimedOut;
                }
            }
        );
    }

    /// <summary>Follows a rollout to its end, over lost connections too. Raises each state and each event.</summary>
    public static async Task<RolloutView> EndAsync(
        CliSession session,
        string id,
        Action<RolloutView> changed,
        CancellationToken cancel,
        Action<RolloutEventView>? happened = null
    )
    {
        (RolloutView view, _) = await RolloutCommand.FindAsync(session, id);
        changed(view);
        long seen = 0;
        while (view.EndedAt is null)
        {
            try
            {
                await foreach ((string name, string data) in session.Api.EventsAsync(EventsOf(view), cancel))
                {
                    if (name == "rollout")
                    {
                        view = JsonSerializer.Deserialize(data, ProtocolJson.Lenient.RolloutView) ?? view;
                        changed(view);
                    }
                    else if (
                        JsonSerializer.Deserialize(data, ProtocolJson.Lenient.RolloutEventView) is { } e
                        && e.Seq > seen
                    )
                    {
                        seen = e.Seq;
                        happened?.Invoke(e);
                    }
                }
            }
            catch (Exception e) when (e is IOException or HttpRequestException || Unreachable(e))
            {
                // The node restarts; the rollout is on its disk and goes on.
                await Task.Delay(TimeSpan.FromMilliseconds(500), cancel);
                continue;
            }

            if (view.EndedAt is null)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200), cancel);
            }
        }

        return view;
    }

    /// <summary>Why it ended so, as a suffix.</summary>
    public static string Because(RolloutView view) =>
        view.Reasons.Count > 0 ? $" — {string.Join("; ", view.Reasons)}" : "";

    private static bool Unreachable(Exception e) =>
        e is AdminFailure { Problem: { Code: "unreachable" } or { Status: 503 } };

    private static string EventsOf(RolloutView view) => $"/api/v1/rollouts/{Uri.EscapeDataString(view.Id)}/events";
}
