// Why: examples show the mistakes that somebody thought of; these find the others.
using System.Text;
using System.Text.Json;
using CsCheck;
using Handover.Runtimes.Onnx;
using Handover.Testkit.Models;
using Xunit;

namespace Handover.Tests.Runtimes;

public sealed class OpenInferenceCodecProperties
{
    private static readonly Gen<float[]> Row = Gen.Single.Where(float.IsFinite).Array[3];

    [Fact]
    public void Any_finite_numbers_come_back_bit_for_bit_whether_flat_or_nested()
    {
        using OnnxModel model = OpenInferenceCodecTests.Load(OnnxFile.Identity(OnnxFile.Float, "n", 3));
        Gen.Select(Row.Array[1, 20], Gen.Bool)
            .Sample(
                (rows, nested) =>
                {
                    float[] flat = [.. rows.SelectMany(r => r)];
                    string data = nested ? JsonSerializer.Serialize(rows) : JsonSerializer.Serialize(flat);
                    var answer = OpenInferenceCodecTests.Ask(
                        model,
                        OpenInferenceCodecTests.Request($"[{rows.Length},3]", data)
                    );
                    float[] back = answer.Output("y").GetProperty("data").Deserialize<float[]>()!;
                    return flat.AsSpan().SequenceEqual(back);
                },
                iter: 300
            );
    }

    [Fact]
    public void Whatever_is_cut_or_changed_in_a_request_the_answer_is_a_sentence_or_a_number()
    {
        using OnnxModel model = OpenInferenceCodecTests.Load(OnnxFile.Identity(OnnxFile.Float, "n", 3));
        byte[] good = Encoding.UTF8.GetBytes(
            """
            {"id":"é","inputs":[{"name":"x","datatype":"FP32","shape":[2,3],"data":[[1,2,3],[4,5,6e-3]],
            "parameters":{"a":"b"}}],"outputs":[{"name":"y"}]}
            """
        );
        Gen.Select(Gen.Int[0, good.Length - 1], Gen.Byte, Gen.Int[0, good.Length])
            .Sample(
                (at, value, length) =>
                {
                    byte[] body = good[..length];
                    if (at < body.Length)
                    {
                        body[at] = value;
                    }

                    var answer = OpenInferenceCodecTests.Ask(model, body);
                    return answer.Error is { Length: > 0 } || answer.Document is not null;
                },
                iter: 3000
            );
    }

    [Fact]
    public void A_fault_is_drawn_as_often_as_it_was_asked_for_and_again_with_the_same_seed()
    {
        FaultPlan plan = FaultPlan.Parse("errors=5%,stall=1%").Value;
        Gen.Long.Sample(
            seed =>
            {
                Fault[] first = [.. Enumerable.Range(0, 20_000).Select(n => plan.Draw(seed, n))];
                Fault[] second = [.. Enumerable.Range(0, 20_000).Select(n => plan.Draw(seed, n))];
                // Five standard deviations of a binomial count.
                return first.SequenceEqual(second)
                    && Math.Abs(first.Count(f => f == Fault.Error) - 1000) < 155
                    && Math.Abs(first.Count(f => f == Fault.Stall) - 200) < 71;
            },
            iter: 50
        );
    }
}
