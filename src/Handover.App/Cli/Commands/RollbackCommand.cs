using System.CommandLine;
using Handover.Protocol;

namespace Handover.App.Cli.Commands;

/// <summary>
/// <c>rollback SERVICE</c>: one action, from any state. It never asks and needs to know nothing but the name.
/// </summary>
internal static class RollbackCommand
{
    public static Command Build(CliRunner run)
    {
        var service = new Argument<string>("SERVICE");
        return run.Handle(
            new Command("rollback", "Take a service back, now") { service },
            async session =>
            {
                string name = session.Parse.GetValue(service)!;
                if (session.OnlyDry($"take {name} back"))
                {
                    return ExitCodes.Ok;
                }

                (RolloutView view, _) = await session.Api.PostAsync(
                    $"/api/v1/services/{Uri.EscapeDataString(name)}:rollback",
                    new RolloutCommandRequest { Reason = session.Reason },
                    ProtocolJson.Default.RolloutCommandRequest,
                    ProtocolJson.Lenient.RolloutView,
                    session.Cancel
                );
                session.Output.One(
                    view,
                    ProtocolJson.Default.RolloutView,
                    v => v.Id,
                    (o, v) =>
                        o.WriteLine(
                            $"{v.Service}: {v.State}, share of {v.To} {RolloutCommand.Shares(v)}, epoch {v.Epoch}"
                        )
                );
                return ExitCodes.Ok;
            }
        );
    }
}
