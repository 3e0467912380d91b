using System.CommandLine;
using Handover.Protocol;

namespace Handover.App.Cli.Commands;

/// <summary>
/// <c>flag off|on SERVICE</c>: the kill switch. It never asks: whoever reaches for it has no second to spare.
/// </summary>
internal static class FlagCommand
{
    public static Command Build(CliRunner run) =>
        new("flag", "The kill switch: off takes the candidate out of service at once")
        {
            Switch(run, "off", "The candidate answers nobody from now on; an open rollout is taken back"),
            Switch(run, "on", "Rollouts may serve again; refused while one is being taken back"),
            Status(run),
        };

    private static Command Switch(CliRunner run, string to, string description)
    {
        var service = new Argument<string>("SERVICE");
        return run.Handle(
            new Command(to, description) { service },
            async session =>
            {
                string name = session.Parse.GetValue(service)!;
                if (session.OnlyDry($"switch {name} {to}"))
                {
                    return ExitCodes.Ok;
                }

                string verb = to == "off" ? "flagOff" : "flagOn";
                (FlagView view, _) = await session.Api.PostAsync(
                    $"/api/v1/services/{Uri.EscapeDataString(name)}:{verb}",
                    new RolloutCommandRequest { Reason = session.Reason },
                    ProtocolJson.Default.RolloutCommandRequest,
                    ProtocolJson.Lenient.FlagView,
                    session.Cancel
                );
                Show(session, view);
                return ExitCodes.Ok;
            }
        );
    }

    private static Command Status(CliRunner run)
    {
        var service = new Argument<string>("SERVICE");
        return run.Handle(
            new Command("status", "Whether the candidate may answer") { service },
            async session =>
            {
                string name = Uri.EscapeDataString(session.Parse.GetValue(service)!);
                string path = $"/api/v1/services/{name}:flag";
                Show(session, await session.Api.GetAsync(path, ProtocolJson.Lenient.FlagView, session.Cancel));
                return ExitCodes.Ok;
            }
        );
    }

    private static void Show(CliSession session, FlagView view)
    {
        if (view.Warning is not null)
        {
            session.Say($"warning: {view.Warning}");
        }

        session.Output.One(
            view,
            ProtocolJson.Default.FlagView,
            v => v.Flag,
            (output, v) =>
            {
                string why = v.Off is { } off ? $", by {off.By} at {off.At:u}{Because(off.Reason)}" : "";
                string rest = v.Off is { Lifted: true } ? "; on again once the candidate is out of routing" : "";
                string rollout = v.Rollout is null ? "" : $"; {v.Rollout} is taken back";
                output.WriteLine($"{v.Service}: {v.Flag}{why}{rest}{rollout}");
            }
        );
    }

    private static string Because(string reason) => reason.Length > 0 ? $" ({reason})" : "";
}
