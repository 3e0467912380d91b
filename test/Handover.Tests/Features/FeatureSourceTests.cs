using System.Text;
using System.Text.Json;
using Handover.Control.Features;
using Handover.Core.Catalog;
using Handover.Core.Contracts;
using Handover.Core.Foundation;
using Handover.Ports;
using Handover.Testkit;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Handover.Tests.Features;

/// <summary>The file source, and the online read of Feast over a real socket.</summary>
public sealed class FeatureSourceTests : IAsyncLifetime
{
    private readonly string _directory = Directory.CreateTempSubdirectory("features-").FullName;
    private readonly FeatureSources _sources;
    private FakeModelServer _store = null!;

    public FeatureSourceTests() => _sources = new FeatureSources(_directory, UrlPolicy.LoopbackOnly);

    public async ValueTask InitializeAsync() => _store = await FakeModelServer.StartAsync("feast");

    [Fact]
    public async Task A_store_is_asked_as_Feast_wants_to_be_asked_and_its_answer_is_read()
    {
        Answer(
            """
            {"metadata":{"feature_names":["stone","carat","cut"],
              "feature_view_metadata":[{"name":"attributes","version":2}]},
             "results":[
              {"values":["s-1","s-2"],"statuses":["PRESENT","PRESENT"],
               "event_timestamps":["1970-01-01T00:00:00Z","1970-01-01T00:00:00Z"]},
              {"values":[0.23,1],"statuses":["PRESENT","PRESENT"],
               "event_timestamps":["2026-01-01T10:00:00Z","2026-01-01T09:00:00Z"]},
              {"values":["Ideal",null],"statuses":["PRESENT","NULL_VALUE"],
               "event_timestamps":["2026-01-01T10:00:00Z","2026-01-01T11:00:00Z"]}]}
            """
        );
        FeatureReading reading = (await AskAsync()).Value;
        Assert.True(reading.Served);
        Assert.Equal("FP32", reading.Fields["carat"]);
        Assert.Equal("BYTES", reading.Fields["cut"]);
        Assert.Equal(new DateTimeOffset(2026, 1, 1, 9, 0, 0, TimeSpan.Zero), reading.AsOf);

        FakeModelRequest asked = Assert.Single(_store.Log);
        using JsonDocument body = JsonDocument.Parse(asked.Body);
        Assert.Equal("/get-online-features", asked.Target);
        Assert.Equal(
            """["attributes@v2:carat","attributes@v2:cut"]""",
            body.RootElement.GetProperty("features").GetRawText()
        );
        Assert.Equal("""{"stone":["s-1","s-2"]}""", body.RootElement.GetProperty("entities").GetRawText());
        Assert.True(body.RootElement.GetProperty("include_feature_view_version_metadata").GetBoolean());
    }

    [Theory]
    [InlineData("""{"metadata":{"feature_names":["carat"]},"results":[]}""", "does not tell which version")]
    [InlineData(
        """
            {"metadata":{"feature_names":[],"feature_view_metadata":[{"name":"attributes","version":1}]},"results":[]}
            """,
        "version 1 answered"
    )]
    [InlineData(
        """{"metadata":{"feature_names":[],"feature_view_metadata":[{"name":"other","version":2}]},"results":[]}""",
        "does not know the view"
    )]
    [InlineData(
        """
            {"metadata":{"feature_names":["carat"],"feature_view_metadata":[{"name":"attributes","version":2}]},
             "results":[{"values":[null],"statuses":["NOT_FOUND"],"event_timestamps":["1970-01-01T00:00:00Z"]}]}
            """,
        "carat is NOT_FOUND"
    )]
    public async Task A_version_that_is_not_served_is_an_answer(string answer, string note)
    {
        Answer(answer);
        FeatureReading reading = (await AskAsync()).Value;
        Assert.False(reading.Served);
        Assert.Contains(note, reading.Note, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("not json")]
    [InlineData("""{"metadata":{"feature_names":["carat"],"feature_view_metadata":3},"results":[]}""")]
    public async Task An_answer_that_is_none_is_a_problem_and_never_an_exception(string answer)
    {
        Answer(answer);
        Assert.False((await AskAsync()).Ok);
    }

    [Fact]
    public async Task A_store_that_fails_or_is_forbidden_is_a_problem()
    {
        _store.Behaviour = FakeModelServer.Answer(500);
        Assert.Contains("answered 500", (await AskAsync()).Problems[0].Message, StringComparison.Ordinal);
        var away = new FeatureSource.Store(new Uri("http://192.0.2.1"), "stone", ["s-1"]);
        Assert.Equal("url-not-allowed", (await AskAsync(away)).Problems[0].Code);
    }

    [Fact]
    public async Task A_file_tells_what_is_materialised()
    {
        var source = new FeatureSource.File("state.json");
        Assert.Equal("file-missing", (await AskAsync(source)).Problems[0].Code);
        File.WriteAllText(Path.Combine(_directory, "state.json"), "{");
        Assert.Equal("bad-feature-file", (await AskAsync(source)).Problems[0].Code);
        const string State = """
            {"views":[{"name":"attributes","version":STATE,
              "materialized":"2026-01-01T10:00:00Z","fields":{"carat":"FP32"}}]}
            """;
        foreach (
            (string written, bool served) in ((string, bool)[])
                [
                    ("2,\"state\":\"AVAILABLE_ONLINE\"", true),
                    ("2,\"state\":\"MATERIALIZING\"", false),
                    ("1,\"state\":\"AVAILABLE_ONLINE\"", false),
                ]
        )
        {
            File.WriteAllText(
                Path.Combine(_directory, "state.json"),
                State.Replace("STATE", written, StringComparison.Ordinal)
            );
            FeatureReading reading = (await AskAsync(source)).Value;
            Assert.Equal(served, reading.Served);
            Assert.Equal(served, reading.Note is null);
        }
    }

    [Fact]
    public async Task An_index_tells_what_it_is()
    {
        Answer(
            """{"name":"products","version":7,"space":"s","dimensions":16,"metric":"cosine","rows":5,"expected":9}"""
        );
        VectorReading reading = (await _sources.ReadAsync(_store.Address, default)).Value;
        Assert.Equal(
            ("products", 7, "s", 16, "cosine", 5L, 9L),
            (
                reading.Name,
                reading.Version,
                reading.Space,
                reading.Dimensions,
                reading.Metric,
                reading.Rows,
                reading.Expected
            )
        );
        Answer("[1]");
        Assert.False((await _sources.ReadAsync(_store.Address, default)).Ok);
    }

    public async ValueTask DisposeAsync()
    {
        _sources.Dispose();
        await _store.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    private void Answer(string json) =>
        _store.Behaviour = (context, _) => context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(json)).AsTask();

    private Task<Result<FeatureReading>> AskAsync(FeatureSource? source = null)
    {
        var version = new FeatureViewVersion(2, [new("carat", "FP32"), new("cut", "BYTES")])
        {
            Source = source ?? new FeatureSource.Store(_store.Address, "stone", ["s-1", "s-2"]),
        };
        return _sources.ReadAsync("attributes", version, default);
    }
}
