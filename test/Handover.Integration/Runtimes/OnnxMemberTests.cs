// Why: real files through the real runtime, over the very socket that the gateway uses.
using System.Net;
using System.Net.Http;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Handover.Core.Catalog;
using Handover.Ports;
using Handover.Testkit.Models;
using Xunit;

namespace Handover.Integration.Runtimes;

public sealed class OnnxMemberTests
{
    private const string Infer = "/v2/models/any-name/infer";

    [Theory]
    [InlineData("v1")]
    [InlineData("v2")]
    [InlineData("v2-swapped")]
    public async Task Golden_rows_are_answered_as_the_training_program_computed_them(string release)
    {
        await using var world = new RuntimeWorld();
        StackStatus status = await StartAsync(world, release, world.Sample(release + ".onnx"));
        using HttpClient client = world.Client(status.Members["model"][0]);
        using JsonDocument golden = JsonDocument.Parse(
            await File.ReadAllBytesAsync(
                Path.Combine(RuntimeWorld.Models, release + ".golden.json"),
                RuntimeWorld.Cancel
            )
        );
        JsonElement inputs = golden.RootElement.GetProperty("inputs");
        int rows = golden.RootElement.GetProperty("rows").GetInt32();
        string body = $$"""
            {"id":"g","inputs":[
              {"name":"categories","datatype":"BYTES","shape":[{{rows}},3],"data":{{inputs.GetProperty("categories")}}},
              {"name":"numbers","datatype":"FP32","shape":[{{rows}},6],"data":{{inputs.GetProperty("numbers")}}}]}
            """;
        using JsonDocument answer = JsonDocument.Parse(await PostAsync(client, body, HttpStatusCode.OK));
        foreach (JsonProperty expected in golden.RootElement.GetProperty("outputs").EnumerateObject())
        {
            JsonElement output = answer
                .RootElement.GetProperty("outputs")
                .EnumerateArray()
                .Single(o => o.GetProperty("name").GetString() == expected.Name);
            double[] want = [.. Flat(expected.Value)];
            double[] got = [.. Flat(output.GetProperty("data"))];
            Assert.Equal(want.Length, got.Length);
            Assert.All(want.Zip(got), p => Assert.Equal(p.First, p.Second, Math.Abs(p.First) * 1e-5 + 1e-3));
        }
    }

    [Fact]
    public async Task Every_answer_is_logged_with_request_release_purpose_and_status()
    {
        await using var world = new RuntimeWorld();
        StackStatus status = await StartAsync(world, "r1", world.Write("m.onnx", Tiny("named-in-file")));
        using HttpClient client = world.Client(status.Members["model"][0]);
        client.DefaultRequestHeaders.Add("Handover-Request-Id", "req-1");
        client.DefaultRequestHeaders.Add("Handover-Purpose", "shadow");
        await PostAsync(client, Body("[1]"), HttpStatusCode.OK);
        await PostAsync(client, Body("[true]"), HttpStatusCode.BadRequest);
        await RuntimeWorld.UntilAsync(
            "both lines are written while the member runs",
            () => File.Exists(world.Log("r1")) && File.ReadAllLines(world.Log("r1")).Length == 2
        );
        JsonElement[] lines = [.. File.ReadAllLines(world.Log("r1")).Select(l => JsonDocument.Parse(l).RootElement)];
        Assert.All(lines, l => Assert.Equal("req-1", l.GetProperty("requestId").GetString()));
        Assert.All(lines, l => Assert.Equal("named-in-file", l.GetProperty("release").GetString()));
        Assert.All(lines, l => Assert.Equal("shadow", l.GetProperty("purpose").GetString()));
        Assert.Equal([200, 400], lines.Select(l => l.GetProperty("status").GetInt32()));
        Assert.True(lines[0].GetProperty("at").GetDateTimeOffset() <= lines[1].GetProperty("at").GetDateTimeOffset());
    }

    [Fact]
    public async Task A_member_says_of_itself_what_its_file_says()
    {
        await using var world = new RuntimeWorld();
        await StartAsync(world, "v2", world.Sample("v2.onnx"));
        var described = await world.Runtime.DescribeAsync("price", "v2", "model", RuntimeWorld.Cancel);
        Signatures signatures = described.Value!;
        Assert.Equal(["categories", "numbers"], signatures.Input.Tensors.Select(t => t.Name));
        Assert.Equal(["BYTES", "FP32"], signatures.Input.Tensors.Select(t => t.Datatype));
        Assert.Equal([-1L, 3], signatures.Input.Tensors[0].Shape);
        Assert.Contains("price", signatures.Output.Tensors.Select(t => t.Name));
        Assert.Equal("v2", signatures.Metadata["release"]);
    }

    [Fact]
    public async Task The_protocols_other_paths_answer()
    {
        await using var world = new RuntimeWorld();
        StackStatus status = await StartAsync(world, "r1", world.Write("m.onnx", Tiny("r1")));
        using HttpClient client = world.Client(status.Members["model"][0]);
        foreach (
            string path in new[] { "/v2", "/v2/health/live", "/v2/health/ready", "/v2/models/m/ready", "/v2/models/m" }
        )
        {
            using HttpResponseMessage answer = await client.GetAsync(
                new Uri(path, UriKind.Relative),
                RuntimeWorld.Cancel
            );
            Assert.Equal((path, HttpStatusCode.OK), (path, answer.StatusCode));
        }

        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(client, "/v2/models/m/versions/9"));
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(client, "/metrics"));
        Assert.Equal(HttpStatusCode.MethodNotAllowed, await StatusAsync(client, Infer));
        using var binary = new HttpRequestMessage(HttpMethod.Post, Infer) { Content = new StringContent("x") };
        binary.Headers.Add("Inference-Header-Content-Length", "10");
        using HttpResponseMessage refused = await client.SendAsync(binary, RuntimeWorld.Cancel);
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
    }

    [Fact]
    public async Task The_socket_and_its_directory_are_closed_to_others()
    {
        await using var world = new RuntimeWorld();
        StackStatus status = await StartAsync(world, "r1", world.Write("m.onnx", Tiny("r1")));
        string socket = status.Members["model"][0].UnixSocket!;
        Assert.True(Encoding.UTF8.GetByteCount(socket) < 100);
        const UnixFileMode others =
            UnixFileMode.GroupRead
            | UnixFileMode.GroupWrite
            | UnixFileMode.GroupExecute
            | UnixFileMode.OtherRead
            | UnixFileMode.OtherWrite
            | UnixFileMode.OtherExecute;
        Assert.Equal((UnixFileMode)0, File.GetUnixFileMode(Path.GetDirectoryName(socket)!) & others);
    }

    [Fact]
    public async Task A_state_directory_with_a_long_name_works_too()
    {
        await using var world = new RuntimeWorld(o =>
            o with
            {
                StateDirectory = Path.Combine(o.StateDirectory, new string('d', 120)),
            }
        );
        StackStatus status = await StartAsync(world, new string('r', 63), world.Write("m.onnx", Tiny("r1")));
        using HttpClient client = world.Client(status.Members["model"][0]);
        await PostAsync(client, Body("[1]"), HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_wrong_digest_names_both()
    {
        await using var world = new RuntimeWorld();
        string file = world.Sample("v1.onnx");
        var result = await world.Runtime.StartAsync(
            RuntimeWorld.Release("v1", ("model", new Member.Onnx(file, new string('a', 64)))),
            RuntimeWorld.Cancel
        );
        var problem = Assert.Single(result.Problems);
        Assert.Equal("digest-mismatch", problem.Code);
        Assert.Equal("spec.members.model.sha256", problem.Field);
        Assert.Contains(new string('a', 64), problem.Message, StringComparison.Ordinal);
        Assert.Matches("has sha256 [0-9a-f]{64}", problem.Message);
        Assert.Null(world.Runtime.Status("price", "v1"));
    }

    [Fact]
    public async Task Files_that_are_no_models_or_lie_outside_are_refused()
    {
        await using var world = new RuntimeWorld();
        world.Write("empty.onnx", []);
        world.Write("garbage.onnx", Encoding.UTF8.GetBytes(new string('g', 5000)));
        File.CreateSymbolicLink(Path.Combine(world.Dir, "link.onnx"), Path.Combine(RuntimeWorld.Models, "v1.onnx"));
        Assert.Equal("model-unusable", await RefusalAsync(world, "empty.onnx"));
        Assert.Equal("model-unusable", await RefusalAsync(world, "garbage.onnx"));
        Assert.Equal("path-outside", await RefusalAsync(world, "link.onnx"));
        Assert.Equal("path-outside", await RefusalAsync(world, "../../../etc/hostname"));
        Assert.Equal("file-missing", await RefusalAsync(world, "none.onnx"));
    }

    [Fact]
    public async Task When_one_member_fails_the_whole_stack_is_stopped()
    {
        await using var world = new RuntimeWorld();
        var result = await world.Runtime.StartAsync(
            RuntimeWorld.Release(
                "r1",
                ("model", new Member.Onnx(world.Write("m.onnx", Tiny("r1")), null)),
                ("other", new Member.Onnx("none.onnx", null))
            ),
            RuntimeWorld.Cancel
        );
        Assert.Equal("spec.members.other", Assert.Single(result.Problems).Field);
        Assert.Null(world.Runtime.Status("price", "r1"));
        Assert.Empty(Directory.GetFiles(Path.Combine(world.State, "sockets")));
    }

    [Fact]
    public async Task Starting_and_stopping_again_is_no_error()
    {
        await using var world = new RuntimeWorld();
        StackStatus first = await StartAsync(world, "r1", world.Write("m.onnx", Tiny("r1")));
        StackStatus second = await StartAsync(world, "r1", "m.onnx");
        Assert.Equal(first.Members["model"], second.Members["model"]);
        await world.Runtime.StopAsync("price", "r1", RuntimeWorld.Cancel);
        await world.Runtime.StopAsync("price", "r1", RuntimeWorld.Cancel);
        await world.Runtime.StopAsync("price", "never", RuntimeWorld.Cancel);
        Assert.Null(world.Runtime.Status("price", "r1"));
        Assert.True((await StartAsync(world, "r1", "m.onnx")).Ready);
    }

    [Fact]
    public async Task Stopping_under_load_lets_running_answers_finish()
    {
        await using var world = new RuntimeWorld(o => o with { DrainWait = TimeSpan.FromMilliseconds(100) });
        StackStatus status = await StartAsync(world, "v2", world.Sample("v2.onnx"));
        MemberEndpoint endpoint = status.Members["model"][0];
        using HttpClient client = world.Client(endpoint);
        bool leaving = false;
        world.Runtime.Changed += _ =>
            Volatile.Write(ref leaving, world.Runtime.Status("price", "v2") is not { Ready: true });
        string body = """
            {"inputs":[
              {"name":"categories","datatype":"BYTES","shape":[1,3],"data":["Ideal","E","SI2"]},
              {"name":"numbers","datatype":"FP32","shape":[1,6],"data":[0.23,61.5,55,3.95,3.98,2.43]}]}
            """;
        int answered = 0;
        Task[] callers =
        [
            .. Enumerable
                .Range(0, 4)
                .Select(async _ =>
                {
                    // Stops when the endpoint leaves the list, as the gateway does; what is in flight must finish.
                    while (!Volatile.Read(ref leaving))
                    {
                        await PostAsync(client, body, HttpStatusCode.OK);
                        Interlocked.Increment(ref answered);
                    }
                }),
        ];
        await RuntimeWorld.UntilAsync("there is load", () => Volatile.Read(ref answered) > 50);
        await world.Runtime.StopAsync("price", "v2", RuntimeWorld.Cancel);
        await Task.WhenAll(callers);
        Assert.False(File.Exists(endpoint.UnixSocket));
    }

    private static byte[] Tiny(string release) =>
        OnnxFile.Identity(OnnxFile.Float, "n").Property("release", release).ToBytes();

    private static string Body(string data) =>
        $$"""{"inputs":[{"name":"x","datatype":"FP32","shape":[1],"data":{{data}}}]}""";

    private static async Task<StackStatus> StartAsync(RuntimeWorld world, string release, string file)
    {
        var result = await world.Runtime.StartAsync(
            RuntimeWorld.Release(release, ("model", new Member.Onnx(file, null))),
            RuntimeWorld.Cancel
        );
        Assert.True(result.Ok, string.Join("; ", result.Problems));
        Assert.True(result.Value.Ready);
        Assert.True(result.Value.ResidentBytes > 0);
        return result.Value;
    }

    private static async Task<string> RefusalAsync(RuntimeWorld world, string file)
    {
        var result = await world.Runtime.StartAsync(
            RuntimeWorld.Release("bad", ("model", new Member.Onnx(file, null))),
            RuntimeWorld.Cancel
        );
        return Assert.Single(result.Problems).Code;
    }

    private static async Task<string> PostAsync(HttpClient client, string body, HttpStatusCode expected)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using HttpResponseMessage answer = await client.PostAsync(
            new Uri(Infer, UriKind.Relative),
            content,
            RuntimeWorld.Cancel
        );
        string text = await answer.Content.ReadAsStringAsync(RuntimeWorld.Cancel);
        Assert.True(answer.StatusCode == expected, text);
        return text;
    }

    private static async Task<HttpStatusCode> StatusAsync(HttpClient client, string path)
    {
        using HttpResponseMessage answer = await client.GetAsync(new Uri(path, UriKind.Relative), RuntimeWorld.Cancel);
        JsonElement error = await answer.Content.ReadFromJsonAsync<JsonElement>(RuntimeWorld.Cancel);
        Assert.NotEqual("", error.GetProperty("error").GetString());
        return answer.StatusCode;
    }

    private static IEnumerable<double> Flat(JsonElement e) =>
        e.ValueKind == JsonValueKind.Array ? e.EnumerateArray().SelectMany(Flat) : [e.GetDouble()];
}
