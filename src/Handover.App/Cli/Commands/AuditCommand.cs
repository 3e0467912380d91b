using System.CommandLine;
using System.Globalization;
using Handover.Control.Audit;
using Handover.Protocol;

namespace Handover.App.Cli.Commands;

/// <summary>
/// <c>audit log</c> and <c>audit verify</c>: who did what, and whether the record is as it was written.
/// </summary>
internal static class AuditCommand
{
    private const int MostEntries = 10_000;

    public static Command Build(CliRunner run)
    {
        var limit = new Option<int>("--limit") { DefaultValueFactory = _ => 50 };
        var labels = new Option<bool>("--labels") { Description = "Show label pushes too" };
        Command log = run.Handle(
            new Command("log", "Show mutations, newest first") { limit, labels },
            async session =>
            {
                IReadOnlyList<AuditEntryView> entries = await LogAsync(
                    session,
                    Math.Clamp(session.Parse.GetValue(limit), 1, MostEntries),
                    session.Parse.GetValue(labels)
                );
                session.Output.Many(
                    entries,
                    ProtocolJson.Default.AuditEntryView,
                    e => e.Seq.ToString(CultureInfo.InvariantCulture),
                    ("SEQ", e => e.Seq.ToString(CultureInfo.InvariantCulture)),
                    ("AT", e => e.At.ToString("u", CultureInfo.InvariantCulture)),
                    ("WHO", e => e.Who),
                    ("WHAT", e => e.What),
                    ("CHANGE", Change),
                    ("WHY", e => e.Why)
                );
                return ExitCodes.Ok;
            }
        );
        var file = new Option<string?>("--file") { Description = "Check a file instead of the node's log" };
        Command verify = run.Handle(
            new Command("verify", "Check that no entry was changed, removed or moved") { file },
            session => VerifyAsync(session, session.Parse.GetValue(file))
        );
        return new Command("audit", "The tamper-evident record of mutations") { log, verify };
    }

    // Programs push labels several times a second; what a person did must not drown in that.
    private static async Task<IReadOnlyList<AuditEntryView>> LogAsync(CliSession session, int limit, bool labels)
    {
        IReadOnlyList<AuditEntryView> all = await session.Api.ListAsync(
            "/api/v1/audit",
            ProtocolJson.Lenient.PageAuditEntryView,
            session.Cancel,
            labels ? limit : MostEntries
        );
        if (labels)
        {
            return all;
        }

        List<AuditEntryView> entries =
        [
            .. all.Where(e => !e.What.StartsWith("labels.push ", StringComparison.Ordinal)).Take(limit),
        ];
        if (all.Count - entries.Count is > 0 and int left && entries.Count < limit)
        {
            session.Say($"{left} label pushes are not shown; see them with --labels.");
        }

        return entries;
    }

    private static async Task<int> VerifyAsync(CliSession session, string? file)
    {
        AuditVerificationView result;
        if (file is null)
        {
            result = await session.Api.GetAsync(
                "/api/v1/audit:verify",
                ProtocolJson.Lenient.AuditVerificationView,
                session.Cancel
            );
        }
        else
        {
            AuditCheck check = AuditLog.Verify(file);
            result = new AuditVerificationView(check.Ok, check.Entries, check.Head, check.Line, check.Detail);
        }

        session.Output.One(
            result,
            ProtocolJson.Default.AuditVerificationView,
            r => r.Head,
            (output, r) =>
                output.WriteLine(
                    r.Ok
                        ? $"ok: {r.Entries} entries, head {r.Head}"
                        : $"line {r.Line}: {r.Detail}; {r.Entries} entries before it are good"
                )
        );
        return result.Ok ? ExitCodes.Ok : ExitCodes.Failed;
    }

    private static string Change(AuditEntryView entry) =>
        string.Join(
            ", ",
            entry
                .After.Where(a => entry.Before.GetValueOrDefault(a.Key) != a.Value)
                .Select(a =>
                    entry.Before.TryGetValue(a.Key, out string? b) ? $"{a.Key} {b} -> {a.Value}" : $"{a.Key} {a.Value}"
                )
        );
}
