using System.Diagnostics;
using Handover.Control.Resources;
using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Core.Moves;
using Handover.Core.Rollouts;
using Xunit;

namespace Handover.Tests.Resources;

public sealed class ResourceReaderTests
{
    [Fact]
    public void The_example_of_the_reference_is_read_as_it_says()
    {
        ResourceSet set = ResourceReader.Read(Examples.All, "example.yaml").Value;
        Assert.Equal(7, set.Resources.Count);
        Service service = set.Resources.OfType<Resource.OfService>().Single().Value;
        Assert.Equal("/v2/models/price", service.Route.Rewrite);
        Assert.Equal([5, 429], service.Errors.Statuses);
        Assert.Equal(TimeSpan.FromMilliseconds(250), service.Objectives.P99);
        Assert.Equal(new Ratio(0.01), service.Objectives.Errors);
        Assert.Equal(TimeSpan.FromDays(14), service.Journal.Retain);
        Assert.Equal(64L << 20, service.Limits.HoldBytes);
        Assert.Equal(new LabelPolicy("price", LossKind.Absolute, new Ratio(0.2)), service.Labels);
        Release release = set.Resources.OfType<Resource.OfRelease>().Last().Value;
        Assert.Equal(["python3", "serve.py", "--port", "{port}"], ((Member.Process)release.Members["encoder"]).Command);
        Assert.Equal(512L << 20, release.MemoryBytes);
        Assert.Equal(new ValueRange(0, 100000), release.Output!.Tensors[0].Range);
        RolloutPlan plan = set.Resources.OfType<Resource.OfRollout>().Single().Value;
        Assert.Equal(9, plan.Phases.Count);
        Assert.Equal(new Phase.Shift(Share.All, "internal", TimeSpan.Zero, 0), plan.Phases[4]);
        Assert.Equal(new Phase.Switch(TimeSpan.FromMilliseconds(400), null), plan.Phases[6]);
        Assert.True(plan.Gates.Metrics[3].HoldOnly);
        Segment segment = set.Resources.OfType<Resource.OfSegment>().Single().Value;
        Assert.True(segment.When.Matches(new Dictionary<string, string> { ["tenant"] = "acme" }));
    }

    [Fact]
    public void Every_kind_survives_being_written_and_read_again()
    {
        foreach (Resource resource in ResourceReader.Read(Examples.All, "example.yaml").Value.Resources)
        {
            string json = ResourceWriter.ToJson(resource);
            Assert.Equal(json, ResourceWriter.ToJson(ResourceReader.Read(json, "json").Value.Resources.Single()));
            string yaml = ResourceWriter.ToYaml(resource);
            Assert.Equal(json, ResourceWriter.ToJson(ResourceReader.Read(yaml, "yaml").Value.Resources.Single()));
        }
    }

    [Fact]
    public void Yaml_out_looks_as_a_person_would_write_it()
    {
        Resource resource = ResourceReader.Read(Examples.Consumer, "x").Value.Resources.Single();
        Assert.Equal(
            """
            apiVersion: handover.dev/v1
            kind: Consumer
            metadata:
              name: quote-engine
              service: diamond-price
            spec:
              role: decision
              accepts:
                tensors:
                  - name: price
                    datatype: FP64
                    shape: [-1, 1]
                    unit: USD
                    range: [0, 1000000]
              acknowledge: automatic

            """,
            ResourceWriter.ToYaml(resource)
        );
    }

    [Fact]
    public void Without_phases_a_plan_has_its_strategys_list()
    {
        const string Text = """
            apiVersion: handover.dev/v1
            kind: Rollout
            metadata: { name: go, service: s }
            spec: { to: v2, strategy: cutover }
            """;
        RolloutPlan plan = ResourceReader.Read(Text, "x").Value.Resources.OfType<Resource.OfRollout>().Single().Value;
        Assert.Equal(StrategyPhases.For(Strategy.Cutover), plan.Phases);
        Assert.Equal("go", plan.Salt);
    }

    [Theory]
    [InlineData(
        "timeout: 2s",
        "tmeout: 2s",
        "s.yaml:11:35: spec.errors.tmeout: there is no field 'tmeout' here. Did you mean 'timeout'?"
    )]
    [InlineData(
        "protocol: open-inference",
        "protocol: open-inferense",
        "s.yaml:5:13: spec.protocol: 'open-inferense' is not known. Did you mean 'open-inference'?"
    )]
    [InlineData(
        "p99: 250ms",
        "p99: 250",
        "s.yaml:12:34: spec.objectives.p99: needs a duration such as 400ms, 2s, 5m, 2h or 14d, got the number 250."
    )]
    [InlineData(
        "p99: 250ms",
        "p99: 2parsecs",
        "s.yaml:12:34: spec.objectives.p99: needs a duration such as 400ms, 2s, 5m, 2h or 14d, got the text '2parsecs'."
    )]
    [InlineData(
        "errors: 1%",
        "errors: 1",
        "s.yaml:12:25: spec.objectives.errors: needs a percentage such as 10%, or a number such as 0.1, got the number 1."
    )]
    [InlineData(
        "  stable: v1\n",
        "",
        "s.yaml:5:3: spec.stable: is missing. First stable release; afterwards owned by rollouts."
    )]
    [InlineData(
        "entry: model",
        "entry: 7",
        "s.yaml:7:10: spec.entry: needs text, got the number 7. Write \"7\" if text is meant."
    )]
    [InlineData("impact: low", "impact: [low]", "s.yaml:13:11: spec.impact: needs text, got a list.")]
    [InlineData(
        "allow: false",
        "allow: nope",
        "s.yaml:18:22: spec.override.allow: needs true or false, got the text 'nope'."
    )]
    [InlineData(
        "impact: low",
        "impact: low\n  impact: high",
        "s.yaml:14:3: impact: the field is given twice. It was first given in line 13; keep one of the two."
    )]
    [InlineData(
        "kind: Service",
        "kind: Servce",
        "s.yaml:2:7: kind: there is no kind 'Servce'. Did you mean 'Service'?"
    )]
    [InlineData(
        "name: diamond-price",
        "name: Diamond",
        "s.yaml:3:19: metadata.name: 'Diamond' is not a name. Use a-z, 0-9 and dashes, at most 63, not a dash at either end."
    )]
    [InlineData(
        "impact: low",
        "idempotency: { mode: maybe }",
        "s.yaml:13:24: spec.idempotency.mode: 'maybe' is not known. Known: off, optional, required."
    )]
    [InlineData(
        "impact: low",
        "idempotency: { mode: optional, pointer: id }",
        "s.yaml:13:43: spec.idempotency.pointer: 'id' is not a JSON pointer. Write it like /order/id (RFC 6901)."
    )]
    [InlineData(
        "impact: low",
        "idempotency: { header: X-Key, pointer: /id }",
        "s.yaml:13:42: spec.idempotency.pointer: the key is in a header or in the body, not in both. Keep 'header' or 'pointer'."
    )]
    [InlineData(
        "allowed: 0s",
        "allowed: 0s, windows: [{ cron: \"0 3 * *\", duration: 2h }]",
        "s.yaml:14:46: spec.downtime.windows[0].cron: '0 3 * *' is not a cron expression of five fields. Write minute, hour, day of month, month and day of week: \"0 3 * * SUN\"."
    )]
    [InlineData(
        "name: x-customer-id",
        "name: x customer",
        "s.yaml:9:33: spec.entity.name: 'x customer' can't be the name of a header. Write it like x-customer-id."
    )]
    [InlineData(
        "path: /v2/models/diamond-price",
        "path: /-/services/x",
        "s.yaml:6:18: spec.route.path: paths under /-/ belong to Handover. Choose another."
    )]
    [InlineData("holdFor: 2s", "holdFor: 2h", "s.yaml:16:42: spec.limits.holdFor: 2h is not in 0s to 1m.")]
    public void A_mistake_in_a_service_is_told_with_its_place(string right, string wrong, string expected) =>
        AssertProblem(Examples.Service, right, wrong, "s.yaml", expected);

    [Theory]
    [InlineData(
        "file: models/price-v2.onnx",
        "file: ../secret.onnx",
        "r.yaml:6:35: spec.members.model.file: '../secret.onnx' leaves the configuration directory. Give a path relative to it, such as models/price.onnx."
    )]
    [InlineData(
        "runtime: http,",
        "runtime: http, file: x,",
        "r.yaml:8:36: spec.members.remote.file: does not go with runtime http. A member of runtime http has: endpoints, ready."
    )]
    [InlineData(
        "http://127.0.0.1:9002",
        "file:///etc/passwd",
        "r.yaml:8:43: spec.members.remote.endpoints: 'file:///etc/passwd' is not an http or https address without user name."
    )]
    [InlineData(
        "range: [0, 100000]",
        "range: [9, 1]",
        "r.yaml:15:74: spec.output.tensors[0].range: needs [smallest, largest]."
    )]
    [InlineData(
        "  change: retrained",
        "  adapter: { output: { jmespath: x } }",
        "r.yaml:18:22: spec.adapter.output.emits: a query does not say what comes out of it. Declare it with a schema or tensors."
    )]
    [InlineData(
        "  change: retrained",
        "  adapter: { output: { jmespath: 'a b', emits: { tensors: [ { name: a, datatype: FP32, shape: [1] } ] } } }",
        "r.yaml:18:34: spec.adapter.output.jmespath: column 3: 'b' is out of place. See the grammar at jmespath.org/specification.html."
    )]
    [InlineData(
        "  change: retrained",
        "  adapter: { output: { tensors: [ { tensor: pryce, rename: x } ] } }",
        "r.yaml:18:33: spec.adapter.output.tensors: tensor 'pryce': the output has no tensor of this name, only price."
    )]
    [InlineData(
        "datatype: FP32, shape: [-1, 1], unit",
        "datatype: FP23, shape: [-1, 1], unit",
        "r.yaml:15:34: spec.output.tensors[0].datatype: 'FP23' is not known. Did you mean 'FP32'?"
    )]
    [InlineData(
        "memory: 512MiB",
        "memory: 512",
        "r.yaml:16:24: spec.resources.memory: needs a size such as 512KiB or 4MiB, got the number 512."
    )]
    public void A_mistake_in_a_release_is_told_with_its_place(string right, string wrong, string expected) =>
        AssertProblem(Examples.Release2, right, wrong, "r.yaml", expected);

    [Theory]
    [InlineData(
        "- verify: {}",
        "- verfy: {}",
        "p.yaml:9:7: spec.phases[0].verfy: there is no field 'verfy' here. Did you mean 'verify'?"
    )]
    [InlineData(
        "stack: double",
        "stack: double, warm: 50",
        "p.yaml:15:64: spec.phases[6].switch.warm: belongs to stack: single. Use the phase warm instead."
    )]
    [InlineData(
        "deadline: 2h",
        "budget: { extraCost: 1 dollar }",
        "p.yaml:27:24: spec.budget.extraCost: '1 dollar' is no amount with a currency. Write it like 50000 USD."
    )]
    [InlineData(
        "requests: 500",
        "requests: 5",
        "p.yaml:11:25: spec.phases[2].warm.requests: 5 is not in 20 to 1000000."
    )]
    [InlineData(
        "share: 10%, for",
        "share: 10, for",
        "p.yaml:14:23: spec.phases[5].shift.share: needs a percentage such as 10%, in steps of 0.001%, got the number 10."
    )]
    [InlineData(
        "{ name: loss,",
        "{ name: los,",
        "p.yaml:25:17: spec.gates.metrics[2].name: 'los' is not known. Did you mean 'loss'? "
            + "One that you push needs source: pushed."
    )]
    public void A_mistake_in_a_rollout_is_told_with_its_place(string right, string wrong, string expected) =>
        AssertProblem(Examples.Rollout, right, wrong, "p.yaml", expected);

    [Fact]
    public void A_contract_is_given_in_one_way_and_its_file_only_from_a_directory()
    {
        string both = Examples.Consumer.Replace("accepts: {", "accepts: { pact: a.json,", StringComparison.Ordinal);
        Assert.Equal("missing-field", Assert.Single(ResourceReader.Read(both, "x").Problems).Code);
        string schema = Accepting("{ schema: s.json }");
        Assert.Equal("no-directory", Assert.Single(ResourceReader.Read(schema, "x").Problems).Code);
        string outside = Accepting("{ schema: ../s.json }");
        Assert.Equal("outside-directory", Assert.Single(ResourceReader.Read(outside, "x").Problems).Code);
        Problem bad = Assert.Single(
            ResourceReader.Read(schema, "x", _ => Result<string>.Of("""{"minimum": "1"}""")).Problems
        );
        Assert.Equal("schema-malformed", bad.Code);
    }

    [Theory]
    [InlineData("labels: [Good, Good]", "'Good' is declared twice.")]
    [InlineData("labels: []", "needs 1 to 1000 texts.")]
    [InlineData("datatype: FP32", "only a BYTES tensor has labels, not FP32.")]
    public void Labels_are_some_different_texts_of_a_tensor_of_texts(string wrong, string expected)
    {
        string right = wrong.StartsWith('l') ? "labels: [Good, Ideal]" : "datatype: BYTES";
        Result<ResourceSet> read = ResourceReader.Read(
            Examples.Around.Replace(right, wrong, StringComparison.Ordinal),
            "a.yaml"
        );
        Assert.Contains(read.Problems, p => p.ToString().Contains(expected, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("edges: [10, 5]")]
    [InlineData("edges: [5]")]
    [InlineData("shares: [0.5, 0.25, 0.5]")]
    [InlineData("shares: [0.5, 0.75, -0.25]")]
    public void A_distribution_is_a_histogram_whose_shares_sum_to_one(string wrong)
    {
        string right = wrong.StartsWith('e') ? "edges: [5, 10]" : "shares: [0.5, 0.25, 0.25]";
        string text = Examples.Around.Replace(right, wrong, StringComparison.Ordinal);
        Assert.Equal("bad-distribution", Assert.Single(ResourceReader.Read(text, "a.yaml").Problems).Code);
    }

    [Fact]
    public void The_text_of_a_schema_is_taken_in_with_the_resource()
    {
        const string Text = """{"type": "object"}""";
        Resource read = ResourceReader
            .Read(Accepting("{ schema: s.json }"), "x", path => Result<string>.Of(path == "s.json" ? Text : "{}"))
            .Value.Resources.Single();
        string json = ResourceWriter.ToJson(read);
        var stored = (Resource.OfConsumer)ResourceReader.Read(json, "json").Value.Resources.Single();
        Assert.Equal(Text, stored.Value.Accepts.Document!.Text);
        Assert.Equal(json, ResourceWriter.ToJson(stored));
    }

    private static string Accepting(string accepts) =>
        "apiVersion: handover.dev/v1\nkind: Consumer\nmetadata: { name: c, service: s }\n"
        + $"spec: {{ role: decision, accepts: {accepts} }}\n";

    [Fact]
    public void An_unknown_operator_of_a_rule_is_told_with_its_line()
    {
        string text = Examples.Segment.Replace("in:", "regex:", StringComparison.Ordinal);
        Problem problem = Assert.Single(ResourceReader.Read(text, "seg.yaml").Problems);
        Assert.Equal(4, problem.Line);
        Assert.Equal("spec.when.regex", problem.Field);
    }

    [Fact]
    public void All_mistakes_are_told_at_once_in_the_order_of_the_file()
    {
        string text = Examples
            .Service.Replace("timeout: 2s", "tmeout: 2s", StringComparison.Ordinal)
            .Replace("impact: low", "impakt: low", StringComparison.Ordinal)
            .Replace("allow: false", "allow: 1", StringComparison.Ordinal);
        IReadOnlyList<Problem> problems = ResourceReader.Read(text, "s.yaml").Problems;
        Assert.Equal(["spec.errors.tmeout", "spec.impakt", "spec.override.allow"], problems.Select(p => p.Field));
    }

    [Fact]
    public void A_resource_that_is_declared_twice_names_both_places()
    {
        string text = Examples.Segment + "\n---\n" + Examples.Segment;
        Problem problem = Assert.Single(ResourceReader.Read(text, "x.yaml").Problems);
        Assert.Equal(
            "x.yaml:6:1: metadata.name: Segment internal is declared twice. It was first declared in x.yaml:1; keep one of the two.",
            problem.ToString()
        );
    }

    [Fact]
    public void An_empty_file_and_a_document_of_comments_hold_no_resources()
    {
        Assert.Empty(ResourceReader.Read("", "x").Value.Resources);
        Assert.Empty(ResourceReader.Read("# nothing\n---\n# still nothing\n", "x").Value.Resources);
    }

    [Theory]
    [InlineData("a: &x 1", "anchor-refused")]
    [InlineData("a: *x", "alias-refused")]
    [InlineData("a: !!binary aGk=", "tag-refused")]
    [InlineData("? [a]\n: 1", "bad-key")]
    [InlineData("a: [1", "bad-yaml")]
    [InlineData("a: 'x", "bad-yaml")]
    [InlineData("a:\n\t- b", "bad-yaml")]
    [InlineData("\"\\uD8\": 1", "bad-yaml")]
    [InlineData("%YAML 99.1\n---\na: 1", "bad-yaml")]
    [InlineData("- a\n- b", "wrong-type")]
    public void What_is_no_resource_is_refused_with_a_line(string text, string code)
    {
        Problem problem = Assert.Single(ResourceReader.Read(text, "x").Problems);
        Assert.Equal(code, problem.Code);
        Assert.True(problem.Line > 0);
    }

    [Fact]
    public void Half_a_character_is_refused()
    {
        // Not a theory: an attribute can't hold an unpaired surrogate.
        Assert.Equal("bad-text", Assert.Single(ResourceReader.Read("a: x\ud800", "x").Problems).Code);
        Assert.Equal("bad-text", Assert.Single(ResourceReader.Read("a: \ud800x", "x").Problems).Code);
    }

    [Fact]
    public void A_bomb_of_aliases_is_refused_before_it_unfolds()
    {
        string text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
        for (int i = 1; i < 30; i++)
        {
            text += $"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 9))}]\n";
        }

        Assert.Equal("anchor-refused", Assert.Single(ResourceReader.Read(text, "x").Problems).Code);
    }

    [Theory]
    [InlineData('[')]
    [InlineData('{')]
    public void Deep_nesting_is_refused_quickly(char bracket)
    {
        var watch = Stopwatch.StartNew();
        Problem problem = Assert.Single(ResourceReader.Read(new string(bracket, 1_000_000), "x").Problems);
        Assert.Contains(problem.Code, new[] { "too-deep", "bad-yaml", "bad-key" });
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(30), $"took {watch.Elapsed}");
    }

    [Fact]
    public void Too_large_and_too_many_are_refused_quickly()
    {
        var watch = Stopwatch.StartNew();
        Assert.Equal("too-large", ResourceReader.Read(new string('x', (1 << 20) + 1), "x").Problems.Single().Code);
        string many = string.Concat(Enumerable.Repeat("---\n# x\n", 1001));
        Assert.Equal("too-many-documents", ResourceReader.Read(many, "x").Problems.Single().Code);
        string wrong = string.Concat(Enumerable.Repeat("---\na: 1\n", 900));
        IReadOnlyList<Problem> problems = ResourceReader.Read(wrong, "x").Problems;
        Assert.Equal(201, problems.Count);
        Assert.Equal("700 more problems are not shown.", problems[^1].Message);
        string wide = "a: [" + string.Join(",", Enumerable.Repeat("1", 500_000)) + "]";
        Assert.Equal("too-many-values", ResourceReader.Read(wide, "x").Problems.Single().Code);
        string names = string.Concat(Enumerable.Range(0, 40_000).Select(i => $"field-number-{i}: 1\n"));
        string service = Examples.Segment + "\n" + names;
        Assert.Equal(201, ResourceReader.Read(service, "x").Problems.Count);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(60), $"took {watch.Elapsed}");
    }

    [Fact]
    public void The_drain_of_a_switch_is_read()
    {
        string text = Examples.Rollout.Replace("drain: auto", "drain: dispatch", StringComparison.Ordinal);
        RolloutPlan plan = ResourceReader.Read(text, "x").Value.Resources.OfType<Resource.OfRollout>().Single().Value;
        Assert.Equal(DrainMode.Dispatch, plan.Phases.OfType<Phase.Switch>().Single().Drain);
    }

    private static void AssertProblem(string text, string right, string wrong, string file, string expected)
    {
        Assert.Contains(right, text, StringComparison.Ordinal);
        int at = text.IndexOf(right, StringComparison.Ordinal);
        string broken = text[..at] + wrong + text[(at + right.Length)..];
        Assert.Equal(expected, Assert.Single(ResourceReader.Read(broken, file).Problems).ToString());
    }
}
