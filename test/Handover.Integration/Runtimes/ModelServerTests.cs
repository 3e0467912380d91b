// Why: the faults that make a release bad must be real, or the gates are proven against nothing.
using System.Diagnostics;
using System.Net;
using System.Net.Http;
using System.Text;
using Handover.Core.Catalog;
using Handover.Runtimes.Onnx;
using Handover.Testkit.Models;
using Xunit;

namespace Handover.Integration.Runtimes;

public sealed class ModelServerTests
{
    private const string Body = """{"inputs":[{"name":"x","datatype":"FP32","shape":[1],"data":[1]}]}""";

    [Fact]
    public async Task Errors_are_as_frequent_as_asked_and_the_same_for_the_same_seed()
    {
        int[] first = await StatusesAsync("errors=20%", seed: 3, calls: 200);
        int[] second = await StatusesAsync("errors=20%", seed: 3, calls: 200);
        Assert.Equal(first, second);
        Assert.InRange(first.Count(s => s == 500), 15, 70);
        Assert.Equal(200, first.Count(s => s is 200 or 500));
    }

    [Fact]
    public async Task A_delay_is_added_to_each_call()
    {
        var watch = Stopwatch.StartNew();
        await StatusesAsync("delay=60ms", seed: 0, calls: 5);
        Assert.True(watch.Elapsed >= TimeSpan.FromMilliseconds(300));
    }

    [Fact]
    public async Task A_stalled_call_gets_no_answer_and_is_logged_so()
    {
        await using var run = await RunningServer.StartAsync("stall=100%");
        run.Client.Timeout = TimeSpan.FromMilliseconds(300);
        await Assert.ThrowsAsync<TaskCanceledException>(() => run.CallAsync());
        await RuntimeWorld.UntilAsync(
            "the log has it",
            () => run.Log().Contains("\"status\":0", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task A_slow_start_is_alive_but_not_ready()
    {
        await using var run = await RunningServer.StartAsync("slowstart=1s");
        Assert.Equal(HttpStatusCode.OK, await run.GetAsync("/v2/health/live"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await run.GetAsync("/v2/health/ready"));
        Assert.Equal(503, await run.CallAsync());
        var watch = Stopwatch.StartNew();
        while (await run.GetAsync("/v2/health/ready") != HttpStatusCode.OK)
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10));
        }

        Assert.Equal(200, await run.CallAsync());
    }

    [Fact]
    public async Task A_port_that_is_taken_and_a_file_that_is_none_are_errors_with_a_sentence()
    {
        await using var run = await RunningServer.StartAsync("");
        var errors = new StringWriter();
        var options = new ModelServeOptions { File = run.File, Port = run.Client.BaseAddress!.Port };
        Assert.Equal(1, await ModelServer.RunAsync(options, TextWriter.Null, RuntimeWorld.Cancel, errors));
        Assert.Contains("address already in use", errors.ToString(), StringComparison.OrdinalIgnoreCase);
        options = options with { File = "/nowhere/m.onnx" };
        Assert.Equal(1, await ModelServer.RunAsync(options, TextWriter.Null, RuntimeWorld.Cancel, errors));
        Assert.Contains("/nowhere/m.onnx", errors.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Inspecting_shows_what_a_release_must_declare()
    {
        string file = Path.Combine(RuntimeWorld.Models, "v2.onnx");
        ModelInspection seen = (await ModelInspector.InspectAsync(file, RuntimeWorld.Cancel)).Value;
        string sums = await File.ReadAllTextAsync(Path.Combine(RuntimeWorld.Models, "SHA256SUMS"), RuntimeWorld.Cancel);
        Assert.Contains($"{seen.Sha256}  v2.onnx", sums, StringComparison.Ordinal);
        Assert.Equal(["categories", "numbers"], seen.Inputs.Select(t => t.Name));
        Assert.Equal("v2", seen.Metadata["release"]);
    }

    [Fact]
    public async Task As_a_process_it_ends_by_itself_on_SIGTERM()
    {
        await using var world = new RuntimeWorld(o => o with { StopGrace = TimeSpan.FromSeconds(30) });
        var release = RuntimeWorld.Release("v1", ("model", world.Served("v1.onnx")));
        Assert.True((await world.Runtime.StartAsync(release, RuntimeWorld.Cancel)).Ok);
        var watch = Stopwatch.StartNew();
        await world.Runtime.StopAsync("price", "v1", RuntimeWorld.Cancel);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), "it was not killed after the grace");
    }

    private static async Task<int[]> StatusesAsync(string fault, long seed, int calls)
    {
        await using var run = await RunningServer.StartAsync(fault, seed);
        int[] statuses = new int[calls];
        for (int i = 0; i < calls; i++)
        {
            statuses[i] = await run.CallAsync();
        }

        return statuses;
    }

    private sealed class RunningServer : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly StringWriter _log = new();
        private readonly StringWriter _errors = new();
        private Task<int>? _run;

        public string File { get; } = Path.GetTempFileName();

        public HttpClient Client { get; private set; } = new();

        public static async Task<RunningServer> StartAsync(string fault, long seed = 0)
        {
            var server = new RunningServer();
            byte[] model = OnnxFile.Identity(OnnxFile.Float, "n").ToBytes();
            await System.IO.File.WriteAllBytesAsync(server.File, model, RuntimeWorld.Cancel);
            var options = new ModelServeOptions
            {
                File = server.File,
                Port = 0,
                Fault = FaultPlan.Parse(fault).Value,
                Seed = seed,
            };
            TextWriter log = TextWriter.Synchronized(server._log);
            server._run = ModelServer.RunAsync(
                options,
                log,
                server._stop.Token,
                TextWriter.Synchronized(server._errors)
            );
            await RuntimeWorld.UntilAsync(
                "it serves",
                () => server._errors.ToString().Contains(" on http", StringComparison.Ordinal)
            );
            string line = server._errors.ToString().Trim();
            server.Client = new HttpClient { BaseAddress = new Uri(line[(line.LastIndexOf(' ') + 1)..]) };
            return server;
        }

        public string Log() => _log.ToString();

        public async Task<int> CallAsync()
        {
            using var content = new StringContent(Body, Encoding.UTF8, "application/json");
            using var answer = await Client.PostAsync(
                new Uri("/v2/models/m/infer", UriKind.Relative),
                content,
                RuntimeWorld.Cancel
            );
            return (int)answer.StatusCode;
        }

        public async Task<HttpStatusCode> GetAsync(string path)
        {
            using var answer = await Client.GetAsync(new Uri(path, UriKind.Relative), RuntimeWorld.Cancel);
            return answer.StatusCode;
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            Assert.Equal(0, await _run!);
            Client.Dispose();
            _stop.Dispose();
            System.IO.File.Delete(File);
        }
    }
}
