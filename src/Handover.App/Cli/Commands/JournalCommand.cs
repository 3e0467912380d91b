using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Handover.Protocol;

namespace Handover.App.Cli.Commands;

/// <summary><c>journal</c>: which release answered which request with what.</summary>
internal static class JournalCommand
{
    public static Command Build(CliRunner run)
    {
        var service = new Argument<string>("SERVICE");
        var release = new Option<string?>("--release");
        var entity = new Option<string?>("--entity", "-e");
        var purpose = new Option<string?>("--purpose") { Description = "live, shadow, warm or reconcile" };
        Option<TimeSpan?> since = GlobalOptions.TimeOption("--since", "Only of the last TIME, e.g. 10m");
        var limit = new Option<int>("--limit") { DefaultValueFactory = _ => 20, Description = "Most entries" };
        var payloads = new Option<bool>("--payloads") { Description = "With bodies" };
        Command query = run.Handle(
            new Command("query", "Show recorded exchanges, newest first; -o json writes NDJSON")
            {
                service,
                release,
                entity,
                purpose,
                since,
                limit,
                payloads,
            },
            async session =>
            {
                ParseResult parse = session.Parse;
                string path = PathOf(
                    parse.GetValue(service)!,
                    ("release", parse.GetValue(release)),
                    ("entity", parse.GetValue(entity)),
                    ("purpose", parse.GetValue(purpose)),
                    ("payloads", parse.GetValue(payloads) ? "true" : null),
                    ("since", Since(session, parse.GetValue(since)))
                );
                IReadOnlyList<JournalEntryView> entries = await session.Api.ListAsync(
                    path,
                    ProtocolJson.Lenient.PageJournalEntryView,
                    session.Cancel,
                    Math.Clamp(parse.GetValue(limit), 1, 10_000)
                );
                Write(session, entries);
                return ExitCodes.Ok;
            }
        );
        return new Command("journal", "Recorded exchanges") { query, JournalExport.Build(run) };
    }

    /// <summary>The API's path of the entries that keep every filter that is set.</summary>
    public static string PathOf(string service, params (string Name, string? Value)[] filters) =>
        $"/api/v1/services/{Uri.EscapeDataString(service)}/journal?"
        + string.Join(
            '&',
            filters.Where(f => f.Value is not null).Select(f => $"{f.Name}={Uri.EscapeDataString(f.Value!)}")
        );

    /// <summary>So long ago, as the API wants it.</summary>
    public static string? Since(CliSession session, TimeSpan? time) =>
        time is { } ago ? (session.Host.Clock.GetUtcNow() - ago).ToString("O", CultureInfo.InvariantCulture) : null;

    /// <summary>The table that <c>explain</c> shows too.</summary>
    public static void Table(TextWriter output, IReadOnlyList<JournalEntryView> entries) =>
        OutputWriter.Table(
            output,
            entries,
            ("AT", e => e.At.ToString("u", CultureInfo.InvariantCulture)),
            ("REQUEST", e => e.RequestId),
            ("RELEASE", e => e.Release),
            ("EPOCH", e => e.Epoch.ToString(CultureInfo.InvariantCulture)),
            ("REASON", e => e.Reason),
            ("PURPOSE", e => e.Purpose),
            ("STATUS", e => e.Status.ToString(CultureInfo.InvariantCulture)),
            ("MS", e => e.LatencyMs.ToString("0.0", CultureInfo.InvariantCulture)),
            ("ANSWER", e => Short(e.Response))
        );

    private static void Write(CliSession session, IReadOnlyList<JournalEntryView> entries)
    {
        if (session.Output.Format == OutputFormat.Json)
        {
            foreach (JournalEntryView entry in entries)
            {
                session.Host.Out.WriteLine(JsonSerializer.Serialize(entry, ProtocolJson.Default.JournalEntryView));
            }
        }
        else if (session.Output.Format == OutputFormat.Table)
        {
            Table(session.Host.Out, entries);
        }
        else
        {
            session.Output.Many(entries, ProtocolJson.Default.JournalEntryView, e => e.RequestId);
        }
    }

    private static string Short(JsonElement? json)
    {
        string text = json?.GetRawText() ?? "";
        return text.Length <= 60 ? text : text[..59] + "…";
    }
}
