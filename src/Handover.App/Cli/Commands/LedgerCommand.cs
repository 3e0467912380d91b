using System.CommandLine;
using System.Globalization;
using Handover.Protocol;

namespace Handover.App.Cli.Commands;

/// <summary><c>ledger list</c> and <c>ledger settle</c>: decisions by key, also those whose end is unknown.</summary>
internal static class LedgerCommand
{
    public static Command Build(CliRunner run) =>
        new("ledger", "Decisions by idempotency key") { List(run), Settle(run) };

    private static Command List(CliRunner run)
    {
        var service = new Argument<string>("SERVICE");
        var stage = new Option<string?>("--stage") { Description = "inFlight, done or unknown" };
        stage.AcceptOnlyFromAmong("inFlight", "done", "unknown");
        var key = new Option<string?>("--key") { Description = "Only this key" };
        var release = new Option<string?>("--release") { Description = "Only what this release was given" };
        var limit = new Option<int>("--limit") { DefaultValueFactory = _ => 100, Description = "Most rows" };
        return run.Handle(
            new Command("list", "Show decisions, oldest first") { service, stage, key, release, limit },
            async session =>
            {
                ParseResult parse = session.Parse;
                (string Name, string? Value)[] filters =
                [
                    ("stage", parse.GetValue(stage)),
                    ("key", parse.GetValue(key)),
                    ("release", parse.GetValue(release)),
                ];
                string path =
                    $"/api/v1/services/{Uri.EscapeDataString(parse.GetValue(service)!)}/ledger?"
                    + string.Join(
                        '&',
                        filters
                            .Where(f => f.Value is not null)
                            .Select(f => $"{f.Name}={Uri.EscapeDataString(f.Value!)}")
                    );
                IReadOnlyList<DecisionView> rows = await session.Api.ListAsync(
                    path,
                    ProtocolJson.Lenient.PageDecisionView,
                    session.Cancel,
                    Math.Clamp(parse.GetValue(limit), 1, 100_000)
                );
                session.Output.One(
                    new Page<DecisionView>(rows, null),
                    ProtocolJson.Default.PageDecisionView,
                    p => string.Join('\n', p.Items.Select(r => r.Key)),
                    (output, p) => Table(output, p.Items)
                );
                return ExitCodes.Ok;
            }
        );
    }

    private static Command Settle(CliRunner run)
    {
        var service = new Argument<string>("SERVICE");
        var key = new Argument<string>("KEY");
        var request = new Option<string>("--request")
        {
            Required = true,
            Description = "The request that was looked into, as 'ledger list' shows it",
        };
        var undecided = new Option<bool>("--not-decided")
        {
            Description = "Nothing took effect: the next request with the key runs",
        };
        var answer = new Option<string?>("--answer")
        {
            Description = "It took effect: the file with the answer to give from now on",
        };
        var status = new Option<int>("--status")
        {
            DefaultValueFactory = _ => 200,
            Description = "Status of the answer",
        };
        var reason = new Option<string?>("--reason") { Description = "Why, for the audit log" };
        return run.Handle(
            new Command("settle", "Say what became of a decision that nobody knew the end of")
            {
                service,
                key,
                request,
                undecided,
                answer,
                status,
                reason,
            },
            async session =>
            {
                ParseResult parse = session.Parse;
                string? file = parse.GetValue(answer);
                if (parse.GetValue(undecided) == (file is not null))
                {
                    session.Say("error: say either --not-decided or --answer FILE.");
                    return ExitCodes.Usage;
                }

                var body = new SettleDecisionRequest
                {
                    Key = parse.GetValue(key)!,
                    RequestId = parse.GetValue(request)!,
                    Decided = file is not null,
                    Status = parse.GetValue(status),
                    Body = file is null ? null : await File.ReadAllTextAsync(file, session.Cancel),
                    Reason = parse.GetValue(reason),
                };
                return await SettleAsync(session, parse.GetValue(service)!, body);
            }
        );
    }

    private static async Task<int> SettleAsync(CliSession session, string service, SettleDecisionRequest body)
    {
        (DecisionView row, _) = await session.Api.PostAsync(
            $"/api/v1/services/{Uri.EscapeDataString(service)}/ledger:settle",
            body,
            ProtocolJson.Default.SettleDecisionRequest,
            ProtocolJson.Lenient.DecisionView,
            session.Cancel
        );
        session.Output.One(row, ProtocolJson.Default.DecisionView, r => r.Stage, (o, r) => Table(o, [r]));
        return ExitCodes.Ok;
    }

    private static void Table(TextWriter output, IReadOnlyList<DecisionView> rows) =>
        OutputWriter.Table(
            output,
            rows,
            ("AT", r => r.At.ToString("u", CultureInfo.InvariantCulture)),
            ("KEY", r => r.Key),
            ("STAGE", r => r.Stage),
            ("REQUEST", r => r.RequestId),
            ("RELEASE", r => r.Release),
            ("ENTITY", r => r.Entity ?? ""),
            ("STATUS", r => r.Status?.ToString(CultureInfo.InvariantCulture) ?? "")
        );
}
