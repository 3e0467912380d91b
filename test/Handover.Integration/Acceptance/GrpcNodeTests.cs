using System.Collections.Concurrent;
using System.Diagnostics;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Handover.App.Cli;
using Handover.Integration.Gateway;
using Handover.Ports;
using Handover.Protocol;
using Handover.Testkit.Grpc;
using Xunit;

namespace Handover.Integration.Acceptance;

/// <summary>
/// The flag strategy over gRPC with the real program: answers compared in shadow, a segment, everybody, the kill
/// switch, under load from a stock client; and a caller with another language's library.
/// </summary>
[Collection(AcceptanceCollection.Name)]
public sealed class GrpcNodeTests
{
    [Fact(Timeout = 90_000)]
    public async Task A_flag_rollout_goes_from_shadow_to_a_segment_to_everybody_and_the_switch_takes_all_back()
    {
        await using GrpcModelFake v1 = await StartAsync("v1");
        await using GrpcModelFake v2 = await StartAsync("v2");
        v2.Behaviour = (request, _) =>
            Task.FromResult(v2.Answer(request, 2 * request.Inputs[0].Contents.Fp32Contents.Sum()));
        await using NodeProcess node = Node(v1, v2);
        await node.StartAsync();
        using AdminClient admin = node.Admin();
        await using var callers = new Callers(node.Http2!);
        RolloutView started = await StartAsync(
            node,
            admin,
            AcceptancePlans.Plan(
                "by-grpc",
                "v2",
                "flag",
                "- verify: {}",
                "- start: { timeout: 30s }",
                "- shadow: { share: 100%, pairs: 40, redraw: 100% }",
                "- shift: { segment: internal, share: 100%, for: 500ms }",
                "- shift: { share: 100%, for: 10m }",
                "- retire: { keep: 10m }"
            )
        );
        RolloutView inSegment = await UntilAsync(admin, started.Id, r => r.SegmentShares.Count > 0);
        Assert.Empty(callers.By("v2").Where(c => c.Tenant != "acme"));
        DivergenceView divergence = await admin.GetAsync(
            $"/api/v1/rollouts/{started.Id}/divergence",
            ProtocolJson.Lenient.DivergenceView,
            TestContext.Current.CancellationToken
        );
        Assert.True(divergence.Pairs >= 40, $"{divergence.Pairs}");
        Assert.Contains(divergence.Paths, p => p.Path.Contains("price", StringComparison.Ordinal));
        Assert.Contains(v1.Log, c => c.Purpose == "shadow");

        await UntilAsync(admin, started.Id, r => r.Share >= 100);
        await UntilAsync(admin, started.Id, _ => callers.By("v2").Any(c => c.Tenant != "acme"));
        (int code, string _, string said) = await node.CommandAsync("flag", "off", "price");
        Assert.True(code == 0, said);
        RolloutView back = await UntilAsync(admin, started.Id, r => r.EndedAt is not null);
        Assert.Equal("rolledBack", back.State);
        int before = callers.By("v2").Count();
        int all = callers.Seen;
        await UntilAsync(admin, started.Id, _ => callers.Seen > all + 50);
        Assert.Equal(before, callers.By("v2").Count());
        Assert.Empty(callers.Failures);
        Assert.Equal(0, callers.Mixed);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_candidate_that_serves_other_tensors_than_it_declares_is_refused()
    {
        await using GrpcModelFake v1 = await StartAsync("v1");
        await using GrpcModelFake v2 = await StartAsync("v2");
        v2.Metadata = GrpcModelFake.Describe("price", "x", "cost");
        await using NodeProcess node = Node(v1, v2);
        await node.StartAsync();
        using AdminClient admin = node.Admin();
        string plan = AcceptancePlans.Plan(
            "other",
            "v2",
            "flag",
            "- verify: {}",
            "- start: { timeout: 30s }",
            "- shift: { share: 100%, for: 10m }",
            "- retire: { keep: 10m }"
        );
        RolloutView started = await StartAsync(node, admin, plan);
        RolloutView refused = await UntilAsync(admin, started.Id, r => r.EndedAt is not null);
        Assert.Equal("refused", refused.State);
        Assert.Contains("price", string.Join(' ', refused.Reasons), StringComparison.Ordinal);
        v2.Metadata = null;
        started = await StartAsync(node, admin, plan);
        refused = await UntilAsync(admin, started.Id, r => r.EndedAt is not null);
        Assert.Contains("no metadata of a model 'price' over gRPC", string.Join(' ', refused.Reasons));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_caller_with_another_languages_library_is_told_the_same()
    {
        const string Python = "/usr/bin/python3";
        if (!await RunsAsync(Python, ["-c", "import grpc"]))
        {
            Assert.SkipUnless(Environment.GetEnvironmentVariable("CI") == "true", "apt install python3-grpcio");
            Assert.Fail("python3-grpcio is not installed");
        }

        await using GrpcModelFake v1 = await StartAsync("v1");
        await using GrpcModelFake v2 = await StartAsync("v2");
        v1.Behaviour = async (request, context) =>
        {
            if (context.RequestHeaders.GetValue("x-customer-id") == "slow")
            {
                await Task.Delay(Timeout.Infinite, context.CancellationToken);
            }

            context.ResponseTrailers.Add("x-model", "v1");
            return v1.Answer(request, 3);
        };
        await using NodeProcess node = Node(v1, v2);
        await node.StartAsync();
        string message = Convert.ToHexString(GrpcHarness.Request(1, 2).ToByteArray());
        string script = Path.Combine(AppContext.BaseDirectory, "Acceptance", "grpc_client.py");

        // Field 15 of nothing, which carries the bytes behind it: 3 MiB, more than the service takes.
        string head = "7A" + Convert.ToHexString(Varint(3 << 20));
        string said = await SaidAsync(Python, [script, node.Http2!.Authority, message, head, $"{3 << 20}"]);
        string[] lines = said.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(
            [
                "infer OK",
                "ready OK",
                "metadata OK",
                "unknown NOT_FOUND",
                "late DEADLINE_EXCEEDED",
                "large RESOURCE_EXHAUSTED",
                "stream UNIMPLEMENTED",
                "again OK",
            ],
            lines.Select(l => string.Join(' ', l.Split(' ').Take(2)))
        );
        Assert.EndsWith(" v1 v1", lines[0], StringComparison.Ordinal);
        Assert.Contains("no model other", lines[3], StringComparison.Ordinal);
        Assert.True(lines[5].EndsWith("body-too-large", StringComparison.Ordinal), said);
    }

    private static byte[] Varint(int value)
    {
        var bytes = new List<byte>();
        for (uint rest = (uint)value; ; rest >>= 7)
        {
            bytes.Add((byte)(rest < 0x80 ? rest : (rest & 0x7f) | 0x80));
            if (rest < 0x80)
            {
                return [.. bytes];
            }
        }
    }

    private static async Task<GrpcModelFake> StartAsync(string release)
    {
        GrpcModelFake server = await GrpcModelFake.StartAsync(release);
        server.Metadata = GrpcModelFake.Describe("price", "x", "price");
        return server;
    }

    private static NodeProcess Node(GrpcModelFake v1, GrpcModelFake v2)
    {
        var node = new NodeProcess { Http2 = new Uri($"http://127.0.0.1:{LocalPort.Take()}") };
        foreach (string file in Directory.EnumerateFiles(node.Dir, "*.yaml"))
        {
            File.Delete(file);
        }

        File.WriteAllText(Path.Combine(node.Dir, "all.yaml"), Service + Release(v1) + Release(v2));
        return node;
    }

    private const string Service = """
        apiVersion: handover.dev/v1
        kind: Service
        metadata: { name: price }
        spec:
          protocol: open-inference-grpc
          route: { path: /inference.GRPCInferenceService }
          stable: v1
          entity: { from: header, name: x-customer-id }
          attributes:
            - { name: tenant, from: header, key: x-tenant }
          journal: { payloads: true }
          limits: { requestBytes: 2MiB }
        ---
        apiVersion: handover.dev/v1
        kind: Segment
        metadata: { name: internal }
        spec:
          when: { "==": [ { var: tenant }, acme ] }

        """;

    private static string Release(GrpcModelFake server) =>
        $$"""
            ---
            apiVersion: handover.dev/v1
            kind: Release
            metadata: { name: {{server.Release}}, service: price }
            spec:
              members:
                model:
                  runtime: http
                  endpoints: [ "{{server.Address.GetLeftPart(UriPartial.Authority)}}" ]
                  ready: /inference.GRPCInferenceService/ServerReady
              input: { tensors: [ { name: x, datatype: FP32, shape: [-1] } ] }
              output: { tensors: [ { name: price, datatype: FP32, shape: [-1] } ] }

            """;

    private static Task<RolloutView> StartAsync(NodeProcess node, AdminClient admin, string plan) =>
        node.StartRolloutAsync(admin, plan.Replace(NodeProcess.Service, "price", StringComparison.Ordinal));

    private static async Task<RolloutView> UntilAsync(AdminClient admin, string id, Func<RolloutView, bool> done)
    {
        RolloutView view = await NodeProcess.RolloutAsync(admin, id);
        for (int i = 0; i < 600 && !done(view); i++)
        {
            await Task.Delay(50, TestContext.Current.CancellationToken);
            view = await NodeProcess.RolloutAsync(admin, id);
        }

        Assert.True(done(view), $"{view.State} {view.Phase}: {string.Join("; ", view.Reasons)} {view.Shadow}");
        return view;
    }

    private static async Task<bool> RunsAsync(string program, IEnumerable<string> arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, arguments))!;
            await process.WaitForExitAsync();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private static async Task<string> SaidAsync(string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["GRPC_ENABLE_FORK_SUPPORT"] = "0";
        using Process process = Process.Start(start)!;
        Task<string> trouble = process.StandardError.ReadToEndAsync();
        string said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, await trouble);
        return said;
    }

    /// <summary>Stock clients of two tenants who never stop; each notes who answered it, and whether it fits.</summary>
    private sealed class Callers : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly GrpcChannel _channel;
        private readonly ConcurrentQueue<(string Tenant, string Release)> _answers = new();
        private readonly Task[] _loops;
        private int _mixed;

        public Callers(Uri url)
        {
            _channel = GrpcChannel.ForAddress(url);
            _loops = [CallAsync("acme"), CallAsync("globex")];
        }

        public ConcurrentQueue<string> Failures { get; } = new();

        public int Seen => _answers.Count;

        public int Mixed => Volatile.Read(ref _mixed);

        public IEnumerable<(string Tenant, string Release)> By(string release) =>
            _answers.Where(a => a.Release == release);

        private async Task CallAsync(string tenant)
        {
            var client = new GRPCInferenceService.GRPCInferenceServiceClient(_channel);
            for (int i = 0; !_stop.IsCancellationRequested; i++)
            {
                try
                {
                    var metadata = new Metadata { { "x-customer-id", $"{tenant}-{i % 200}" }, { "x-tenant", tenant } };
                    using AsyncUnaryCall<ModelInferResponse> call = client.ModelInferAsync(
                        GrpcHarness.Request(1, 2),
                        metadata,
                        TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(10)
                    );
                    ModelInferResponse answer = await call;
                    string release = (await call.ResponseHeadersAsync).GetValue("handover-release") ?? "";
                    _answers.Enqueue((tenant, release));
                    if (answer.ModelVersion != release)
                    {
                        Interlocked.Increment(ref _mixed);
                    }

                    await Task.Delay(3, _stop.Token);
                }
                catch (RpcException e)
                {
                    Failures.Enqueue($"{tenant}: {e.Status}");
                }
                catch (OperationCanceledException)
                {
                    return;
                }
            }
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await Task.WhenAll(_loops);
            _channel.Dispose();
            _stop.Dispose();
        }
    }
}
