using System.Text;
using Handover.App.Cli;
using Handover.Control.Resources;
using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Core.Payloads;
using Handover.Testkit;
using Handover.Tests.House;
using Handover.Tests.Samples;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Handover.Tests.Cli;

/// <summary>What other tools know becomes resources that the reader takes, and what is lost is told.</summary>
public sealed class ImportTests
{
    private static readonly string[] Release = ["--service", "quote", "--name", "v2"];

    [Fact]
    public async Task Columns_of_mlflow_become_tensors_and_its_onnx_flavor_the_member()
    {
        (Release release, string notes) = await ReleaseAsync("testdata/import/MLmodel-columns", Release);
        Assert.Equal(
            ["carat FP64 False", "cut BYTES False", "table INT64 True", "seen BYTES False"],
            release.Input!.Tensors.Select(t => $"{t.Name} {t.Datatype} {t.Optional}")
        );
        Assert.All(release.Input.Tensors, t => Assert.Equal([-1, 1], t.Shape));
        Assert.Equal(("price", "FP32"), (release.Output!.Tensors[0].Name, release.Output.Tensors[0].Datatype));
        Assert.Equal("models/model.onnx", Assert.IsType<Member.Onnx>(release.Members["model"]).File);
        Assert.Contains("temperature", notes, StringComparison.Ordinal);
        Assert.Contains("datetime is carried as text", notes, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tensors_of_mlflow_keep_their_shapes_and_one_without_a_name_gets_the_servers()
    {
        string[] more = [.. Release, "--endpoint", "http://127.0.0.1:9001"];
        (Release release, _) = await ReleaseAsync("testdata/import/MLmodel-tensors", more);
        Assert.Equal(("image", "FP32"), (release.Input!.Tensors[0].Name, release.Input.Tensors[0].Datatype));
        Assert.Equal([-1, 28, 28], release.Input.Tensors[0].Shape);
        Assert.Equal(("output-0", "FP64"), (release.Output!.Tensors[0].Name, release.Output.Tensors[0].Datatype));
        Assert.Equal("http://127.0.0.1:9001/", $"{Assert.IsType<Member.Http>(release.Members["model"]).Endpoints[0]}");
    }

    [Fact]
    public async Task Nested_columns_of_mlflow_become_a_schema_of_its_scoring_server()
    {
        string[] more = [.. Release, "--endpoint", "http://127.0.0.1:9001"];
        (Release release, string notes) = await ReleaseAsync("testdata/import/MLmodel-nested", more);
        Assert.Contains("invocations", notes, StringComparison.Ordinal);
        Assert.True(Takes(release.Input, """{"dataframe_records":[{"messages":[{"role":"user","content":"hi"}]}]}"""));
        Assert.True(Takes(release.Input, """{"dataframe_split":{"columns":["messages"],"data":[]}}"""));
        Assert.False(Takes(release.Input, """{"dataframe_records":[{"messages":[{"content":"hi"}]}]}"""));
        Assert.False(Takes(release.Input, """{"rows":[]}"""));
        Assert.True(Takes(release.Output, """{"predictions":[{"answer":"x","scores":{"a":0.5}}]}"""));
        Assert.False(Takes(release.Output, """{"predictions":[{"answer":"x","scores":{"a":"b"}}]}"""));
        Assert.False(Takes(release.Output, """{"predictions":[{"answer":"x"}]}"""));
    }

    [Fact]
    public async Task What_a_served_model_says_of_itself_becomes_the_release_that_is_served()
    {
        await using FakeModelServer server = await FakeModelServer.StartAsync("v2");
        server.Behaviour = (context, _) =>
            context.Response.WriteAsync(
                """
                {"name":"price","versions":["1"],"platform":"x",
                 "inputs":[{"name":"x","datatype":"FP32","shape":[-1,6]}],
                 "outputs":[{"name":"price","datatype":"FP32","shape":[-1,1]}]}
                """
            );
        (Release release, _) = await ReleaseAsync($"{server.Address}v2/models/price", Release);
        Assert.Equal(server.Address, Assert.IsType<Member.Http>(release.Members["model"]).Endpoints[0]);
        Assert.Equal([-1, 6], release.Input!.Tensors[0].Shape);
        (int exit, string yaml, _) = await RunAsync([
            $"{server.Address}v2/models/price",
            "--as",
            "consumer",
            "--service",
            "quote",
            "--name",
            "engine",
        ]);
        Assert.Equal(0, exit);
        Resource only = Assert.Single(ResourceReader.Read(yaml, "x").Value.Resources);
        Assert.Equal("price", Assert.IsType<Resource.OfConsumer>(only).Value.Accepts.Tensors[0].Name);
    }

    [Fact]
    public async Task An_onnx_file_becomes_a_release_with_its_digest()
    {
        string file = SampleFolder.File("models/v1.onnx");
        (Release release, _) = await ReleaseAsync(file, Release);
        Member.Onnx member = Assert.IsType<Member.Onnx>(release.Members["model"]);
        Assert.Equal(64, member.Sha256!.Length);
        Assert.Contains(release.Output!.Tensors, t => t is { Name: "price", Datatype: "FP32" });
    }

    [Fact]
    public async Task A_feast_registry_becomes_feature_views_with_what_its_feature_service_needs()
    {
        (int exit, string yaml, string notes) = await RunAsync(["testdata/import/feast-registry.json"]);
        Assert.Equal(0, exit);
        FeatureView[] all = Views(yaml);
        Assert.Equal(["driver_hourly_stats", "zone_stats"], all.Select(v => v.Name));
        FeatureViewVersion stats = Assert.Single(all[0].Versions);
        Assert.Equal(3, stats.Version);
        Assert.Equal(
            ["conv_rate FP32", "acc_rate FP32", "avg_daily_trips INT64", "last_zones BYTES"],
            stats.Fields.Select(f => $"{f.Name} {f.Datatype}")
        );
        Assert.Null(stats.Freshness);
        Assert.Contains("--endpoint", notes, StringComparison.Ordinal);
        Assert.Contains("profile is left out", notes, StringComparison.Ordinal);

        string[] more = ["--feature-service", "driver_activity", "--endpoint", "http://127.0.0.1:6566"];
        (exit, yaml, _) = await RunAsync(["testdata/import/feast-registry.json", .. more, "--probe", "driver_id=1,2"]);
        Assert.Equal(0, exit);
        FeatureViewVersion needed = Assert.Single(Assert.Single(Views(yaml)).Versions);
        Assert.Equal(["conv_rate", "acc_rate"], needed.Fields.Select(f => f.Name));
        Assert.Equal(TimeSpan.FromDays(1), needed.Freshness);
        FeatureSource.Store store = Assert.IsType<FeatureSource.Store>(needed.Source);
        Assert.Equal(("driver_id", 2), (store.Key, store.Probe.Count));
    }

    [Theory]
    [InlineData("signature: 5", "MLmodel:1:1: signature: this MLmodel file has no signature")]
    [InlineData("signature:\n  inputs: 'no json'", "MLmodel:2:11: signature.inputs: cannot be read")]
    [InlineData("signature:\n  inputs: '[{\"type\":\"tensor\"}]'", "tensor-spec")]
    [InlineData("signature:\n  inputs: '[{\"type\":\"complex\",\"name\":\"x\"}]'", "no type of MLflow")]
    [InlineData(
        "signature:\n  inputs: '[{\"type\":\"string\",\"name\":\"\\ud800\"}]'",
        "signature.inputs: cannot be read"
    )]
    [InlineData("a: &a [1]\nb: *a", "anchors")]
    [InlineData("signature: \xff", "MLmodel: it is neither JSON nor text in UTF-8")]
    [InlineData("\ufeff{\"inputs\":7,\"outputs\":[]}", "inputs: this is no Open Inference model metadata")]
    [InlineData("{", "no Feast registry")]
    [InlineData("""{"featureViews":[{"spec":{}}]}""", "has no name")]
    [InlineData("""{"featureViews":{"spec":7}}""", "neither")]
    [InlineData("""{"inputs":[{"name":"x","datatype":"FP32","shape":[-7]}],"outputs":[]}""", "inputs[0].shape")]
    [InlineData("""{"inputs":[{"name":"x","datatype":"FP8","shape":[1]}],"outputs":[]}""", "FP8")]
    public async Task What_is_wrong_with_a_file_is_told_with_its_place(string text, string told)
    {
        string directory = Directory.CreateTempSubdirectory("handover-import-").FullName;
        string file = Path.Combine(directory, "MLmodel");
        byte[] bytes = text.Contains('\xff') ? Encoding.Latin1.GetBytes(text) : Encoding.UTF8.GetBytes(text);
        await File.WriteAllBytesAsync(file, bytes);
        (int exit, string output, string said) = await RunAsync([
            directory,
            .. Release,
            "--endpoint",
            "http://127.0.0.1:9001",
        ]);
        Directory.Delete(directory, recursive: true);
        Assert.Equal((1, ""), (exit, output));
        Assert.Contains(told, said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_feature_that_the_service_needs_and_no_view_has_is_told()
    {
        string registry = Repository.Text("testdata/import/feast-registry.json").Replace("\"acc_rate\"", "\"gone\"");
        string file = Path.GetTempFileName();
        int second = registry.LastIndexOf("\"gone\"", StringComparison.Ordinal);
        await File.WriteAllTextAsync(file, registry.Remove(second, 6).Insert(second, "\"acc_rate\""));
        (int exit, _, string said) = await RunAsync([file, "--feature-service", "driver_activity"]);
        File.Delete(file);
        Assert.Equal(1, exit);
        Assert.Contains("needs 'gone' of 'driver_hourly_stats'", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_registry_over_the_bound_is_refused_and_not_cut()
    {
        string file = Path.GetTempFileName();
        string features = string.Join(
            ',',
            Enumerable.Range(0, 1001).Select(i => $$"""{"name":"f{{i}}","valueType":"INT64"}""")
        );
        await File.WriteAllTextAsync(file, $$"""{"featureViews":[{"spec":{"name":"v","features":[{{features}}]} }]}""");
        (int exit, string output, string said) = await RunAsync([file]);
        File.Delete(file);
        Assert.Equal((1, ""), (exit, output));
        Assert.Contains("'features' has more than 1000 entries", said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"inputs\":[],\"outputs\":[]}", null)]
    [InlineData("[]", "not an object")]
    [InlineData("{\"inputs\":[{\"name\":\"\",\"datatype\":\"FP32\",\"shape\":[]}],\"outputs\":[]}", "inputs[0]")]
    [InlineData("{\"inputs\":[{\"name\":\"\\ud800\",\"datatype\":\"FP32\",\"shape\":[]}],\"outputs\":[]}", "not JSON")]
    [InlineData(
        "{\"inputs\":[],\"outputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":{}}]}",
        "outputs[0].shape"
    )]
    public void Metadata_is_believed_only_in_its_own_form(string json, string? wrong)
    {
        Result<ModelMetadata> read = ModelMetadata.Read(Encoding.UTF8.GetBytes(json));
        Assert.Equal(wrong is null, read.Ok);
        if (wrong is not null)
        {
            Assert.Contains(wrong, read.Problems[0].ToString(), StringComparison.Ordinal);
        }
    }

    private static bool Takes(Signature? signature, string body)
    {
        var contract = Handover.Core.Contracts.AnswerContract.Compile("x", signature!, WireProtocol.Json).Value;
        return contract.First(Encoding.UTF8.GetBytes(body), default) is null;
    }

    private static FeatureView[] Views(string yaml) =>
        [.. ResourceReader.Read(yaml, "x").Value.Resources.Cast<Resource.OfFeatureView>().Select(v => v.Value)];

    private static async Task<(Release Release, string Notes)> ReleaseAsync(string from, string[] more)
    {
        (int exit, string yaml, string notes) = await RunAsync([from, .. more]);
        Assert.True(exit == 0, notes);
        Resource only = Assert.Single(ResourceReader.Read(yaml, "x").Value.Resources);
        return (Assert.IsType<Resource.OfRelease>(only).Value, notes);
    }

    private static async Task<(int Exit, string Out, string Err)> RunAsync(string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var host = new CliHost
        {
            Out = output,
            Err = error,
            In = TextReader.Null,
            Env = _ => null,
        };
        string from = args[0].StartsWith("testdata", StringComparison.Ordinal) ? Repository.At(args[0]) : args[0];
        int exit = await CommandTree.RunAsync(
            ["contracts", "import", from, .. args[1..]],
            host,
            CancellationToken.None
        );
        return (exit, output.ToString(), error.ToString());
    }
}
