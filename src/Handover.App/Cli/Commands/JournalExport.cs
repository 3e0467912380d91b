using System.CommandLine;
using System.Text;
using System.Text.Json;
using Handover.Control.Warming;
using Handover.Core.Foundation;
using Handover.Protocol;
using Parquet.Serialization;

namespace Handover.App.Cli.Commands;

/// <summary>
/// <c>journal export</c>: recorded exchanges with their bodies as a file, for other programs: tables for people who
/// count, NDJSON and TensorFlow Serving's PredictionLog for those who replay.
/// </summary>
internal static class JournalExport
{
    private const int Most = 100_000;

    public static Command Build(CliRunner run)
    {
        var service = new Argument<string>("SERVICE");
        var release = new Option<string?>("--release");
        Option<TimeSpan?> since = GlobalOptions.TimeOption("--since", "Only of the last TIME, e.g. 10m");
        var limit = new Option<int>("--limit")
        {
            DefaultValueFactory = _ => 10_000,
            Description = $"Most exchanges, newest first, up to {Most}",
        };
        var format = new Option<string>("--format")
        {
            DefaultValueFactory = _ => "ndjson",
            Description = "ndjson, csv, parquet, or tfrecord: TensorFlow Serving's PredictionLog",
        };
        format.AcceptOnlyFromAmong("ndjson", "csv", "parquet", "tfrecord");
        var file = new Option<string?>("--out") { Description = "File to write; parquet and tfrecord need one" };
        var command = new Command("export", "Write recorded exchanges with their bodies to a file");
        foreach (Option option in (Option[])[release, since, limit, format, file])
        {
            command.Add(option);
        }

        command.Add(service);
        return run.Handle(
            command,
            async session =>
            {
                ParseResult parse = session.Parse;
                string kind = parse.GetValue(format)!;
                string? to = parse.GetValue(file);
                if (to is null && kind is "parquet" or "tfrecord")
                {
                    session.Say($"error: {kind} is not text: name a file with --out.");
                    return ExitCodes.Usage;
                }

                // Copies and replays are not what callers asked.
                string path = JournalCommand.PathOf(
                    parse.GetValue(service)!,
                    ("release", parse.GetValue(release)),
                    ("purpose", "live"),
                    ("payloads", "true"),
                    ("since", JournalCommand.Since(session, parse.GetValue(since)))
                );
                IReadOnlyList<JournalEntryView> entries = await session.Api.ListAsync(
                    path,
                    ProtocolJson.Lenient.PageJournalEntryView,
                    session.Cancel,
                    Math.Clamp(parse.GetValue(limit), 1, Most)
                );
                return await WriteAsync(session, kind, to, entries);
            }
        );
    }

    private static async Task<int> WriteAsync(
        CliSession session,
        string kind,
        string? to,
        IReadOnlyList<JournalEntryView> entries
    )
    {
        switch (kind)
        {
            case "tfrecord":
                return await RecordsAsync(session, to!, entries);
            case "parquet":
                await using (var stream = new FileStream(to!, FileMode.Create, FileAccess.ReadWrite))
                {
                    await ParquetSerializer.SerializeAsync(
                        entries.Select(JournalRow.Of),
                        stream,
                        cancellationToken: session.Cancel
                    );
                }

                break;
            case "ndjson":
                // It is for replaying, and without a request there is nothing to replay.
                List<JournalEntryView> whole =
                [
                    .. entries.Where(e => e.Request is { ValueKind: not JsonValueKind.Null }),
                ];
                if (whole.Count < entries.Count)
                {
                    session.Say($"warning: {entries.Count - whole.Count} were recorded without a body and left out");
                }

                entries = whole;
                await TextAsync(session, csv: false, to, entries);
                break;
            default:
                await TextAsync(session, csv: true, to, entries);
                break;
        }

        session.Say($"{entries.Count} exchanges");
        return ExitCodes.Ok;
    }

    private static async Task TextAsync(
        CliSession session,
        bool csv,
        string? to,
        IReadOnlyList<JournalEntryView> entries
    )
    {
        await using StreamWriter? own = to is null ? null : new StreamWriter(to);
        TextWriter output = own ?? session.Host.Out;
        if (csv)
        {
            await output.WriteLineAsync(JournalRow.Header);
        }

        foreach (JournalEntryView entry in entries)
        {
            await output.WriteLineAsync(
                csv
                    ? JournalRow.Of(entry).Csv()
                    : JsonSerializer.Serialize(entry, ProtocolJson.Default.JournalEntryView)
            );
        }
    }

    // What cannot be carried is counted and told, never left out silently; the oldest comes first, as it was asked.
    private static async Task<int> RecordsAsync(CliSession session, string to, IReadOnlyList<JournalEntryView> entries)
    {
        Func<JournalEntryView, Result<byte[]>> record = await WriterAsync(session, entries);
        int written = 0;
        Problem? trouble = null;
        await using (FileStream stream = File.Create(to))
        {
            foreach (JournalEntryView entry in entries.Reverse())
            {
                Result<byte[]> message = record(entry);
                if (message.Ok)
                {
                    TfRecord.Write(stream, message.Value);
                    written++;
                }
                else
                {
                    trouble ??= message.Problems[0];
                }
            }
        }

        session.Say($"{written} of {entries.Count} exchanges");
        if (trouble is not null)
        {
            session.Say($"warning: {entries.Count - written} could not be written; the first: {trouble.Message}");
        }

        return written == 0 && entries.Count > 0 ? ExitCodes.Failed : ExitCodes.Ok;
    }

    // TensorFlow Serving's JSON names no types: they are what the release that was asked declares.
    private static async Task<Func<JournalEntryView, Result<byte[]>>> WriterAsync(
        CliSession session,
        IReadOnlyList<JournalEntryView> entries
    )
    {
        string? name = entries.Select(e => e.Service).FirstOrDefault();
        string service = $"/api/v1/services/{Uri.EscapeDataString(name ?? "")}";
        bool serving =
            name is not null
            && (await session.Api.GetAsync(service, ProtocolJson.Lenient.ServiceView, session.Cancel)).Protocol
                == "tensorflow-serving";
        if (!serving)
        {
            return e => PredictionLogWriter.Write(e.Service, Bytes(e.Request), Answer(e));
        }

        var releases = new Dictionary<string, ReleaseView>(StringComparer.Ordinal);
        foreach (string release in entries.Select(e => e.Release).Distinct())
        {
            string path = $"{service}/releases/{Uri.EscapeDataString(release)}";
            releases[release] = await session.Api.GetAsync(path, ProtocolJson.Lenient.ReleaseView, session.Cancel);
        }

        return e =>
            PredictionLogWriter.WriteServing(
                e.Service,
                Declared(releases[e.Release].Input),
                Declared(releases[e.Release].Output),
                Bytes(e.Request),
                Answer(e)
            );
    }

    private static IReadOnlyList<(string Name, string Datatype)> Declared(IReadOnlyList<TensorView>? tensors) =>
        [.. (tensors ?? []).Select(t => (t.Name, t.Datatype))];

    private static byte[] Answer(JournalEntryView entry) => entry.Outcome == "ok" ? Bytes(entry.Response) : [];

    private static byte[] Bytes(JsonElement? body) =>
        body is { ValueKind: not JsonValueKind.Null } json ? Encoding.UTF8.GetBytes(json.GetRawText()) : [];
}
