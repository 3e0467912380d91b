using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using Handover.Bench.Cutover;
using Handover.Bench.Hops;
using Microsoft.Data.Sqlite;

namespace Handover.Bench.Shadow;

/// <summary>
/// The shipped program with a candidate at 100 %, and callers who never stop: each notes which release answered and
/// when, so that when the candidate fell silent is told by who was answered.
/// </summary>
internal sealed class KillStage : IAsyncDisposable
{
    public const string Service = "price";
    private const int Callers = 4;
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    private readonly string _root = Directory.CreateTempSubdirectory("handover-kills-").FullName;
    private readonly CancellationTokenSource _stop = new();
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false });
    private readonly ConcurrentQueue<(long At, string Release)> _answers = new();
    private TimedModel _stable = null!;
    private TimedModel _candidate = null!;
    private Task[] _loops = [];

    private KillStage() { }

    /// <summary>The node.</summary>
    public RunningNode Node { get; private set; } = null!;

    /// <summary>The organisation's flag.</summary>
    public OrganisationFlag Flag { get; private set; } = null!;

    /// <summary>Requests that got no 2xx answer.</summary>
    public int Failed { get; private set; }

    /// <summary>Answers so far.</summary>
    public int Answered { get; private set; }

    public static async Task<KillStage> StartAsync()
    {
        var stage = new KillStage
        {
            _stable = await TimedModel.StartAsync("v1", TimeSpan.FromMilliseconds(1)),
            _candidate = await TimedModel.StartAsync("v2", TimeSpan.FromMilliseconds(1)),
            Flag = await OrganisationFlag.StartAsync(),
        };
        await File.WriteAllTextAsync(Path.Combine(stage._root, "price.yaml"), stage.Resources());
        stage.Node = await RunningNode.StartAsync(HandoverChains.BuiltExecutable, stage._root);
        stage._loops = [.. Enumerable.Range(0, Callers).Select(stage.CallAsync)];
        return stage;
    }

    /// <summary>Starts a rollout and returns when the candidate answers everybody.</summary>
    public async Task<string> ServingAsync(bool outside)
    {
        string flag = outside
            ? $$"""flag: { ofrep: "{{Flag.Address}}", key: price-v2, timeout: 250ms, ttl: 1s }"""
            : "";
        string id = await Node.StartRolloutAsync(
            $$"""
            apiVersion: handover.dev/v1
            kind: Rollout
            metadata: { name: price-v2, service: {{Service}} }
            spec:
              to: v2
              strategy: flag
              phases:
                - verify: {}
                - start: { timeout: 60s }
                - shift: { share: 100%, for: 1h }
                - bake: { for: 1h }
                - retire: {}
              gates:
                metrics:
                  - { name: errors, worseBy: 20%, then: hold }
              deadline: 24h
              {{flag}}
            """,
            default
        );
        await CandidateAnswersAsync();
        return id;
    }

    /// <summary>Returns when the last hundred answers are the candidate's.</summary>
    public async Task CandidateAnswersAsync()
    {
        for (long began = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(began) < Bound; await Task.Delay(20))
        {
            (long, string Release)[] last = [.. _answers.TakeLast(100)];
            if (last.Length == 100 && last.All(a => a.Release == "v2"))
            {
                return;
            }
        }

        throw new TimeoutException("the candidate never answered everybody");
    }

    /// <summary>
    /// Flips, watches for a while, and returns the ms from before the flip to the candidate's last answer.
    /// </summary>
    public async Task<double> FlipAsync(Func<Task> flip, TimeSpan watch)
    {
        Forget();
        long began = Stopwatch.GetTimestamp();
        await flip();
        TimeSpan left = watch - Stopwatch.GetElapsedTime(began);
        await Task.Delay(left > TimeSpan.Zero ? left : TimeSpan.Zero);
        long[] late = [.. _answers.Where(a => a.Release == "v2" && a.At > began).Select(a => a.At)];
        if (!_answers.Any(a => a.Release == "v1" && a.At > began))
        {
            return double.PositiveInfinity;
        }

        return late.Length == 0 ? 0 : Stopwatch.GetElapsedTime(began, late.Max()).TotalMilliseconds;
    }

    /// <summary>Waits until a rollout was taken back, and switches on again.</summary>
    public async Task OnAgainAsync(string id)
    {
        using var bound = new CancellationTokenSource(Bound);
        (string state, string reasons) = await Node.EndAsync(id, bound.Token);
        if (state != "rolledBack")
        {
            throw new InvalidOperationException($"{id} was not taken back but is '{state}': {reasons}");
        }

        await Node.CommandAsync($"api/v1/services/{Service}:flagOn");
    }

    /// <summary>Keeps every writer out of the node's store until disposed.</summary>
    public SqliteConnection LockStore()
    {
        var store = new SqliteConnection($"Data Source={Path.Combine(Node.State, "state.db")};Pooling=False");
        store.Open();
        using SqliteCommand command = store.CreateCommand();
        command.CommandText = "BEGIN EXCLUSIVE";
        command.ExecuteNonQuery();
        return store;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_loops);
        Forget();
        await Node.DisposeAsync();
        await Flag.DisposeAsync();
        await _candidate.DisposeAsync();
        await _stable.DisposeAsync();
        _http.Dispose();
        _stop.Dispose();
        Directory.Delete(_root, recursive: true);
    }

    private void Forget()
    {
        while (_answers.TryDequeue(out (long At, string Release) answer))
        {
            Answered++;
            Failed += answer.Release.Length == 0 ? 1 : 0;
        }
    }

    private async Task CallAsync(int caller)
    {
        await Task.Yield();
        var target = new Uri(Node.Data, "price");
        for (int n = 0; !_stop.IsCancellationRequested; n++)
        {
            string release = "";
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, target)
                {
                    Content = new StringContent("{\"x\":1}", null, "application/json"),
                };
                request.Headers.Add("x-customer-id", $"c-{caller}-{n % 50}");
                using HttpResponseMessage answer = await _http.SendAsync(request);
                release = answer.IsSuccessStatusCode ? answer.Headers.GetValues("Handover-Release").Single() : "";
            }
            catch (HttpRequestException)
            {
                // It counts as failed below.
            }

            _answers.Enqueue((Stopwatch.GetTimestamp(), release));
            await Task.Delay(2);
        }
    }

    private string Resources() =>
        $$"""
            apiVersion: handover.dev/v1
            kind: Service
            metadata: { name: {{Service}} }
            spec:
              protocol: json
              route: { path: /price }
              stable: v1
              entity: { from: header, name: x-customer-id, absent: stable }

            """
        + ShadowStage.Release(Service, "v1", _stable.Address)
        + ShadowStage.Release(Service, "v2", _candidate.Address);
}
