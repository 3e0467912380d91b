using System.Text.Json;
using Handover.App.Cli;
using Handover.Control.Security;
using Handover.Control.Stores;
using Handover.Core.Catalog;
using Handover.Core.Evidence;
using Handover.Core.Foundation;
using Handover.Core.Gates;
using Handover.Protocol;
using Handover.Tests.Api;
using Xunit;

namespace Handover.Tests.Cli;

public sealed class CommandLineTests : IAsyncLifetime
{
    private const string Manifests = """
        apiVersion: handover.dev/v1
        kind: Service
        metadata: { name: price }
        spec: { route: { path: /p }, stable: v1, entity: { from: header, name: x-id } }
        ---
        apiVersion: handover.dev/v1
        kind: Release
        metadata: { name: v1, service: price }
        spec: { members: { model: { runtime: http, endpoints: [ http://127.0.0.1:9001 ], ready: /ready } } }
        ---
        apiVersion: handover.dev/v1
        kind: Release
        metadata: { name: v2, service: price }
        spec: { members: { model: { runtime: http, endpoints: [ http://127.0.0.1:9002 ], ready: /ready } } }
        """;

    private AdminNode _node = null!;

    public async ValueTask InitializeAsync() => _node = await AdminNode.StartAsync();

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    [Fact]
    public async Task Plan_says_3_apply_changes_and_a_second_plan_says_0()
    {
        Assert.Equal(3, (await RunAsync(Manifests, "plan", "-f", "-")).Exit);
        (int exit, string output, _) = await RunAsync(Manifests, "apply", "-f", "-");
        Assert.Equal(0, exit);
        Assert.Contains("+ Release price/v2", output, StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync(Manifests, "plan", "-f", "-")).Exit);
        (_, string names, _) = await RunAsync("", "get", "release", "-o", "name");
        Assert.Equal("price/v1\nprice/v2\n", names);
    }

    [Fact]
    public async Task A_rollout_is_started_steered_and_waited_for_with_the_promised_exit_codes()
    {
        await RunAsync(Manifests, "apply", "-f", "-");
        (int started, string id, _) = await RunAsync(
            "",
            "rollout",
            "start",
            "price",
            "--to",
            "v2",
            "--strategy",
            "cutover"
        );
        Assert.Equal((0, "price-v2.1\n"), (started, id));
        Assert.Equal(5, (await RunAsync("", "rollout", "wait", "price-v2", "--timeout", "50ms")).Exit);
        Assert.Equal(0, (await RunAsync("", "rollout", "set-share", "price-v2.1", "12.5")).Exit);
        (_, string json, _) = await RunAsync("", "rollout", "status", "price-v2", "-o", "json");
        using JsonDocument status = JsonDocument.Parse(json);
        Assert.Equal(12.5, status.RootElement.GetProperty("share").GetDouble());
        Assert.Equal(7, (await RunAsync("", "rollout", "approve", "price-v2.1")).Exit);
        Assert.Equal(0, (await RunAsync("", "rollback", "price")).Exit);
        Assert.Equal(4, (await RunAsync("", "rollout", "wait", "price-v2")).Exit);
        Assert.Equal(6, (await RunAsync("", "rollout", "undo", "price-v2")).Exit);
    }

    [Fact]
    public async Task Watch_without_a_terminal_prints_what_changed_and_ends_with_the_rollout()
    {
        await RunAsync(Manifests, "apply", "-f", "-");
        await RunAsync("", "rollout", "start", "price", "--to", "v2");
        await RunAsync("", "rollout", "pause", "price-v2");
        await RunAsync("", "rollout", "promote", "price-v2", "--full");
        (int exit, string output, _) = await RunAsync("", "rollout", "watch", "price-v2");
        Assert.Equal(0, exit);
        Assert.Contains("price-v2.1 succeeded", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_dry_run_changes_nothing()
    {
        await RunAsync(Manifests, "apply", "-f", "-");
        Assert.Equal(0, (await RunAsync("", "rollout", "start", "price", "--to", "v2", "--dry-run")).Exit);
        Assert.Equal(0, _node.Rollouts.Started);
    }

    [Fact]
    public async Task Verdicts_are_shown_and_recomputed_and_a_forged_one_ends_with_1()
    {
        await RunAsync(Manifests, "apply", "-f", "-");
        string id = (await RunAsync("", "rollout", "start", "price", "--to", "v2")).Out.Trim();
        var at = new DateTimeOffset(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);
        var setup = new GateSetup(new GatePlan(), new Objectives(), RestartPlan.Over(at, TimeSpan.Zero));
        var input = new JudgeInput(JudgedPhase.Shift, at, Share.FromPercent(10), "v1", "v2");
        GateBook book = GateBook.Start(setup);
        Verdict verdict = book.Judge(input);
        Keep(new VerdictRecord(0, at, 0, book.ConfigHash, input, verdict, [], setup.Plan.Metrics));
        (int exit, string output, _) = await RunAsync("", "rollout", "verdicts", id);
        Assert.Equal(0, exit);
        Assert.Contains(
            $"promote  share 10%  after 0 ticks  config {book.ConfigHash}",
            output,
            StringComparison.Ordinal
        );
        (exit, output, _) = await RunAsync("", "rollout", "recompute", id);
        Assert.Equal((0, true), (exit, output.Contains("the same to the last bit", StringComparison.Ordinal)));
        Verdict forged = verdict with { Outcome = Outcome.Hold };
        Keep(new VerdictRecord(0, at, 0, book.ConfigHash, input, forged, [], setup.Plan.Metrics));
        (exit, output, _) = await RunAsync("", "rollout", "recompute", id);
        Assert.Equal((1, true), (exit, output.Contains("verdict 2 of", StringComparison.Ordinal)));
        Assert.Equal(1, (await RunAsync("", "rollout", "recompute", "none")).Exit);

        void Keep(VerdictRecord record) =>
            _node.Services.Record!.SaveEvidence(
                id,
                new EvidenceSave("{}", JsonSerializer.Serialize(setup, CoreJson.Options), 1, [], record)
            );
    }

    [Theory]
    [InlineData(2, "rollout", "strat")]
    [InlineData(2, "rollout", "start")]
    [InlineData(2, "rollout", "set-share", "p.1", "101")]
    [InlineData(2, "rollout", "wait", "p.1", "--timeout", "soon")]
    [InlineData(2, "flag", "off")]
    [InlineData(1, "flag", "off", "none")]
    [InlineData(2, "gateway", "fence", "a", "--assume-dead")]
    [InlineData(2, "explain", "price", "--entity", "c-1", "--attr", "tenant")]
    [InlineData(2, "run", ".", "--data-url", "nonsense")]
    [InlineData(1, "rollout", "status", "none")]
    [InlineData(1, "explain", "none", "--entity", "c-1")]
    [InlineData(1, "apply", "-f", "/nowhere.yaml")]
    public async Task What_cannot_be_done_is_told_on_stderr_with_its_exit_code(int exit, params string[] args)
    {
        (int actual, string output, string error) = await RunAsync("", args);
        Assert.Equal(exit, actual);
        Assert.Empty(output);
        Assert.StartsWith("error: ", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_that_is_not_there_is_told_with_what_to_do()
    {
        (int exit, _, string error) = await RunAsync("", "get", "service", "--server", "http://127.0.0.1:1");
        Assert.Equal(1, exit);
        Assert.Contains("handover run", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_token_file_is_told_and_never_sent()
    {
        (int exit, _, string error) = await RunWithAsync("hov_\u0001\nHost: evil", "", "get", "service");
        Assert.Equal(7, exit);
        Assert.Contains("damaged", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_people_did_does_not_drown_in_label_pushes()
    {
        await RunAsync(Manifests, "apply", "-f", "-");
        for (int i = 0; i < 5; i++)
        {
            _node.Services.Audit.Append("loader", "labels.push price", "", "");
        }

        (_, string output, string error) = await RunAsync("", "audit", "log", "--limit", "3");
        Assert.Contains("admin", output, StringComparison.Ordinal);
        Assert.DoesNotContain("labels.push", output, StringComparison.Ordinal);
        Assert.Contains("5 label pushes are not shown", error, StringComparison.Ordinal);
        (_, string all, _) = await RunAsync("", "audit", "log", "--limit", "3", "--labels");
        Assert.Equal(3, all.Split("labels.push").Length - 1);
    }

    [Fact]
    public async Task A_made_token_works_and_is_bound_to_its_role()
    {
        (int exit, string token, _) = await RunAsync("", "token", "create", "vic", "--role", "viewer");
        Assert.Equal(0, exit);
        Assert.Equal(new Caller("vic", Role.Viewer), _node.Services.Tokens.Verify(token.Trim()));
        (int denied, _, string error) = await RunWithAsync(token.Trim(), "", "rollback", "price");
        Assert.Equal(7, denied);
        Assert.Contains("viewer", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Audit_verify_notices_a_change_on_the_disk()
    {
        await RunAsync(Manifests, "apply", "-f", "-");
        Assert.Equal(0, (await RunAsync("", "audit", "verify")).Exit);
        string path = _node.Services.Audit.Path;
        string copy = path + ".copy";
        string text = await File.ReadAllTextAsync(path);
        await File.WriteAllTextAsync(copy, text.Replace("admin", "nobody", StringComparison.Ordinal));
        await File.AppendAllTextAsync(copy, text);
        (int exit, string output, _) = await RunAsync("", "audit", "verify", "--file", copy);
        Assert.Equal(1, exit);
        Assert.StartsWith("line 2", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Yaml_output_quotes_what_yaml_would_read_as_something_else()
    {
        using var text = new StringWriter();
        using JsonDocument json = JsonDocument.Parse("""{"a":"no","b":["1",{"c":null,"d":"x: y"}],"e":{},"f":"v1"}""");
        YamlText.Write(text, json.RootElement);
        Assert.Equal("a: \"no\"\nb:\n  - \"1\"\n  - c: null\n    d: \"x: y\"\ne: {}\nf: v1\n", text.ToString());
        await Task.CompletedTask;
    }

    [Fact]
    public async Task Pushed_metrics_go_to_their_rollout_and_lines_that_are_not_taken_are_told()
    {
        await _node.DisposeAsync();
        var taken = new List<string>();
        _node = await AdminNode.StartAsync(with: api =>
            api with
            {
                PushedMetrics = async (rollout, body, cancel) =>
                {
                    using var reader = new StreamReader(body);
                    taken.Add($"{rollout}: {await reader.ReadToEndAsync(cancel)}");
                    return new LabelReceipt(1, 1, [new LineError(2, "no such metric")]) { Waiting = 1 };
                },
            }
        );
        await RunAsync(Manifests, "apply", "-f", "-");
        (_, string id, _) = await RunAsync("", "rollout", "start", "price", "--to", "v2", "-o", "name");
        (int exit, string output, string error) = await RunAsync("{}\n{}", "metrics", "push", id.Trim(), "-");
        Assert.Equal($"{id.Trim()}: {{}}\n{{}}", Assert.Single(taken));
        Assert.Equal(1, exit);
        Assert.Contains("accepted 1 (1 waiting)", output, StringComparison.Ordinal);
        Assert.Contains("-:2: no such metric", error, StringComparison.Ordinal);
    }

    private Task<(int Exit, string Out, string Err)> RunAsync(string input, params string[] args) =>
        RunWithAsync(_node.AdminToken, input, args);

    private async Task<(int Exit, string Out, string Err)> RunWithAsync(
        string token,
        string input,
        params string[] args
    )
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        using var reader = new StringReader(input);
        var host = new CliHost
        {
            Out = output,
            Err = error,
            In = reader,
            Env = name =>
                name switch
                {
                    "HANDOVER_SERVER" => _node.Address.ToString(),
                    "HANDOVER_TOKEN" => token,
                    _ => null,
                },
        };
        int exit = await CommandTree.RunAsync(args, host, CancellationToken.None);
        return (exit, output.ToString(), error.ToString());
    }
}
