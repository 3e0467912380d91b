using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Encodings.Around;
using Handover.Bench.Hops;
using Handover.Integration.Runtimes;
using Handover.Ports;
using Handover.Protocol;
using Microsoft.AspNetCore.Builder;
using Xunit;

namespace Handover.Integration.Encodings;

/// <summary>
/// The problem that Handover is for, told from end to end on the sample: a release that changes one-hot to embeddings
/// together with its feature view, with a decision engine, a warehouse and a monitor around it. First refused; then
/// each of them agrees; then moved without a mixed chain; then a feature view that is too old takes it back, then a
/// live answer that breaks the contract does; and then it succeeds.
/// </summary>
public sealed class EncodingsTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    // From the data set: nobody measured it, and the network has never learnt what that means.
    private const string Unmeasured = """
        {"inputs":[{"name":"categories","datatype":"BYTES","shape":[1,3],"data":["Premium","H","SI2"]},
          {"name":"numbers","datatype":"FP32","shape":[1,6],"data":[2.25,62.8,59,0,0,0]}]}
        """;

    private readonly string _directory = Directory.CreateTempSubdirectory("handover-encodings-").FullName;
    private readonly FeatureStore _store = new(TimeProvider.System);
    private Webhooks _hooks = null!;
    private WebApplication _around = null!;
    private MemberProcess _node = null!;
    private HttpClient _admin = null!;
    private ChainDriver _customers = null!;
    private Uri _quote = null!;

    public async ValueTask InitializeAsync()
    {
        _hooks = new Webhooks(_directory);
        _hooks.EnsureSecrets(AroundApp.Consumers);
        _hooks.Ready("decision-engine");
        int[] ports = [LocalPort.Take(), LocalPort.Take(), LocalPort.Take()];
        _around = AroundApp.Build(ports[2], _store, _hooks);
        await _around.StartAsync();
        CopySample(ports[2]);
        string data = $"http://127.0.0.1:{ports[0]}";
        string admin = $"http://127.0.0.1:{ports[1]}";
        string[] arguments = ["run", _directory, "--data-url", data, "--admin-url", admin];
        _node = new MemberProcess(RuntimeWorld.Executable, arguments, _directory);
        await _node.ReadyAsync(new Uri($"{admin}/readyz"));
        _admin = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri(admin) };
        string token = File.ReadAllText(Path.Combine(_directory, ".handover", "admin.token")).Trim();
        _admin.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        _quote = new Uri($"{data}/v2/models/quote/infer");
        _customers = new ChainDriver((_quote, 2));
    }

    [Fact]
    public async Task A_changed_encoding_moves_once_everybody_around_it_agrees_and_comes_back_when_one_does_not()
    {
        using var enough = new CancellationTokenSource();
        Task asking = _customers.RunAsync(new HopsOptions(1_000_000, Parallel: 4, Seed: 3), enough.Token);
        await RefusedAsync();
        string id = await AwaitedAsync();
        await AgreedAndTakenBackAsync(id);
        await ViolatedAndTakenBackAsync();
        await SucceededAsync();
        await enough.CancelAsync();
        await asking;
        await _node.StopAsync();
        Judge();
        Told();
    }

    private async Task RefusedAsync()
    {
        ChecksAheadView ahead = (await ForecastAsync("v2-cents")).Checks!;
        Assert.Contains(ahead.Refusals, r => Has(r, "decision-engine", "unit"));
        RolloutView cents = await EndedAsync(await StartAsync("v2-cents"));
        Assert.Equal("refused", cents.State);
        Assert.Contains(cents.Reasons, r => Has(r, "decision-engine", "unit"));
        Assert.Contains(cents.Reasons, r => Has(r, "warehouse", "unit"));

        RolloutView blind = await EndedAsync(await StartAsync("v2"));
        Assert.Equal("refused", blind.State);
        Assert.Contains("price-monitor", Assert.Single(blind.Reasons), StringComparison.Ordinal);
    }

    private async Task<string> AwaitedAsync()
    {
        await ApplyAsync("monitor-both.yml");
        ChecksAheadView ahead = (await ForecastAsync("v2")).Checks!;
        Assert.Empty(ahead.Refusals);
        Assert.Equal(2, ahead.Awaited.Count);
        Assert.Equal(
            [
                "consumer warehouse: has not acknowledged v2",
                "feature view stone-attributes/2: not served (cut_id is NOT_FOUND)",
            ],
            ahead.Around
        );
        string id = await StartAsync("v2");
        RolloutView waiting = await UntilAsync(id, r => r.State == "holding");
        Assert.Equal("verify", waiting.Phase);
        Assert.Contains(waiting.Reasons, r => Has(r, "warehouse", "has not acknowledged v2"));
        Assert.Contains(waiting.Reasons, r => Has(r, "stone-attributes", "version 2 is not served"));
        _store.Materialise(2);
        waiting = await UntilAsync(id, r => r.Reasons.Count == 1);
        Assert.Contains("warehouse", waiting.Reasons[0], StringComparison.Ordinal);
        Assert.Equal("verify", waiting.Phase);
        return id;
    }

    private async Task AgreedAndTakenBackAsync(string id)
    {
        // Its owner has done what was to be done, and the next notification is answered with a signed acknowledgement.
        _hooks.Ready("warehouse");
        await UntilAsync(id, r => r.Share >= 50);
        _store.Age(2, TimeSpan.FromHours(2));
        RolloutView back = await EndedAsync(id);
        Assert.Equal("rolledBack", back.State);
        Assert.Contains(back.Reasons, r => Has(r, "stone-attributes", "old"));
    }

    private async Task ViolatedAndTakenBackAsync()
    {
        _store.Materialise(2);
        string id = await StartAsync("v2");
        await UntilAsync(id, r => r.Share >= 50);

        // Half of those who ask for the stone that nobody has measured are answered by v2.
        var answers = new Dictionary<string, List<double>> { ["v1"] = [], ["v2"] = [] };
        for (int customer = 0; customer < 40; customer++)
        {
            (string release, double price) = await PriceAsync($"c-{customer}", Unmeasured);
            answers[release].Add(price);
        }

        Assert.All(answers["v1"], price => Assert.InRange(price, 0, 50_000));
        Assert.Contains(answers["v2"], price => price > 50_000);
        RolloutView back = await EndedAsync(id);
        Assert.Equal("rolledBack", back.State);
        Assert.Contains(back.Reasons, r => Has(r, "v2 is sick in contract", "release v2", "price"));
        Assert.Equal("v1", (await PriceAsync("c-1", Unmeasured)).Release);
        BrokenContractView broken = back.BrokenContracts[0];
        Assert.Equal(("v2", "live", "release v2"), (broken.Release, broken.Purpose, broken.Contract));
        Assert.Contains("100000", broken.Document!.Value.GetRawText(), StringComparison.Ordinal);
    }

    private async Task<(string Release, double Price)> PriceAsync(string customer, string stone)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _quote) { Content = new StringContent(stone) };
        request.Headers.Add("x-customer-id", customer);
        using HttpResponseMessage answer = await _admin.SendAsync(request);
        JsonElement body = await JsonAsync(answer);
        JsonElement price = body.GetProperty("outputs").EnumerateArray().First(o => Name(o) == "price");
        return (answer.Headers.GetValues("Handover-Release").Single(), price.GetProperty("data")[0].GetDouble());

        static string Name(JsonElement output) => output.GetProperty("name").GetString()!;
    }

    private async Task SucceededAsync()
    {
        ChecksAheadView ahead = (await ForecastAsync("v2")).Checks!;
        Assert.Empty(ahead.Awaited);
        Assert.StartsWith(
            "feature view stone-attributes/2: served with 3 fields, values ",
            ahead.Around[1],
            StringComparison.Ordinal
        );
        RolloutView done = await EndedAsync(await StartAsync("v2"));
        Assert.Equal("succeeded", done.State);
        JsonElement warehouse = await JsonAsync(await _admin.GetAsync("/api/v1/services/quote/consumers/warehouse"));
        Assert.Contains(
            warehouse.GetProperty("acknowledgements").EnumerateArray(),
            a => a.GetProperty("release").GetString() == "v2" && a.GetProperty("way").GetString() == "webhook"
        );
        ReleaseView v2 = (
            await _admin.GetFromJsonAsync("/api/v1/services/quote/releases/v2", ProtocolJson.Lenient.ReleaseView)
        )!;
        Assert.Equal(
            ("price", 0.01, "USD"),
            (v2.Adapter!.Tensors![0].Tensor, v2.Adapter.Tensors[0].Scale, v2.Adapter.Tensors[0].Unit)
        );
        Assert.Equal(("USD", 50_000), (v2.Adapter.Emits![0].Unit, v2.Adapter.Emits[0].Range![1]));
        Assert.Equal("US-cent", v2.Output![0].Unit);
        Assert.Equal(("stone-attributes", 2), (v2.Features[0].View, v2.Features[0].Version));
        Assert.Contains(
            warehouse.GetProperty("acknowledgements").EnumerateArray(),
            a => a.GetProperty("digest").GetString() == v2.Digest
        );
    }

    private void Judge()
    {
        string logs = Path.Combine(_directory, ".handover", "logs");
        ChainCount count = ChainCount.Of(_customers.Asked, Directory.EnumerateFiles(logs).SelectMany(File.ReadLines));
        Assert.Equal((0, 0, 0, 0), (count.Mixed, count.Torn, count.Failed, count.Mislabelled));
        Assert.True(count.Lesser > 0.02, $"the lesser release had {count.Lesser:P1} of {count.Chains} chains");
    }

    private void Told()
    {
        string[] told = [.. _hooks.Taken.Where(t => t.Consumer == "decision-engine").Select(t => t.Type.Split('.')[3])];
        string[] first = ["verify", "refuse", "verify", "refuse", "verify", "move", "move", "rollback", "verify"];
        Assert.Equal(first, told.Take(first.Length));
        Assert.Equal(2, told.Count(t => t == "rollback"));
        Assert.Equal("retire", told[^1]);
        var ids = _hooks.Taken.Where(t => t.Consumer == "decision-engine").Select(t => t.Id).ToList();
        Assert.Equal(ids.Count, ids.Distinct().Count());
        Assert.Equal(ids, _hooks.Taken.Where(t => t.Consumer == "warehouse").Select(t => t.Id));
    }

    private async Task<string> StartAsync(string to) =>
        (await PostPlanAsync("/api/v1/rollouts", to)).GetProperty("id").GetString()!;

    private async Task<RolloutView> ForecastAsync(string to) =>
        (await PostPlanAsync("/api/v1/rollouts:forecast", to)).Deserialize(ProtocolJson.Lenient.RolloutView)!;

    private async Task<JsonElement> PostPlanAsync(string path, string to)
    {
        // How evenly this machine runs today is not the question here, so nothing is warmed.
        string manifest = File.ReadAllText(Path.Combine(_directory, "rollout.yaml"))
            .Replace("    - warm: { requests: 200, until: converged }\n", "", StringComparison.Ordinal)
            .Replace("to: v2", $"to: {to}", StringComparison.Ordinal)
            .Replace("name: embeddings", $"name: embeddings-{to}", StringComparison.Ordinal);
        using HttpResponseMessage answer = await _admin.PostAsJsonAsync(
            path,
            new { manifest, manifestFile = "rollout.yaml" }
        );
        return await JsonAsync(answer);
    }

    private async Task ApplyAsync(string step)
    {
        string text = File.ReadAllText(Path.Combine(_directory, "steps", step));
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/apply")
        {
            Content = JsonContent.Create(new { files = new[] { new { path = step, text } } }),
        };
        request.Headers.TryAddWithoutValidation("If-Match", "*");
        using HttpResponseMessage applied = await _admin.SendAsync(request);
        Assert.True(applied.IsSuccessStatusCode, await applied.Content.ReadAsStringAsync());
    }

    private Task<RolloutView> EndedAsync(string id) => UntilAsync(id, r => r.EndedAt is not null);

    private async Task<RolloutView> UntilAsync(string id, Func<RolloutView, bool> holds)
    {
        using var bound = new CancellationTokenSource(Patience);
        while (true)
        {
            RolloutView view = (
                await _admin.GetFromJsonAsync($"/api/v1/rollouts/{id}", ProtocolJson.Lenient.RolloutView)
            )!;
            if (holds(view))
            {
                return view;
            }

            string now = $"{id} is {view.State} in {view.Phase} at {view.Share}%: {string.Join("; ", view.Reasons)}";
            Assert.True(view.EndedAt is null && !bound.IsCancellationRequested, now);
            await Task.Delay(50);
        }
    }

    private static bool Has(string text, params string[] parts) =>
        parts.All(p => text.Contains(p, StringComparison.Ordinal));

    private static async Task<JsonElement> JsonAsync(HttpResponseMessage answer)
    {
        string text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        using JsonDocument json = JsonDocument.Parse(text);
        return json.RootElement.Clone();
    }

    private void CopySample(int port)
    {
        string sample = Path.Combine(Path.GetDirectoryName(RuntimeWorld.Models)!, "..", "encodings");
        foreach (string folder in (string[])["", "bin", "steps"])
        {
            Directory.CreateDirectory(Path.Combine(_directory, folder));
            foreach (string file in Directory.EnumerateFiles(Path.Combine(sample, folder)))
            {
                string to = Path.Combine(_directory, folder, Path.GetFileName(file));
                File.Copy(file, to);
                if (file.EndsWith(".yaml", StringComparison.Ordinal))
                {
                    string text = File.ReadAllText(file);
                    text = text.Replace(":6566", $":{port}", StringComparison.Ordinal);

                    // Nothing is warmed here, and two slow first answers of two are evidence enough.
                    text = text.Replace("p99: 500ms", "p99: 30s", StringComparison.Ordinal);
                    File.WriteAllText(to, text.Replace("timeout: 2s", "timeout: 20s", StringComparison.Ordinal));
                }
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        _customers?.Dispose();
        _admin?.Dispose();
        if (_node is not null)
        {
            await _node.DisposeAsync();
        }

        await _around.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }
}
