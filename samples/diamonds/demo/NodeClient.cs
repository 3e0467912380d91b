using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Handover.Protocol;

namespace Diamonds.Demo;

/// <summary>The part of the node's public API that the stories use.</summary>
public sealed class NodeClient : IDisposable
{
    /// <summary>The service that the demo moves.</summary>
    public const string Service = "diamond-price";

    private readonly HttpClient client;

    /// <summary>A client of the node at an address.</summary>
    public NodeClient(Uri admin, string token)
    {
        client = new HttpClient { BaseAddress = admin, Timeout = TimeSpan.FromSeconds(15) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    /// <summary>Starts the rollout that a file describes.</summary>
    public async Task<RolloutView> StartAsync(string file, CancellationToken stop)
    {
        var request = new StartRolloutRequest
        {
            Manifest = await File.ReadAllTextAsync(file, stop),
            ManifestFile = Path.GetFileName(file),
            Reason = "demo",
        };
        return await PostAsync(
            "api/v1/rollouts",
            request,
            ProtocolJson.Default.StartRolloutRequest,
            ProtocolJson.Lenient.RolloutView,
            stop
        );
    }

    /// <summary>Takes the service back: one action, from any state.</summary>
    public Task<RolloutView> RollbackAsync(CancellationToken stop) =>
        PostAsync(
            $"api/v1/services/{Service}:rollback",
            new RolloutCommandRequest { Reason = "demo" },
            ProtocolJson.Default.RolloutCommandRequest,
            ProtocolJson.Lenient.RolloutView,
            stop
        );

    /// <summary>One rollout.</summary>
    public Task<RolloutView> RolloutAsync(string id, CancellationToken stop) =>
        GetAsync($"api/v1/rollouts/{Uri.EscapeDataString(id)}", ProtocolJson.Lenient.RolloutView, stop);

    /// <summary>All rollouts as the API prints them: the judge reads this text.</summary>
    public Task<string> RolloutsAsync(CancellationToken stop) =>
        client.GetStringAsync("api/v1/rollouts?pageSize=1000", stop);

    /// <summary>Where the service's traffic goes now.</summary>
    public async Task<ServiceView> ServiceAsync(CancellationToken stop)
    {
        Page<ServiceView> all = await GetAsync("api/v1/services", ProtocolJson.Lenient.PageServiceView, stop);
        return all.Items.Single(s => s.Name == Service);
    }

    /// <summary>Which release a customer gets, and why.</summary>
    public Task<ExplainView> ExplainAsync(string customer, string tenant, CancellationToken stop) =>
        GetAsync(
            $"api/v1/services/{Service}:explain?entity={customer}&attr=tenant={tenant}",
            ProtocolJson.Lenient.ExplainView,
            stop
        );

    /// <inheritdoc/>
    public void Dispose() => client.Dispose();

    private async Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken stop)
    {
        using HttpResponseMessage answer = await client.GetAsync(path, stop);
        return await ReadAsync(answer, path, type, stop);
    }

    private async Task<TOut> PostAsync<TIn, TOut>(
        string path,
        TIn body,
        JsonTypeInfo<TIn> input,
        JsonTypeInfo<TOut> output,
        CancellationToken stop
    )
    {
        using var content = JsonContent.Create(body, input);
        using HttpResponseMessage answer = await client.PostAsync(path, content, stop);
        return await ReadAsync(answer, path, output, stop);
    }

    private static async Task<T> ReadAsync<T>(
        HttpResponseMessage answer,
        string path,
        JsonTypeInfo<T> type,
        CancellationToken stop
    )
    {
        string text = await answer.Content.ReadAsStringAsync(stop);
        if (!answer.IsSuccessStatusCode)
        {
            throw new DemoFailure($"the node answered {(int)answer.StatusCode} to {path}: {text}");
        }

        return JsonSerializer.Deserialize(text, type) ?? throw new DemoFailure($"the node answered null to {path}");
    }
}
