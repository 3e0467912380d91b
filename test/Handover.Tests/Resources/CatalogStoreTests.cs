using Handover.Control.Resources;
using Handover.Control.Stores;
using Handover.Core.Foundation;
using Xunit;

namespace Handover.Tests.Resources;

public sealed class CatalogStoreTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("catalog-").FullName;
    private readonly SqliteDatabase _database;
    private readonly CatalogStore _store;

    public CatalogStoreTests()
    {
        _database = SqliteDatabase.Open(Path.Combine(_directory, "state.db"));
        _store = CatalogStore.Open(_database, TimeProvider.System).Value;
    }

    [Fact]
    public async Task An_applied_set_is_there_after_a_restart()
    {
        int raised = 0;
        _store.Changed += () => raised++;
        CatalogChanges changes = (await Apply(Examples.All)).Value;
        Assert.Equal(7, changes.Creates.Count);
        Assert.Equal(1, raised);
        CatalogStore again = CatalogStore.Open(_database, TimeProvider.System).Value;
        Assert.Equal(1, again.Generation);
        Assert.Equal(
            _store.List().Select(r => (r.Json, r.Etag, r.Generation)),
            again.List().Select(r => (r.Json, r.Etag, r.Generation))
        );
        Assert.Equal("v2", again.Plans["price-v2"].To);
        Assert.Equal(2, again.Current.Releases.Count);
        Assert.False((await again.PlanAsync(Read(Examples.All))).Any);
    }

    [Fact]
    public async Task A_change_names_its_fields_and_the_generation_grows()
    {
        await Apply(Examples.All);
        string text = Examples.Service.Replace("p99: 250ms", "p99: 300ms", StringComparison.Ordinal);
        CatalogChanges changes = (await Apply(text)).Value;
        ResourceChange change = Assert.Single(changes.Changes);
        Assert.Equal("spec.objectives.p99: \"250ms\" -> \"300ms\"", Assert.Single(change.Fields).ToString());
        Assert.Equal(2, _store.Find(change.Resource.Key)!.Generation);
        Assert.Equal(1, _store.Find(new ResourceKey(ResourceKind.Segment, null, "internal"))!.Generation);
    }

    [Fact]
    public async Task Validate_only_changes_nothing()
    {
        CatalogChanges changes = (await _store.ApplyAsync(Read(Examples.All), "me", validateOnly: true)).Value;
        Assert.Equal(7, changes.Creates.Count);
        Assert.Empty(_store.Current.Services);
        Assert.Equal(0, _store.Generation);
    }

    [Fact]
    public async Task A_release_is_immutable_and_the_message_says_what_would_change()
    {
        await Apply(Examples.All);
        string text = Examples.Release1.Replace("price-v1.onnx", "other.onnx", StringComparison.Ordinal);
        Assert.Equal(
            "x.yaml:1:1: spec.members.model.file: Release diamond-price/v1 is immutable and would change: "
                + "spec.members.model.file: \"models/price-v1.onnx\" -> \"models/other.onnx\". Give it a new name.",
            Assert.Single((await Apply(text)).Problems).ToString()
        );
    }

    [Fact]
    public async Task A_process_member_comes_only_from_the_directory()
    {
        Result<CatalogChanges> refused = await _store.ApplyAsync(Read(Examples.All), "me", source: ResourceSource.Api);
        Problem problem = Assert.Single(refused.Problems);
        Assert.Equal(("process-from-api", "spec.members.encoder"), (problem.Code, problem.Field));
        await Apply(Examples.All);
        Assert.True((await _store.ApplyAsync(Read(Examples.All), "me", source: ResourceSource.Api)).Ok);
    }

    [Fact]
    public async Task A_file_cannot_move_traffic_but_may_follow_it()
    {
        await Apply(Examples.All);
        string text = Examples.Service.Replace("stable: v1", "stable: v2", StringComparison.Ordinal);
        Assert.Equal("stable-owned-by-rollouts", Assert.Single((await Apply(text)).Problems).Code);
        _store.ServingRelease = _ => "v2";
        Assert.True((await Apply(text)).Ok);
    }

    [Fact]
    public async Task What_is_referred_to_cannot_be_deleted()
    {
        await Apply(Examples.All);
        var key = new ResourceKey(ResourceKind.Release, "diamond-price", "v2");
        Problem problem = Assert.Single((await _store.DeleteAsync(key, "me")).Problems);
        Assert.Equal("Rollout diamond-price/price-v2: there is no release 'v2'.", problem.Message);
        await _store.DeleteAsync(new ResourceKey(ResourceKind.Rollout, "diamond-price", "price-v2"), "me");
        _store.InUse = k => k == key ? "rollout price-v2.1 is open" : null;
        Assert.Equal("in-use", Assert.Single((await _store.DeleteAsync(key, "me")).Problems).Code);
        _store.InUse = _ => null;
        Assert.Equal("conflict", Assert.Single((await _store.DeleteAsync(key, "me", "stale")).Problems).Code);
        Assert.Equal(key, Assert.Single((await _store.DeleteAsync(key, "me")).Value.Deletes));
        Assert.Equal("not-found", Assert.Single((await _store.DeleteAsync(key, "me")).Problems).Code);
    }

    [Fact]
    public async Task Prune_takes_only_what_the_same_source_brought()
    {
        await Apply(Examples.All);
        string other = Examples.Segment.Replace("internal", "beta", StringComparison.Ordinal);
        await _store.ApplyAsync(Read(other), "me", source: ResourceSource.Api);
        string rest = Examples.All.Replace("\n---\n" + Examples.Rollout, "", StringComparison.Ordinal);
        CatalogChanges changes = (await _store.ApplyAsync(Read(rest), "me", prune: true)).Value;
        Assert.Equal(["Rollout/price-v2"], changes.Deletes.Select(d => d.Id));
        Assert.Empty(_store.Plans);
        Assert.Equal(2, _store.Current.Segments.Count);
    }

    [Fact]
    public async Task A_plan_that_is_out_of_date_is_a_conflict()
    {
        await Apply(Examples.All);
        Result<CatalogChanges> late = await _store.ApplyAsync(Read(Examples.All), "me", ifGeneration: 0);
        Assert.Equal("conflict", Assert.Single(late.Problems).Code);
    }

    [Fact]
    public async Task Broken_references_and_collisions_are_told_all_at_once()
    {
        string second = Examples.Service.Replace("name: diamond-price", "name: other", StringComparison.Ordinal);
        string set = string.Join(
            "\n---\n",
            Examples.Service.Replace("stable: v1", "stable: v11", StringComparison.Ordinal),
            second,
            Examples.Release1.Replace("model:", "modell:", StringComparison.Ordinal),
            Examples.Rollout
        );
        Assert.Equal(
            [
                "Service diamond-price: there is no release 'v11'. Did you mean 'v1'?",
                "Service other: there is no release 'v1'. None is declared yet.",
                "Service other: /v2/models/diamond-price on every host belongs to service diamond-price already."
                    + " Give one of them another path or host.",
                "Release diamond-price/v1: has no member 'model', which is the entry of service diamond-price."
                    + " Its members: modell.",
                "Rollout diamond-price/price-v2: there is no release 'v2'. Did you mean 'v1'?",
                "Rollout diamond-price/price-v2: there is no segment 'internal'. None is declared yet.",
            ],
            (await Apply(set)).Problems.Select(p => $"{p.Message} {p.Fix}")
        );
        Assert.Empty(_store.Current.Services);
    }

    [Theory]
    [InlineData("http://169.254.169.254/latest")]
    [InlineData("http://[fe80::1]:80")]
    [InlineData("http://[::ffff:169.254.1.1]")]
    public async Task A_link_local_member_is_refused(string url)
    {
        string text = Examples.All.Replace("http://127.0.0.1:9002", $"\"{url}\"", StringComparison.Ordinal);
        Assert.Equal("link-local", Assert.Single((await Apply(text)).Problems).Code);
    }

    [Fact]
    public async Task A_stored_resource_that_cannot_be_read_is_told_and_left_alone()
    {
        await Apply(Examples.All);
        _database.Write(c =>
            SqliteDatabase.Execute(c, "UPDATE resource SET json = '{\"kind\":\"Nope\"}' WHERE id = 'Segment/internal'")
        );
        Problem problem = Assert.Single(CatalogStore.Open(_database, TimeProvider.System).Problems);
        Assert.EndsWith("state.db#Segment/internal", problem.File, StringComparison.Ordinal);
        Assert.Equal(7L, _database.Read(c => SqliteDatabase.Scalar(c, "SELECT count(*) FROM resource")));
    }

    public void Dispose()
    {
        _database.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private Task<Result<CatalogChanges>> Apply(string text) => _store.ApplyAsync(Read(text), "me");

    private static ResourceSet Read(string text) => ResourceReader.Read(text, "x.yaml").Value;
}
