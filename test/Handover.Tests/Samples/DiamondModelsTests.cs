using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Xunit;

namespace Handover.Tests.Samples;

/// <summary>
/// The committed models answer what their training computed. A float32 graph can be wrong by 100 % although the
/// training looked fine, so golden rows are checked through the runtime that serves them.
/// </summary>
public sealed class DiamondModelsTests
{
    public static TheoryData<string, string> Models { get; } =
        new()
        {
            { "v1", "v1" },
            { "v1-copy", "v1-copy" },
            { "v2", "v2" },
            { "v2-slow", "v2-slow" },
            { "v2-flaky", "v2-flaky" },
            { "v2-cents-lying", "v2-cents-lying" },
            { "v2-drop", "v2-drop" },
            { "v2-swapped", "v2-swapped" },
            { "v1-enc-model", "v1" },
            { "v2-enc-model", "v2" },
        };

    [Theory]
    [MemberData(nameof(Models))]
    public void A_model_answers_its_golden_rows_and_names_its_release(string file, string release)
    {
        using var session = new InferenceSession(SampleFolder.File("models", $"{file}.onnx"));
        using JsonDocument golden = JsonDocument.Parse(
            File.ReadAllText(SampleFolder.File("models", $"{file}.golden.json"))
        );
        int rows = golden.RootElement.GetProperty("rows").GetInt32();

        NamedOnnxValue[] inputs =
        [
            .. golden.RootElement.GetProperty("inputs").EnumerateObject().Select(i => Tensor(session, i, rows)),
        ];
        using IDisposableReadOnlyCollection<DisposableNamedOnnxValue> answers = session.Run(inputs);

        JsonElement expected = golden.RootElement.GetProperty("outputs");
        Assert.Equal(expected.EnumerateObject().Select(o => o.Name), answers.Select(a => a.Name));
        Assert.True(rows >= 20);
        foreach (DisposableNamedOnnxValue answer in answers)
        {
            float[] actual = [.. answer.AsTensor<float>()];
            double[] wanted = [.. Flat(expected.GetProperty(answer.Name)).Select(v => v.GetDouble())];
            Assert.Equal(wanted.Length, actual.Length);
            for (int i = 0; i < wanted.Length; i++)
            {
                Assert.InRange(actual[i], wanted[i] * (1 - 1e-4), wanted[i] * (1 + 1e-4));
            }
        }

        Assert.Equal(release, session.ModelMetadata.CustomMetadataMap["release"]);
        Assert.Equal("price", session.ModelMetadata.CustomMetadataMap["model"]);
        Assert.Equal(release.StartsWith("v1", StringComparison.Ordinal) ? 1 : 2, session.ModelMetadata.Version);
    }

    [Fact]
    public void The_digests_hold_and_the_resources_name_the_same_ones()
    {
        Dictionary<string, string> sums = File.ReadLines(SampleFolder.File("models", "SHA256SUMS"))
            .Select(line => line.Split("  "))
            .ToDictionary(p => p[1], p => p[0]);
        Assert.Equal(22, sums.Count);
        foreach ((string name, string sum) in sums)
        {
            byte[] content = File.ReadAllBytes(SampleFolder.File("models", name));
            Assert.Equal(sum, Convert.ToHexStringLower(SHA256.HashData(content)));
        }

        int named = 0;
        foreach (string yaml in new[] { "service/releases.yaml", "service/releases-bad.yaml", "two-hop/releases.yaml" })
        {
            string[] lines = File.ReadAllLines(SampleFolder.File(yaml.Split('/')));
            for (int i = 0; i < lines.Length; i++)
            {
                if (lines[i].Trim() is ['f', 'i', 'l', 'e', ':', .. var file])
                {
                    Assert.Equal($"sha256: \"{sums[Path.GetFileName(file.Trim())]}\"", lines[i + 1].Trim());
                    named++;
                }
            }
        }

        Assert.Equal(9, named);
    }

    [Fact]
    public void The_good_release_is_better_and_the_swapped_one_worse_on_most_rows()
    {
        using JsonDocument quality = JsonDocument.Parse(File.ReadAllText(SampleFolder.File("models", "quality.json")));
        double Mae(string release) => quality.RootElement.GetProperty(release).GetProperty("mae").GetDouble();
        double Worse(string release) => quality.RootElement.GetProperty(release).GetProperty("worseThanV1").GetDouble();

        Assert.True(Mae("v2") < 0.8 * Mae("v1"));
        Assert.True(Worse("v2") < 0.45);
        Assert.True(Mae("v2-swapped") > 2 * Mae("v1"));
        Assert.True(Worse("v2-swapped") > 0.7);
    }

    private static NamedOnnxValue Tensor(InferenceSession session, JsonProperty input, int rows)
    {
        JsonElement[] values = [.. Flat(input.Value)];
        int[] shape = [rows, values.Length / rows];
        Type type = session.InputMetadata[input.Name].ElementType;
        if (type == typeof(string))
        {
            return NamedOnnxValue.CreateFromTensor(
                input.Name,
                new DenseTensor<string>(values.Select(v => v.GetString()!).ToArray(), shape)
            );
        }

        return type == typeof(long)
            ? NamedOnnxValue.CreateFromTensor(
                input.Name,
                new DenseTensor<long>(values.Select(v => v.GetInt64()).ToArray(), shape)
            )
            : NamedOnnxValue.CreateFromTensor(
                input.Name,
                new DenseTensor<float>(values.Select(v => v.GetSingle()).ToArray(), shape)
            );
    }

    private static IEnumerable<JsonElement> Flat(JsonElement json) =>
        json.ValueKind == JsonValueKind.Array ? json.EnumerateArray().SelectMany(Flat) : [json];
}
