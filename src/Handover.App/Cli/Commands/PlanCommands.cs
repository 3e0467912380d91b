using System.CommandLine;
using Handover.Protocol;

namespace Handover.App.Cli.Commands;

/// <summary>
/// <c>plan</c>, <c>diff</c> and <c>apply</c>: what would change, and change it, in the way of terraform.
/// </summary>
internal static class PlanCommands
{
    public static IEnumerable<Command> Build(CliRunner run)
    {
        yield return run.Handle(
            new Command("plan", "Say what apply would change; exit 3 when there are changes") { Manifests.Option },
            session => PlanAsync(session, fields: false)
        );
        yield return run.Handle(
            new Command("diff", "Like plan, with every field that differs") { Manifests.Option },
            session => PlanAsync(session, fields: true)
        );
        yield return run.Handle(
            new Command("apply", "Declare resources, all or none") { Manifests.Option },
            session => session.DryRun ? PlanAsync(session, fields: false) : ApplyAsync(session)
        );
    }

    private static async Task<int> PlanAsync(CliSession session, bool fields)
    {
        (ApplyResult result, _) = await SendAsync(session, RequestOf(session), validateOnly: true, null);
        Show(session, result, fields);
        await ForecastsAsync(session);
        return result.Breaks ? ExitCodes.Refused
            : result.Changes.Count > 0 && !session.DryRun ? ExitCodes.HasChanges
            : ExitCodes.Ok;
    }

    private static async Task<int> ApplyAsync(CliSession session)
    {
        ApplyRequest request = RequestOf(session);
        (ApplyResult planned, string? etag) = await SendAsync(session, request, validateOnly: true, null);
        if (planned.Changes.Count == 0)
        {
            session.Output.One(
                planned,
                ProtocolJson.Default.ApplyResult,
                _ => "",
                (o, _) => o.WriteLine("nothing changes")
            );
            return ExitCodes.Ok;
        }

        if (session.Interactive)
        {
            Lines(session.Host.Err, planned, fields: true);
        }

        if (!session.Agreed($"Apply {planned.Changes.Count} changes?"))
        {
            session.Say("nothing was applied.");
            return ExitCodes.Failed;
        }

        (ApplyResult applied, _) = await SendAsync(session, request, validateOnly: false, etag);
        Show(session, applied, fields: false);
        return ExitCodes.Ok;
    }

    /// <summary>How the rollouts in the files would go on, for people; a rollout that cannot start says why.</summary>
    private static async Task ForecastsAsync(CliSession session)
    {
        if (session.Output.Format != OutputFormat.Table)
        {
            return;
        }

        foreach (ManifestFile file in Manifests.Read(session, session.Parse.GetValue(Manifests.Option)!))
        {
            string[] documents = file.Text.Split("\n---", StringSplitOptions.RemoveEmptyEntries);
            if (documents.Length != 1 || !file.Text.Contains("\nkind: Rollout", StringComparison.Ordinal))
            {
                continue;
            }

            var request = new StartRolloutRequest { Manifest = file.Text, ManifestFile = file.Path };
            await RolloutOutlook.AheadAsync(session, request, file.Path);
        }
    }

    private static ApplyRequest RequestOf(CliSession session) =>
        new(Manifests.Read(session, session.Parse.GetValue(Manifests.Option)!)) { Reason = session.Reason };

    private static Task<(ApplyResult Value, string? ETag)> SendAsync(
        CliSession session,
        ApplyRequest request,
        bool validateOnly,
        string? etag
    ) =>
        session.Api.PostAsync(
            $"/api/v1/apply?validateOnly={(validateOnly ? "true" : "false")}",
            request,
            ProtocolJson.Default.ApplyRequest,
            ProtocolJson.Lenient.ApplyResult,
            session.Cancel,
            etag
        );

    private static void Show(CliSession session, ApplyResult result, bool fields) =>
        session.Output.One(
            result,
            ProtocolJson.Default.ApplyResult,
            r => string.Join('\n', r.Changes.Select(c => $"{c.Kind}/{c.Name}".ToLowerInvariant())),
            (output, r) => Lines(output, r, fields)
        );

    private static void Lines(TextWriter output, ApplyResult result, bool fields)
    {
        foreach (ChangeView change in result.Changes)
        {
            string sign = change.Action switch
            {
                "create" => "+",
                "delete" => "-",
                _ => "~",
            };
            output.WriteLine($"{sign} {change.Kind} {change.Name}");
            foreach (string field in fields || change.Action == "change" ? change.Fields : [])
            {
                output.WriteLine($"    {field}");
            }
        }

        if (result.Contracts.Count > 0)
        {
            ContractCommand.Matrix(output, result.Contracts);
        }

        foreach (ContractView contract in result.Contracts)
        {
            ContractCommand.Lines(output, contract);
        }

        int Count(string action) => result.Changes.Count(c => c.Action == action);
        string done = result.Applied ? "applied" : "plan";
        output.WriteLine(
            $"{done}: {Count("create")} to create, {Count("change")} to change, {Count("delete")} to delete"
                + (result.Breaks ? ", contracts BREAK" : "")
        );
    }
}
