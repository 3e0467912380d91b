using System.Net;
using System.Text.Json;
using Handover.Integration.Acceptance;
using Handover.Ports;
using Xunit;

namespace Handover.Integration.Ledger;

/// <summary>
/// The node is killed with SIGKILL between every two steps of a ledger write. Whatever it left, the models' own logs
/// say that no request was decided twice, and the caller's second try gets the answer or is told that nobody knows.
/// </summary>
[Collection(AcceptanceCollection.Name)]
public sealed class LedgerCrashTests
{
    /// <summary>Where the node dies, and how often the model may have been asked by then.</summary>
    public static TheoryData<string, int> Points =>
        new()
        {
            { $"{Failpoint.LedgerDecided}:3", 0 },
            { $"{Failpoint.LedgerWritten}:3", 0 },
            { $"{Failpoint.LedgerSynced}:3", 0 },
            { $"{Failpoint.LedgerClaimed}:2", 0 },
            { $"{Failpoint.LedgerAnswered}:2", 1 },
            { $"{Failpoint.LedgerDecided}:4", 1 },
            { $"{Failpoint.LedgerWritten}:4", 1 },
            { $"{Failpoint.LedgerSynced}:4", 1 },
            { $"{Failpoint.LedgerRecorded}:2", 1 },
        };

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(Points))]
    public async Task A_kill_between_two_steps_never_decides_a_request_twice(string point, int asked)
    {
        await using LedgerNode ledger = await LedgerNode.MakeAsync();
        ledger.Node.Launch(point);
        await ledger.Node.ReadyAsync();
        using (HttpResponseMessage? first = await ledger.AskAsync("k-1", "{\"n\":1}"))
        {
            Assert.Equal(HttpStatusCode.OK, first!.StatusCode);
        }

        Assert.Null(await ledger.AskAsync("k-2", "{\"n\":2}"));
        await Until(() => ledger.Node.Ended is not null);
        Assert.Equal(asked, ledger.Asked("{\"n\":2}"));
        await ledger.Node.StartAsync();
        using HttpResponseMessage again = (await ledger.AskAsync("k-2", "{\"n\":2}"))!;
        string answer = await again.Content.ReadAsStringAsync();
        if (again.StatusCode == HttpStatusCode.Conflict)
        {
            Assert.Equal("decision-unknown", JsonDocument.Parse(answer).RootElement.GetProperty("code").GetString());
        }
        else
        {
            Assert.Equal(HttpStatusCode.OK, again.StatusCode);
            Assert.Equal(asked == 1, again.Headers.Contains("Handover-Replayed"));
        }

        Assert.True(ledger.Asked("{\"n\":2}") <= 1);
        using HttpResponseMessage old = (await ledger.AskAsync("k-1", "{\"n\":1}"))!;
        Assert.Equal("true", old.Headers.GetValues("Handover-Replayed").Single());
        Assert.Equal(1, ledger.Asked("{\"n\":1}"));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_person_settles_what_a_crash_left_unknown()
    {
        await using LedgerNode ledger = await LedgerNode.MakeAsync();
        ledger.Node.Launch(Failpoint.LedgerAnswered);
        await ledger.Node.ReadyAsync();
        Assert.Null(await ledger.AskAsync("k-1", "{\"n\":1}"));
        await Until(() => ledger.Node.Ended is not null);
        await ledger.Node.StartAsync();
        (int code, string list, _) = await ledger.CommandAsync(
            "ledger",
            "list",
            NodeProcess.Service,
            "--stage",
            "unknown",
            "-o",
            "json"
        );
        Assert.Equal(0, code);
        JsonElement row = JsonDocument.Parse(list).RootElement.GetProperty("items")[0];
        Assert.Equal("k-1", row.GetProperty("key").GetString());
        string request = row.GetProperty("requestId").GetString()!;
        Assert.Contains(ledger.V1.Log, r => r.RequestId == request);
        string file = Path.Combine(ledger.Node.Dir, "answer.json");
        await File.WriteAllTextAsync(file, "{\"found\":\"downstream\"}");
        (code, _, string said) = await ledger.CommandAsync(
            "ledger",
            "settle",
            NodeProcess.Service,
            "k-1",
            "--request",
            request,
            "--answer",
            file
        );
        Assert.True(code == 0, said);
        using HttpResponseMessage again = (await ledger.AskAsync("k-1", "{\"n\":1}"))!;
        Assert.Equal("{\"found\":\"downstream\"}", await again.Content.ReadAsStringAsync());
        Assert.Equal(1, ledger.Asked("{\"n\":1}"));
    }

    private static async Task Until(Func<bool> condition)
    {
        for (int i = 0; i < 1000 && !condition(); i++)
        {
            await Task.Delay(10);
        }

        Assert.True(condition());
    }
}
