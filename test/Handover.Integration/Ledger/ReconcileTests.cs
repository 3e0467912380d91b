using System.Text;
using System.Text.Json;
using Handover.App.Cli;
using Handover.Integration.Acceptance;
using Handover.Protocol;
using Handover.Testkit;
using Microsoft.AspNetCore.Http;
using Parquet.Serialization;
using Xunit;

namespace Handover.Integration.Ledger;

/// <summary>
/// A release decides for real, is taken back, and what it decided is listed beside what stable says: enough for whoever
/// has to make it good.
/// </summary>
[Collection(AcceptanceCollection.Name)]
public sealed class ReconcileTests
{
    private const int Decisions = 24;

    [Fact(Timeout = 90_000)]
    public async Task What_a_rolled_back_release_decided_is_listed_beside_what_stable_says()
    {
        await using LedgerNode ledger = await LedgerNode.MakeAsync();
        ledger.V1.Behaviour = Price(_ => 10);
        ledger.V2.Behaviour = Price(n => n % 3 == 0 ? 99 : 10);
        await ledger.Node.StartAsync();
        string rollout = await DecideAndRollBackAsync(ledger);
        int before = ledger.V1.Log.Count;

        (int code, string ndjson, string said) = await ledger.CommandAsync("reconcile", rollout, "--rate", "500");
        Assert.True(code == 0, said);
        Assert.Contains($"{Decisions} decisions: {Decisions - 8} the same, 8 differ, 0 not comparable", said);
        List<ReconciledView> rows =
        [
            .. ndjson
                .Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(l => JsonSerializer.Deserialize(l, ProtocolJson.Default.ReconciledView)!),
        ];
        Assert.Equal(Decisions, rows.Count);
        Assert.Equal(
            ledger.V2.Log.Where(r => r.Method == "POST").Select(r => r.RequestId).Order(),
            rows.Select(r => r.RequestId).Order()
        );
        ReconciledView differs = rows.First(r => r.Verdict == "differs");
        Assert.Equal(("v2", "v1", "/price"), (differs.Release, differs.StableRelease, differs.Differences[0].Path));
        Assert.Equal(99, differs.Answer!.Value.GetProperty("price").GetInt32());
        Assert.Equal(10, differs.StableAnswer!.Value.GetProperty("price").GetInt32());
        Assert.Equal(12, rows.Count(r => r.IdempotencyKey is not null));
        Assert.All(rows, r => Assert.StartsWith("c-", r.Entity));
        FakeModelRequest[] again = [.. ledger.V1.Log.Skip(before).Where(r => r.Method == "POST")];
        Assert.Equal(Decisions, again.Length);
        Assert.All(again, r => Assert.Equal("reconcile", r.Headers["Handover-Purpose"]));

        await FilesAsync(ledger, rollout);
        await CountedAsync(ledger);
    }

    [Fact(Timeout = 90_000)]
    public async Task What_the_journal_may_not_show_is_not_shown_from_the_ledger_and_what_it_leaves_out_is_said()
    {
        await using LedgerNode ledger = await LedgerNode.MakeAsync("{ sample: 0%, redact: [ /price ] }");
        ledger.V1.Behaviour = Price(_ => 10);
        ledger.V2.Behaviour = Price(_ => 99);
        await ledger.Node.StartAsync();
        string rollout = await DecideAndRollBackAsync(ledger);

        (int code, string ndjson, string said) = await ledger.CommandAsync("reconcile", rollout, "--rate", "500");
        Assert.True(code == 0, said);
        Assert.Contains("records 0 % of its exchanges", said, StringComparison.Ordinal);
        Assert.Equal(Decisions / 2, ndjson.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.DoesNotContain("\"price\":99", ndjson, StringComparison.Ordinal);
    }

    private static async Task CountedAsync(LedgerNode ledger)
    {
        using var http = new HttpClient();
        string metrics = await http.GetStringAsync($"http://127.0.0.1:{ledger.Node.AdminPort}/metrics");
        Assert.Contains($"handover_ledger_events_total{{event=\"claimed\"}} {Decisions / 2}\n", metrics);
        Assert.Contains($"handover_mirrored_total{{service=\"{NodeProcess.Service}\"}} 0\n", metrics);
        Assert.Contains("handover_contracts_not_checked_total 0\n", metrics, StringComparison.Ordinal);
    }

    private static async Task FilesAsync(LedgerNode ledger, string rollout)
    {
        string csv = Path.Combine(ledger.Node.Dir, "r.csv");
        string parquet = Path.Combine(ledger.Node.Dir, "r.parquet");
        string[] fast = ["reconcile", rollout, "--rate", "500"];
        Assert.Equal(0, (await ledger.CommandAsync([.. fast, "--format", "csv", "--out", csv])).Code);
        string[] lines = await File.ReadAllLinesAsync(csv);
        Assert.Equal(Decisions + 1, lines.Length);
        Assert.StartsWith("requestId,idempotencyKey,service,entity", lines[0]);
        Assert.Equal(0, (await ledger.CommandAsync([.. fast, "--format", "parquet", "--out", parquet])).Code);
        await using FileStream stream = File.OpenRead(parquet);
        var read = await ParquetSerializer.DeserializeUntypedAsync(stream);
        Assert.Equal(Decisions, read.Data.Count);
        Assert.Equal(8, read.Data.Count(r => (string?)r["Verdict"] == "differs"));
    }

    private static async Task<string> DecideAndRollBackAsync(LedgerNode ledger)
    {
        using AdminClient admin = ledger.Node.Admin();
        RolloutView rollout = await ledger.Node.StartRolloutAsync(
            admin,
            AcceptancePlans.Plan(
                "cut",
                "v2",
                "cutover",
                "- start: { timeout: 30s }",
                "- switch: { hold: 400ms, drain: atomic, stack: double }",
                "- bake: { for: 1h }",
                "- retire: { keep: 10m }"
            )
        );
        for (int i = 0; i < 500; i++)
        {
            RolloutView now = await NodeProcess.RolloutAsync(admin, rollout.Id);
            if (now is { Phase: "bake" })
            {
                break;
            }

            await Task.Delay(20);
        }

        for (int i = 0; i < Decisions; i++)
        {
            using HttpResponseMessage answer = (
                await ledger.AskAsync(i % 2 == 0 ? $"k-{i}" : null, $"{{\"n\":{i}}}", $"c-{i}")
            )!;
            Assert.True(answer.IsSuccessStatusCode);
            Assert.Equal("v2", answer.Headers.GetValues("Handover-Release").Single());
        }

        (int code, _, string said) = await ledger.CommandAsync("reconcile", rollout.Id);
        Assert.True(code != 0 && said.Contains("still serves", StringComparison.Ordinal), said);
        (code, _, said) = await ledger.CommandAsync("rollback", NodeProcess.Service, "--yes");
        Assert.True(code == 0, said);
        return rollout.Id;
    }

    private static Func<HttpContext, FakeModelRequest, Task> Price(Func<int, int> price) =>
        async (context, request) =>
        {
            using JsonDocument? asked = request.Method == "POST" ? JsonDocument.Parse(request.Body) : null;
            int n = asked?.RootElement.GetProperty("n").GetInt32() ?? 0;
            context.Response.ContentType = "application/json";
            await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes($"{{\"price\":{price(n)}}}"));
        };
}
