using System.Net.Http.Headers;
using Handover.Control.Api;
using Handover.Control.Audit;
using Handover.Control.Consumers;
using Handover.Control.Evidence;
using Handover.Control.Notify;
using Handover.Control.Security;
using Handover.Control.Stores;
using Handover.Core.Catalog;
using Handover.Core.Traffic;
using Handover.Ports;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace Handover.Tests.Api;

/// <summary>The admin API on a real socket of this machine, over a real catalogue and a fake engine.</summary>
internal sealed class AdminNode : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly SqliteDatabase _database;

    private AdminNode(WebApplication app, SqliteDatabase database, string directory, ApiServices services)
    {
        (_app, _database, StateDirectory, Services) = (app, database, directory, services);
        Address = new Uri(app.Urls.Single());
        AdminToken = File.ReadAllText(TokenStore.AdminTokenPath(directory)).Trim();
    }

    public string StateDirectory { get; }

    public ApiServices Services { get; }

    public Uri Address { get; }

    public string AdminToken { get; }

    public RolloutOperationsFake Rollouts => (RolloutOperationsFake)Services.Rollouts;

    public static async Task<AdminNode> StartAsync(
        IJournalPort? recorded = null,
        Func<ApiServices, ApiServices>? with = null
    )
    {
        IJournalPort journal = recorded ?? new EmptyJournal();
        string directory = Directory.CreateTempSubdirectory("admin-").FullName;
        SqliteDatabase database = SqliteDatabase.Open(Path.Combine(directory, "state.db"));
        var services = new ApiServices
        {
            Rollouts = new RolloutOperationsFake(),
            Catalog = new StoredCatalog(
                CatalogStore.Open(database, TimeProvider.System).Value,
                recorded: new RecordedContracts(journal)
            ),
            Epochs = SqliteEpochStore.Open(database, TimeProvider.System),
            Journal = journal,
            Record = new RolloutStore(database),
            Evidence = new EvidenceCollector(
                new RolloutStore(database),
                TimeProvider.System,
                () => CatalogSnapshot.Empty
            ),
            Acknowledgements = new AcknowledgementStore(database),
            Outbox = new NotificationOutbox(database),
            Tokens = TokenStore.Open(directory, TimeProvider.System).Value,
            Audit = AuditLog.Open(directory, TimeProvider.System).Value,
            Address = AdminAddress.Parse("http://127.0.0.1:0", null, null, []).Value,
            Clock = TimeProvider.System,
        };
        services = with?.Invoke(services) ?? services;
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddAdminApi();
        builder.WebHost.ConfigureKestrel(kestrel => AdminApi.Listen(kestrel, services.Address));
        WebApplication app = builder.Build();
        AdminApi.Map(app, services);
        await app.StartAsync();
        return new AdminNode(app, database, directory, services);
    }

    /// <summary>A client with this token; none for null.</summary>
    public HttpClient Client(string? token)
    {
        var client = new HttpClient { BaseAddress = Address };
        client.DefaultRequestHeaders.Authorization = token is null
            ? null
            : new AuthenticationHeaderValue("Bearer", token);
        return client;
    }

    /// <summary>A client of a new holder with this role.</summary>
    public HttpClient Client(string name, Role role) => Client(Services.Tokens.Create(name, role).Value);

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        Services.Audit.Dispose();
        _database.Dispose();
        Directory.Delete(StateDirectory, recursive: true);
    }

    private sealed class EmptyJournal : IJournalPort
    {
        public long Dropped => 0;

        public Task<IReadOnlyList<Exchange>> RecentAsync(JournalQuery query, int limit, CancellationToken cancel) =>
            Task.FromResult<IReadOnlyList<Exchange>>([]);

        public Task<IReadOnlyList<(long Number, Exchange Exchange)>> AfterAsync(
            JournalQuery query,
            long after,
            int limit,
            CancellationToken cancel
        ) => Task.FromResult<IReadOnlyList<(long, Exchange)>>([]);

        public Task<long> HeadAsync(CancellationToken cancel) => Task.FromResult(0L);

        public Task<IReadOnlyList<Exchange>> FindAsync(
            string service,
            IReadOnlyCollection<string> requestIds,
            CancellationToken cancel
        ) => Task.FromResult<IReadOnlyList<Exchange>>([]);
    }
}
