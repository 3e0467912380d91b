using System.Collections.Immutable;
using System.Globalization;
using Handover.Control.Resources;
using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Core.Rollouts;
using Microsoft.Data.Sqlite;

namespace Handover.Control.Stores;

/// <summary>
/// Keeps what users have declared. A set is applied whole or not at all, on disk before in memory; readers take one
/// immutable snapshot and are never between two catalogues.
/// </summary>
public sealed class CatalogStore
{
    private static readonly string[] Steps =
    [
        """
            CREATE TABLE resource (
                id TEXT PRIMARY KEY, json TEXT NOT NULL, etag TEXT NOT NULL, generation INTEGER NOT NULL,
                source TEXT NOT NULL, updated_at INTEGER NOT NULL, updated_by TEXT NOT NULL) STRICT;
            CREATE TABLE catalog (one INTEGER PRIMARY KEY CHECK (one = 1), generation INTEGER NOT NULL) STRICT;
            INSERT INTO catalog VALUES (1, 0);
            """,
    ];

    private readonly SqliteDatabase _database;
    private readonly TimeProvider _time;
    private readonly Lock _applying = new();
    private volatile View _view = new(ImmutableDictionary<string, StoredResource>.Empty, 0);

    private CatalogStore(SqliteDatabase database, TimeProvider time) => (_database, _time) = (database, time);

    /// <summary>Raised after each change, with the catalogue already replaced. Handlers must not block.</summary>
    public event Action? Changed;

    /// <summary>
    /// Which release serves a service by routing; null when not known. Set once by the composition root.
    /// </summary>
    public Func<string, string?> ServingRelease { get; set; } = _ => null;

    /// <summary>Why a resource can't be deleted now (a rollout uses it); null when it can.</summary>
    public Func<ResourceKey, string?> InUse { get; set; } = _ => null;

    /// <summary>The catalogue in force.</summary>
    public CatalogSnapshot Current => _view.Snapshot;

    /// <summary>Rollout plans by name.</summary>
    public IReadOnlyDictionary<string, RolloutPlan> Plans => _view.Plans;

    /// <summary>Grows by one at each apply that changed something.</summary>
    public long Generation => _view.Generation;

    /// <summary>
    /// Opens the store; a resource that this program can't read is a problem, and nothing is changed.
    /// </summary>
    public static Result<CatalogStore> Open(SqliteDatabase database, TimeProvider time)
    {
        var store = new CatalogStore(database, time);
        try
        {
            database.Migrate("catalog", Steps);
            IReadOnlyList<Problem> problems = store.Load();
            return problems.Count > 0 ? Result<CatalogStore>.Failed(problems) : store;
        }
        catch (StoreException e)
        {
            return e.Problem;
        }
    }

    /// <summary>
    /// Stored resources of a kind, by name; only those of <paramref name="service"/> when it is given.
    /// </summary>
    public IReadOnlyList<StoredResource> List(ResourceKind? kind = null, string? service = null) =>
        [
            .. _view
                .Resources.Values.Where(r => kind is null || r.Resource.Key.Kind == kind)
                .Where(r => service is null || r.Resource.Key.Service == service || IsService(r.Resource.Key, service))
                .OrderBy(r => r.Resource.Key.Kind)
                .ThenBy(r => r.Resource.Key.Id, StringComparer.Ordinal),
        ];

    /// <summary>One stored resource; null when there is none.</summary>
    public StoredResource? Find(ResourceKey key) => _view.Resources.GetValueOrDefault(key.Id);

    /// <summary>
    /// What applying would do. With <paramref name="prune"/>, resources that came from the same source and are not in
    /// the set are deleted.
    /// </summary>
    public Task<CatalogChanges> PlanAsync(
        ResourceSet set,
        bool prune = false,
        ResourceSource source = ResourceSource.Directory
    ) => Task.FromResult(Plan(_view, set, prune ? Pruned(_view, set, source) : [], source));

    /// <summary>
    /// Applies a set, all or nothing. With <paramref name="validateOnly"/> nothing is written. With
    /// <paramref name="ifGeneration"/> it is a <c>conflict</c> when the catalogue has changed since.
    /// </summary>
    public Task<Result<CatalogChanges>> ApplyAsync(
        ResourceSet set,
        string actor,
        bool validateOnly = false,
        ResourceSource source = ResourceSource.Directory,
        bool prune = false,
        long? ifGeneration = null
    )
    {
        CatalogChanges Planned(View view) => Plan(view, set, prune ? Pruned(view, set, source) : [], source);
        return Task.Run(() => Change(Planned, actor, validateOnly, source, ifGeneration));
    }

    /// <summary>
    /// Deletes one resource; refused while something refers to it. <paramref name="ifEtag"/>: only this content.
    /// </summary>
    public Task<Result<CatalogChanges>> DeleteAsync(ResourceKey key, string actor, string? ifEtag = null) =>
        Task.Run(() => Delete(key, actor, ifEtag));

    private Result<CatalogChanges> Delete(ResourceKey key, string actor, string? ifEtag)
    {
        if (Find(key) is not { } found)
        {
            return new Problem("not-found", $"there is no {key}.");
        }

        return ifEtag is not null && ifEtag != found.Etag
            ? new Problem("conflict", $"{key} has changed since it was read.") { Fix = "Read it again." }
            : Change(v => Plan(v, ResourceSet.Empty, [key], found.Source), actor, false, found.Source, null);
    }

    private static bool IsService(ResourceKey key, string service) =>
        key.Kind == ResourceKind.Service && key.Name == service;

    private CatalogChanges Plan(
        View view,
        ResourceSet set,
        IReadOnlyCollection<ResourceKey> deletes,
        ResourceSource source
    )
    {
        var planner = new CatalogPlanner(view.Resources) { ServingRelease = ServingRelease, InUse = InUse };
        return planner.Plan(set, deletes, source) with { Generation = view.Generation };
    }

    private static List<ResourceKey> Pruned(View view, ResourceSet set, ResourceSource source)
    {
        var kept = set.Resources.Select(r => r.Key.Id).ToHashSet(StringComparer.Ordinal);
        return
        [
            .. view
                .Resources.Values.Where(r => r.Source == source && !kept.Contains(r.Resource.Key.Id))
                .Select(r => r.Resource.Key),
        ];
    }

    private Result<CatalogChanges> Change(
        Func<View, CatalogChanges> plan,
        string actor,
        bool validateOnly,
        ResourceSource source,
        long? ifGeneration
    )
    {
        CatalogChanges changes;
        lock (_applying)
        {
            View view = _view;
            if (ifGeneration is { } expected && expected != view.Generation)
            {
                string message = $"the catalogue is at generation {view.Generation}, the plan was made at {expected}.";
                return new Problem("conflict", message) { Fix = "Plan again." };
            }

            changes = plan(view);
            if (changes.Problems.Count > 0)
            {
                return Result<CatalogChanges>.Failed(changes.Problems);
            }

            if (validateOnly || !changes.Any)
            {
                return changes;
            }

            try
            {
                View next = Persist(view, changes, actor, source);
                changes = changes with { Generation = next.Generation };
                _view = next;
            }
            catch (StoreException e)
            {
                return e.Problem;
            }
        }

        Changed?.Invoke();
        return changes;
    }

    private View Persist(View view, CatalogChanges changes, string actor, ResourceSource source)
    {
        DateTimeOffset now = _time.GetUtcNow();
        ImmutableDictionary<string, StoredResource>.Builder after = view.Resources.ToBuilder();
        foreach (ResourceKey key in changes.Deletes)
        {
            after.Remove(key.Id);
        }

        List<Resource> written = [.. changes.Creates, .. changes.Changes.Select(c => c.Resource)];
        foreach (Resource resource in written)
        {
            string json = ResourceWriter.ToJson(resource);
            long generation = view.Resources.TryGetValue(resource.Key.Id, out StoredResource? old) ? old.Generation : 0;
            string etag = ResourceWriter.EtagOf(json);
            after[resource.Key.Id] = new StoredResource(resource, json, etag, generation + 1, source, now, actor);
        }

        _database.Write(connection =>
        {
            foreach (ResourceKey key in changes.Deletes)
            {
                SqliteDatabase.Execute(connection, "DELETE FROM resource WHERE id = $id", ("$id", key.Id));
            }

            foreach (Resource resource in written)
            {
                Insert(connection, resource.Key.Id, after[resource.Key.Id]);
            }

            return SqliteDatabase.Execute(connection, "UPDATE catalog SET generation = generation + 1");
        });
        return new View(after.ToImmutable(), view.Generation + 1);
    }

    private static void Insert(SqliteConnection connection, string id, StoredResource row) =>
        SqliteDatabase.Execute(
            connection,
            "INSERT OR REPLACE INTO resource VALUES ($id, $json, $etag, $generation, $source, $at, $by)",
            ("$id", id),
            ("$json", row.Json),
            ("$etag", row.Etag),
            ("$generation", row.Generation),
            ("$source", row.Source.ToString()),
            ("$at", row.UpdatedAt.ToUnixTimeMilliseconds()),
            ("$by", row.UpdatedBy)
        );

    private IReadOnlyList<Problem> Load()
    {
        var problems = new List<Problem>();
        var all = ImmutableDictionary.CreateBuilder<string, StoredResource>();
        long generation = _database.Read(connection =>
        {
            const string Sql = "SELECT id, json, generation, source, updated_at, updated_by FROM resource";
            SqliteDatabase.Query(
                connection,
                Sql,
                row =>
                {
                    string place = $"{_database.File}#{row.GetString(0)}";
                    Result<ResourceSet> read = ResourceReader.Read(row.GetString(1), place);
                    problems.AddRange(read.Problems);
                    if (read.Ok)
                    {
                        all[row.GetString(0)] = Row(row, read.Value.Resources.Single());
                    }

                    return 0;
                }
            );
            object? number = SqliteDatabase.Scalar(connection, "SELECT generation FROM catalog");
            return Convert.ToInt64(number ?? 0L, CultureInfo.InvariantCulture);
        });
        _view = new View(all.ToImmutable(), generation);
        return problems;
    }

    private static StoredResource Row(SqliteDataReader row, Resource resource)
    {
        string json = row.GetString(1);
        resource = resource with { File = null, Line = 0 };
        return new StoredResource(
            resource,
            json,
            ResourceWriter.EtagOf(json),
            row.GetInt64(2),
            Enum.Parse<ResourceSource>(row.GetString(3)),
            DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(4)),
            row.GetString(5)
        );
    }

    /// <summary>One catalogue with everything derived from it, so that a reader never joins two.</summary>
    private sealed class View
    {
        public View(ImmutableDictionary<string, StoredResource> resources, long generation)
        {
            (Resources, Generation) = (resources, generation);
            (Snapshot, Plans) = CatalogPlanner.Snapshot(resources.Values);
        }

        public ImmutableDictionary<string, StoredResource> Resources { get; }
        public long Generation { get; }
        public CatalogSnapshot Snapshot { get; }
        public IReadOnlyDictionary<string, RolloutPlan> Plans { get; }
    }
}
