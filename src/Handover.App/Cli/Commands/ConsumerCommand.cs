using System.CommandLine;
using System.Globalization;
using Handover.Protocol;

namespace Handover.App.Cli.Commands;

/// <summary><c>consumer acknowledge</c> and <c>consumer notifications</c>: for owners of downstream systems.</summary>
internal static class ConsumerCommand
{
    public static Command Build(CliRunner run) =>
        new("consumer", "Systems that read a service's output") { Acknowledge(run), Notifications(run) };

    private static Command Acknowledge(CliRunner run)
    {
        var service = new Argument<string>("SERVICE");
        var consumer = new Argument<string>("CONSUMER");
        var release = new Argument<string>("RELEASE");
        return run.Handle(
            new Command("acknowledge", "Say that a consumer is ready for a release, as it is declared now")
            {
                service,
                consumer,
                release,
            },
            async session =>
            {
                string of = session.Parse.GetValue(service)!;
                string name = session.Parse.GetValue(consumer)!;
                string what = session.Parse.GetValue(release)!;
                if (session.OnlyDry($"acknowledge {of}/{what} for {name}"))
                {
                    return ExitCodes.Ok;
                }

                string path = Path(of, name);
                (_, string? etag) = await session.Api.GetTaggedAsync(
                    path,
                    ProtocolJson.Lenient.ConsumerView,
                    session.Cancel
                );
                (ConsumerView view, _) = await session.Api.PostAsync(
                    $"{path}:acknowledge",
                    new AcknowledgeRequest(what) { Reason = session.Reason },
                    ProtocolJson.Default.AcknowledgeRequest,
                    ProtocolJson.Lenient.ConsumerView,
                    session.Cancel,
                    etag
                );
                session.Output.One(
                    view,
                    ProtocolJson.Default.ConsumerView,
                    v => v.Name,
                    (output, v) =>
                    {
                        AcknowledgementView given = v.Acknowledgements.First(a => a.Release == what);
                        output.WriteLine($"{v.Name} has acknowledged {given.Release} ({given.Digest})");
                    }
                );
                return ExitCodes.Ok;
            }
        );
    }

    private static Command Notifications(CliRunner run)
    {
        var service = new Argument<string>("SERVICE");
        var consumer = new Argument<string>("CONSUMER");
        return run.Handle(
            new Command("notifications", "List what a consumer was told, newest first, and what it has not taken")
            {
                service,
                consumer,
            },
            async session =>
            {
                string path = Path(session.Parse.GetValue(service)!, session.Parse.GetValue(consumer)!);
                IReadOnlyList<NotificationView> all = await session.Api.ListAsync(
                    $"{path}/notifications",
                    ProtocolJson.Lenient.PageNotificationView,
                    session.Cancel
                );
                session.Output.Many(
                    all,
                    ProtocolJson.Default.NotificationView,
                    n => n.Id,
                    ("SEQ", n => n.Seq.ToString(CultureInfo.InvariantCulture)),
                    ("TYPE", n => n.Type),
                    ("ID", n => n.Id),
                    ("STATE", n => n.State),
                    ("TRIES", n => n.Attempts.ToString(CultureInfo.InvariantCulture)),
                    ("TROUBLE", n => n.Trouble ?? "-")
                );
                return ExitCodes.Ok;
            }
        );
    }

    private static string Path(string service, string consumer) =>
        $"/api/v1/services/{Uri.EscapeDataString(service)}/consumers/{Uri.EscapeDataString(consumer)}";
}
