using System.Collections.Concurrent;
using System.Globalization;
using Diamonds.Load;
using Handover.App.Cli;
using Handover.Protocol;
using Microsoft.Data.Sqlite;
using Xunit;

namespace Handover.Integration.Acceptance;

/// <summary>
/// The kill switch of the real program under load: how long after the flip the candidate still answered, by what the
/// callers got, with the store there and with the store locked by somebody else.
/// </summary>
[Collection(AcceptanceCollection.Name)]
public sealed class KillSwitchNodeTests
{
    private static readonly byte[] Body = DiamondRows.HeldOut()[0].Body;

    [Fact(Timeout = 60_000)]
    public async Task Flipped_by_api_or_by_file_and_with_the_store_locked_the_candidate_falls_silent()
    {
        await using var node = new NodeProcess();
        await node.StartAsync();
        using AdminClient admin = node.Admin();
        await using var callers = new Callers(node.Infer);

        // 1. By the API, the store is there: routing follows by a move.
        string first = await ServingAsync(node, admin);
        DateTimeOffset flip = TimeProvider.System.GetUtcNow();
        FlagView off = await FlipAsync(admin, "flagOff");
        Assert.Equal(("off", first), (off.Flag, off.Rollout));
        RolloutView back = await UntilAsync(admin, first, r => r.EndedAt is not null);
        Assert.Equal("rolledBack", back.State);
        Assert.Contains("switched off by", string.Join(' ', back.Events.Select(e => e.Text)), StringComparison.Ordinal);
        double api = callers.LastAfter(flip);
        await FlipAsync(admin, "flagOn");

        // 2. By a bare file, while somebody else holds the store's write lock.
        string second = await ServingAsync(node, admin);
        double file;
        await using (var store = new SqliteConnection($"Data Source={Path.Combine(node.State, "state.db")}"))
        {
            await store.OpenAsync(TestContext.Current.CancellationToken);
            await ExecuteAsync(store, "BEGIN EXCLUSIVE");
            string path = Path.Combine(node.State, "flags", "diamond-price.off");
            flip = TimeProvider.System.GetUtcNow();
            await File.WriteAllTextAsync(path, "", TestContext.Current.CancellationToken);
            await Task.Delay(1500, TestContext.Current.CancellationToken);
            file = callers.LastAfter(flip);
            RolloutView meanwhile = await NodeProcess.RolloutAsync(admin, second);
            Assert.Null(meanwhile.EndedAt);
            await ExecuteAsync(store, "ROLLBACK");
        }

        await UntilAsync(admin, second, r => r.State == "rolledBack");

        // 3. A restart does not forget it, and no rollout begins under it.
        await node.KillAsync();
        await node.StartAsync();
        AdminFailure refused = await Assert.ThrowsAsync<AdminFailure>(() => StartAsync(node, admin));
        Assert.Contains("switched off", refused.Message, StringComparison.Ordinal);
        Assert.Equal(0, callers.Failed(until: flip));
        string figures = string.Create(
            CultureInfo.InvariantCulture,
            $"kill switch: last candidate answer {api:0} ms after the call, {file:0} ms after the file (store locked)"
        );
        TestContext.Current.SendDiagnosticMessage(figures);
        Assert.True(api < 1000 && file < 1000, figures);
    }

    private static async Task<string> ServingAsync(NodeProcess node, AdminClient admin)
    {
        RolloutView started = await StartAsync(node, admin);
        await UntilAsync(admin, started.Id, r => r.Share >= 50);
        await Task.Delay(400, TestContext.Current.CancellationToken);
        return started.Id;
    }

    private static Task<RolloutView> StartAsync(NodeProcess node, AdminClient admin) =>
        node.StartRolloutAsync(
            admin,
            AcceptancePlans.Plan(
                "killed",
                "v2",
                "parallel",
                "- verify: {}",
                "- start: { timeout: 30s }",
                "- shift: { share: 50%, for: 10m }",
                "- shift: { share: 100%, for: 10m }",
                "- retire: { keep: 10m }"
            )
        );

    private static async Task<FlagView> FlipAsync(AdminClient admin, string verb)
    {
        (FlagView view, _) = await admin.PostAsync(
            $"/api/v1/services/{NodeProcess.Service}:{verb}",
            new RolloutCommandRequest { Reason = "a test" },
            ProtocolJson.Default.RolloutCommandRequest,
            ProtocolJson.Default.FlagView,
            TestContext.Current.CancellationToken
        );
        return view;
    }

    private static async Task<RolloutView> UntilAsync(AdminClient admin, string id, Func<RolloutView, bool> done)
    {
        for (int i = 0; i < 600; i++)
        {
            RolloutView view = await NodeProcess.RolloutAsync(admin, id);
            if (done(view))
            {
                return view;
            }

            await Task.Delay(25, TestContext.Current.CancellationToken);
        }

        throw new TimeoutException($"{id} did not get there");
    }

    private static async Task ExecuteAsync(SqliteConnection store, string sql)
    {
        await using SqliteCommand command = store.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>A few callers who never stop; each notes when it was answered and by which release.</summary>
    private sealed class Callers : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly HttpClient _http = new();
        private readonly ConcurrentQueue<(DateTimeOffset At, string Release)> _answers = new();
        private readonly Task[] _loops;

        public Callers(Uri url) => _loops = [.. Enumerable.Range(0, 4).Select(i => CallAsync(url, i))];

        /// <summary>Milliseconds from a moment to the candidate's last answer.</summary>
        public double LastAfter(DateTimeOffset moment)
        {
            var late = _answers.Where(a => a.Release == "v2" && a.At > moment).Select(a => a.At).ToList();
            Assert.Contains(_answers, a => a.Release == "v2");
            return late.Count == 0 ? 0 : (late.Max() - moment).TotalMilliseconds;
        }

        public int Failed(DateTimeOffset until) => _answers.Count(a => a.Release.Length == 0 && a.At < until);

        private async Task CallAsync(Uri url, int worker)
        {
            await Task.Yield();
            for (int i = 0; !_stop.IsCancellationRequested; i++)
            {
                string release = "";
                try
                {
                    using var request = new HttpRequestMessage(HttpMethod.Post, url)
                    {
                        Content = new ByteArrayContent(Body),
                    };
                    request.Content.Headers.ContentType = new("application/json");
                    request.Headers.Add("x-customer-id", $"c-{worker}-{i % 50}");
                    using HttpResponseMessage answer = await _http.SendAsync(request, _stop.Token);
                    release = answer.IsSuccessStatusCode ? answer.Headers.GetValues("Handover-Release").Single() : "";
                }
                catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
                {
                    await Task.Delay(5);
                }

                _answers.Enqueue((TimeProvider.System.GetUtcNow(), release));
                await Task.Delay(2);
            }
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await Task.WhenAll(_loops);
            _http.Dispose();
            _stop.Dispose();
        }
    }
}
