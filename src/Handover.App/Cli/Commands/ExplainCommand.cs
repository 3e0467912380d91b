using System.CommandLine;
using System.Globalization;
using Handover.Protocol;

namespace Handover.App.Cli.Commands;

/// <summary><c>explain</c>: which release an entity gets and why, for whoever has the customer on the phone.</summary>
internal static class ExplainCommand
{
    public static Command Build(CliRunner run)
    {
        var service = new Argument<string>("SERVICE");
        var entity = new Option<string>("--entity", "-e") { Required = true, Description = "The customer, session, …" };
        var attributes = new Option<string[]>("--attr") { Description = "Attribute k=v (repeatable)" };
        return run.Handle(
            new Command("explain", "Say which release an entity gets, and why") { service, entity, attributes },
            async session =>
            {
                string[] given = session.Parse.GetValue(attributes) ?? [];
                if (given.FirstOrDefault(a => a.IndexOf('=', StringComparison.Ordinal) < 1) is { } wrong)
                {
                    session.Say($"error: '{wrong}' is not an attribute; write --attr name=value.");
                    return ExitCodes.Usage;
                }

                string path =
                    $"/api/v1/services/{Uri.EscapeDataString(session.Parse.GetValue(service)!)}:explain"
                    + $"?entity={Uri.EscapeDataString(session.Parse.GetValue(entity)!)}"
                    + string.Concat(given.Select(a => $"&attr={Uri.EscapeDataString(a)}"));
                ExplainView view = await session.Api.GetAsync(path, ProtocolJson.Lenient.ExplainView, session.Cancel);
                session.Output.One(view, ProtocolJson.Default.ExplainView, v => v.Release, Show);
                return ExitCodes.Ok;
            }
        );
    }

    private static void Show(TextWriter output, ExplainView view)
    {
        OutputWriter.Fields(
            output,
            ("service", view.Service),
            ("entity", view.Entity),
            ("release", view.Release),
            ("because", $"{view.Reason} — {view.Rule}"),
            ("epoch", view.Epoch.ToString(CultureInfo.InvariantCulture)),
            ("since", $"epoch {view.SinceEpoch}" + (view.Since is { } at ? $", {at:u}" : ""))
        );
        if (view.Answers.Count > 0)
        {
            output.WriteLine();
            JournalCommand.Table(output, view.Answers);
        }
    }
}
