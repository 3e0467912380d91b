using System.Text;
using Handover.Control.Api;
using Handover.Control.Evidence;
using Handover.Control.Journal;
using Handover.Control.Stores;
using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Protocol;
using Handover.Tests.Journal;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Handover.Tests.Evidence;

/// <summary>From the journal on the disk to the verdict of a consumer with a Pact file.</summary>
public sealed class RecordedContractsTests : IAsyncDisposable
{
    private const string Pact = """
        { "interactions": [ { "description": "a score",
            "request": { "method": "POST", "path": "/p" },
            "response": { "status": 200, "body": { "score": 0.5 },
              "matchingRules": { "body": { "$.score": { "matchers": [ { "match": "decimal" } ] } } } } } ],
          "metadata": { "pactSpecification": { "version": "3.0.0" } } }
        """;

    private readonly string _directory = Directory.CreateTempSubdirectory("recorded-").FullName;
    private readonly SqliteDatabase _database;
    private readonly JournalWriter _journal;

    public RecordedContractsTests()
    {
        _database = SqliteDatabase.Open(Path.Combine(_directory, "state.db"));
        var options = new JournalOptions { File = Path.Combine(_directory, "journal.db") };
        _journal = new JournalWriter(
            options,
            _ => new JournalPolicy(),
            TimeProvider.System,
            NullLogger<JournalWriter>.Instance
        );
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_consumer_with_a_Pact_file_is_judged_by_what_each_release_answered()
    {
        StoredCatalog catalog = await CatalogAsync();
        Assert.Equal(["v1 undecided", "v2 undecided"], await VerdictsAsync(catalog));
        await AnsweredAsync("v1", """{"score": 0.25}""");
        Assert.Equal(["v1 holds", "v2 undecided"], await VerdictsAsync(catalog));
        await AnsweredAsync("v2", """{"score": 0.75}""");
        Assert.Equal(["v1 holds", "v2 holds"], await VerdictsAsync(catalog));
        await AnsweredAsync("v2", """{"score": "high"}""");
        Assert.Equal(["v1 holds", "v2 breaks"], await VerdictsAsync(catalog));
    }

    [Fact]
    public async Task Answers_with_replaced_values_judge_nobody()
    {
        StoredCatalog catalog = await CatalogAsync(", journal: { redact: [/score] }");
        await AnsweredAsync("v1", """{"score": "***"}""");
        Assert.Equal(["v1 undecided", "v2 undecided"], await VerdictsAsync(catalog));
    }

    public async ValueTask DisposeAsync()
    {
        await _journal.DisposeAsync();
        _database.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private async Task AnsweredAsync(string release, string answer)
    {
        _journal.Record(
            Exchanges.One(1, release) with
            {
                Request = Encoding.UTF8.GetBytes("""{"item": 1}"""),
                Response = Encoding.UTF8.GetBytes(answer),
            }
        );
        await _journal.FlushAsync(Cancel);
    }

    private static async Task<string[]> VerdictsAsync(StoredCatalog catalog)
    {
        Result<IReadOnlyList<ContractView>> found = await catalog.CheckContractsAsync("price", "v2", Cancel);
        return [.. found.Value.Select(v => $"{v.Release} {v.Verdict}")];
    }

    private async Task<StoredCatalog> CatalogAsync(string more = "")
    {
        string manifests = $$"""
            apiVersion: handover.dev/v1
            kind: Service
            metadata: { name: price }
            spec: { route: { path: /p }, stable: v1, entity: { from: header, name: x-id }{{more}} }
            ---
            apiVersion: handover.dev/v1
            kind: Release
            metadata: { service: price, name: v1 }
            spec: { members: { model: { runtime: http, endpoints: [ http://127.0.0.1:9 ], ready: /ready } } }
            ---
            apiVersion: handover.dev/v1
            kind: Release
            metadata: { service: price, name: v2 }
            spec: { members: { model: { runtime: http, endpoints: [ http://127.0.0.1:9 ], ready: /ready } } }
            ---
            apiVersion: handover.dev/v1
            kind: Consumer
            metadata: { service: price, name: desk }
            spec: { role: decision, accepts: { pact: score.json } }
            """;
        CatalogStore store = CatalogStore.Open(_database, TimeProvider.System).Value;
        var catalog = new StoredCatalog(store, _ => Pact, new RecordedContracts(_journal));
        var request = new ApplyRequest([new ManifestFile("all.yaml", manifests)]);
        Result<ApplyResult> applied = await catalog.ApplyAsync(request, validateOnly: false, "test", Cancel);
        Assert.True(applied.Ok, string.Join("; ", applied.Problems));
        return catalog;
    }
}
