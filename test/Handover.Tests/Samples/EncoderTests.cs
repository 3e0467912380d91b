using System.Buffers;
using System.Text;
using System.Text.Json;
using Diamonds.Encoder;
using Xunit;

namespace Handover.Tests.Samples;

/// <summary>
/// The encoder, written in another language than the training, must make the very rows the models learnt from.
/// </summary>
public sealed class EncoderTests
{
    private static readonly FeatureEncoding Encoding = new(
        JsonDocument.Parse(File.ReadAllText(SampleFolder.File("models", "features.json"))).RootElement
    );

    [Theory]
    [InlineData("v1", "v1-enc-model", new[] { "onehot" })]
    [InlineData("v2", "v2-enc-model", new[] { "ids", "numbers" })]
    public void Raw_rows_become_the_golden_inputs_of_the_release_s_own_model(string raw, string encoded, string[] names)
    {
        JsonElement inputs = Golden(raw).GetProperty("inputs");
        JsonElement expected = Golden(encoded).GetProperty("inputs");
        RawRows rows = RawRows.Read(Request(inputs.GetProperty("categories"), inputs.GetProperty("numbers")));

        JsonElement request = Written(rows, oneHot: names[0] == "onehot");

        Assert.Equal(
            names,
            request.GetProperty("inputs").EnumerateArray().Select(t => t.GetProperty("name").GetString()!)
        );
        foreach (JsonElement tensor in request.GetProperty("inputs").EnumerateArray())
        {
            double[] actual = [.. tensor.GetProperty("data").EnumerateArray().Select(v => v.GetDouble())];
            double[] wanted = [.. Flat(expected.GetProperty(tensor.GetProperty("name").GetString()!))];
            Assert.Equal(wanted.Length, actual.Length);
            Assert.Equal(
                wanted.Length,
                tensor.GetProperty("shape").EnumerateArray().Aggregate(1, (n, d) => n * d.GetInt32())
            );
            Assert.All(wanted.Zip(actual), p => Assert.Equal(p.First, p.Second, 1e-5));
        }
    }

    [Theory]
    [InlineData("""["Ideal","E","SI9"]""", "[1,2,3,4,5,6]", "'SI9' is not a clarity")]
    [InlineData("""["Ideal","E"]""", "[1,2,3,4,5,6]", "shape [N,3]")]
    [InlineData("""["Ideal","E","SI1"]""", "[1,2,3,4,5]", "shape [N,6]")]
    [InlineData("""["Ideal","E",7]""", "[1,2,3,4,5,6]", "text only")]
    [InlineData("""["Ideal","E","SI1"]""", """[1,2,3,4,5,"x"]""", "finite numbers only")]
    [InlineData("""["Ideal","E","SI1"]""", "[1,2,3,4,5,1e99]", "finite numbers only")]
    public void A_row_that_cannot_be_encoded_is_refused_with_what_is_wrong(
        string categories,
        string numbers,
        string why
    )
    {
        var error = Assert.Throws<FormatException>(() =>
            Written(
                RawRows.Read(
                    Request(JsonDocument.Parse(categories).RootElement, JsonDocument.Parse(numbers).RootElement)
                ),
                oneHot: true
            )
        );

        Assert.Contains(why, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}", "The input 'categories' is missing.")]
    [InlineData("[]", "The input 'categories' is missing.")]
    [InlineData("""{"inputs":[{"name":"categories","datatype":"FP32","data":[]}]}""", "must have the datatype BYTES")]
    [InlineData("""{"inputs":[{"name":"categories","datatype":"BYTES"}]}""", "categories has no data")]
    public void A_request_that_is_not_an_inference_request_is_refused(string body, string why)
    {
        var error = Assert.Throws<FormatException>(() => RawRows.Read(JsonDocument.Parse(body).RootElement));

        Assert.Contains(why, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_come_from_arguments_first_and_from_the_supervisor_s_environment_second()
    {
        string features = SampleFolder.File("models", "features.json");
        var environment = new Dictionary<string, string?>
        {
            ["PORT"] = "9001",
            ["HANDOVER_RELEASE"] = "v2",
            ["HANDOVER_MEMBERS_URL"] = "http://127.0.0.1:8080/-/services/s/members",
        };

        EncoderOptions? options = EncoderOptions.Parse(
            ["--port", "9002", "--features", features],
            environment.GetValueOrDefault,
            out string problem
        );

        Assert.Equal("", problem);
        Assert.Equal(9002, options!.Port);
        Assert.Equal("v2", options.Release);
        Assert.Equal("http://127.0.0.1:8080/-/services/s/members/model", new Uri(options.Members, "model").ToString());
        Assert.Null(EncoderOptions.Parse(["--features", features], _ => null, out problem));
        Assert.NotEqual("", problem);
    }

    [Fact]
    public void A_line_of_the_log_is_one_that_the_judge_reads()
    {
        using var output = new MemoryStream();
        DateTimeOffset at = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

        new AnswerLog(output, "v2").Write(at, "r1", "live", 200);

        string line = System.Text.Encoding.UTF8.GetString(output.ToArray());
        Assert.EndsWith("\n", line, StringComparison.Ordinal);
        Assert.Equal(
            new Diamonds.Judge.ModelLine(at, "r1", "v2", "live", 200),
            Assert.Single(new Diamonds.Judge.LogReader().Model([line.TrimEnd()]))
        );
    }

    private static JsonElement Golden(string model) =>
        JsonDocument.Parse(File.ReadAllText(SampleFolder.File("models", $"{model}.golden.json"))).RootElement;

    private static JsonElement Request(JsonElement categories, JsonElement numbers) =>
        JsonSerializer.SerializeToElement(
            new
            {
                inputs = new object[]
                {
                    new
                    {
                        name = "numbers",
                        datatype = "FP32",
                        data = numbers,
                    },
                    new
                    {
                        name = "categories",
                        datatype = "BYTES",
                        data = categories,
                    },
                },
            }
        );

    private static JsonElement Written(RawRows rows, bool oneHot)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            if (oneHot)
            {
                Encoding.WriteOneHot(json, rows);
            }
            else
            {
                Encoding.WriteIds(json, rows);
            }
        }

        return JsonDocument.Parse(buffer.WrittenMemory).RootElement;
    }

    private static IEnumerable<double> Flat(JsonElement json) =>
        json.ValueKind == JsonValueKind.Array ? json.EnumerateArray().SelectMany(Flat) : [json.GetDouble()];
}
