using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Handover.Ports;

namespace Handover.Bench.Hops;

/// <summary>The shipped program as a process of its own, steered through its API.</summary>
public sealed class RunningNode : IAsyncDisposable
{
    private const int Asks = 3;
    private static readonly TimeSpan AskTimeout = TimeSpan.FromSeconds(40);
    private readonly MemberProcess _process;
    private readonly HttpClient _http;

    private RunningNode(MemberProcess process, HttpClient http, Uri data, string state)
    {
        (_process, _http, Data, State) = (process, http, data, state);
    }

    /// <summary>Where callers send.</summary>
    public Uri Data { get; }

    /// <summary>Where its API is.</summary>
    public Uri Admin => _http.BaseAddress!;

    /// <summary>What the API asks for.</summary>
    public string Token => _http.DefaultRequestHeaders.Authorization!.Parameter!;

    /// <summary>The directory of its state.</summary>
    public string State { get; }

    /// <summary>Its process, to read what it costs.</summary>
    public int ProcessId => _process.Id;

    /// <summary>Starts it on a directory of resources; returns once it is ready.</summary>
    public static async Task<RunningNode> StartAsync(string executable, string root)
    {
        var data = new Uri($"http://127.0.0.1:{LocalPort.Take()}/");
        var admin = new Uri($"http://127.0.0.1:{LocalPort.Take()}/");
        string[] arguments = ["run", root, "--data-url", data.ToString(), "--admin-url", admin.ToString()];
        var process = new MemberProcess(executable, arguments, root);
        await process.ReadyAsync(new Uri(admin, "readyz"));
        string state = Path.Combine(root, ".handover");
        string token = File.ReadAllText(Path.Combine(state, "admin.token")).Trim();
        var http = new HttpClient(new SocketsHttpHandler { UseProxy = false })
        {
            BaseAddress = admin,
            Timeout = AskTimeout,
        };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return new RunningNode(process, http, data, state);
    }

    /// <summary>Starts a rollout; returns its id.</summary>
    public async Task<string> StartRolloutAsync(string manifest, CancellationToken cancel)
    {
        using HttpResponseMessage started = await _http.PostAsJsonAsync(
            "api/v1/rollouts",
            new { manifest, manifestFile = "bench.yaml" },
            cancel
        );
        return started.IsSuccessStatusCode
            ? (await JsonAsync(started)).GetProperty("id").GetString()!
            : throw new InvalidOperationException(await started.Content.ReadAsStringAsync(cancel));
    }

    /// <summary>Gives a command; throws what the API says when it refuses.</summary>
    public async Task CommandAsync(string path)
    {
        using HttpResponseMessage answer = await _http.PostAsJsonAsync(path, new { reason = "measured" });
        if (!answer.IsSuccessStatusCode)
        {
            throw new InvalidOperationException(await answer.Content.ReadAsStringAsync());
        }
    }

    /// <summary>Waits for its end, or until stopped: then the state is empty.</summary>
    public async Task<(string State, string Reasons)> EndAsync(string id, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            JsonElement rollout = await StatusAsync(id);
            if (rollout.GetProperty("endedAt").ValueKind != JsonValueKind.Null)
            {
                return (rollout.GetProperty("state").GetString()!, rollout.GetProperty("reasons").ToString());
            }

            await Task.Delay(100, CancellationToken.None);
        }

        return ("", "");
    }

    /// <summary>
    /// A rollout as the API shows it. Asked again when no answer came in time, since a machine may stand still for
    /// longer than that; a node that answers none of them is told with what it said last.
    /// </summary>
    public async Task<JsonElement> StatusAsync(string id)
    {
        for (int ask = 1; ; ask++)
        {
            try
            {
                using HttpResponseMessage answer = await _http.GetAsync(
                    $"api/v1/rollouts/{id}",
                    CancellationToken.None
                );
                return await JsonAsync(answer);
            }
            catch (OperationCanceledException e) when (ask >= Asks)
            {
                throw new TimeoutException($"{id}: no status in {Asks} asks; the node: {_process.Condition()}", e);
            }
            catch (OperationCanceledException)
            {
                // The next ask tells whether the node or the machine stood still.
            }
        }
    }

    /// <summary>Moves of a service that were committed.</summary>
    public async Task<long> CommitsAsync(string service)
    {
        string path = $"api/v1/services/{service}/history";
        using HttpResponseMessage history = await _http.GetAsync(path, CancellationToken.None);
        JsonElement epochs = (await JsonAsync(history)).GetProperty("epochs");
        return epochs.EnumerateArray().Count(e => e.GetProperty("action").GetString() == "commit");
    }

    /// <summary>SIGTERM, and its end.</summary>
    public Task StopAsync() => _process.StopAsync();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _process.DisposeAsync();
    }

    private static async Task<JsonElement> JsonAsync(HttpResponseMessage answer)
    {
        using JsonDocument json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(CancellationToken.None));
        return json.RootElement.Clone();
    }
}
