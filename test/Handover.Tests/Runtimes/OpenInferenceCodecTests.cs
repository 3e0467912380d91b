// Why: a model that gets a slightly wrong request often answers anyway. The codec must refuse it, in words, and must
// give back exactly what the model said for everything else.
using System.Buffers;
using System.Text;
using System.Text.Json;
using Handover.Runtimes.Onnx;
using Handover.Testkit.Models;
using Xunit;

namespace Handover.Tests.Runtimes;

public sealed class OpenInferenceCodecTests
{
    [Theory]
    [InlineData(OnnxFile.Bool, "BOOL", "[true,false,true,true]")]
    [InlineData(OnnxFile.UInt8, "UINT8", "[0,255,1,2]")]
    [InlineData(OnnxFile.UInt16, "UINT16", "[0,65535,1,2]")]
    [InlineData(OnnxFile.UInt32, "UINT32", "[0,4294967295,1,2]")]
    [InlineData(OnnxFile.UInt64, "UINT64", "[0,18446744073709551615,1,2]")]
    [InlineData(OnnxFile.Int8, "INT8", "[-128,127,1,2]")]
    [InlineData(OnnxFile.Int16, "INT16", "[-32768,32767,1,2]")]
    [InlineData(OnnxFile.Int32, "INT32", "[-2147483648,2147483647,1,2]")]
    [InlineData(OnnxFile.Int64, "INT64", "[-9223372036854775808,9223372036854775807,1,2]")]
    [InlineData(OnnxFile.Float, "FP32", "[0.1,-3.4028235E+38,1E-45,2]")]
    [InlineData(OnnxFile.Double, "FP64", "[0.1,-1.7976931348623157E+308,5E-324,2]")]
    [InlineData(OnnxFile.Text, "BYTES", """["","é \"quoted\"","😀","plain"]""")]
    public void Every_datatype_comes_back_as_it_was_sent(int type, string datatype, string data)
    {
        using OnnxModel model = Load(OnnxFile.Identity(type, "n", 2));
        string body = $$"""{"inputs":[{"name":"x","datatype":"{{datatype}}","shape":[2,2],"data":{{data}}}]}""";
        Answer answer = Ask(model, body);
        Assert.Null(answer.Error);
        JsonElement output = answer.Output("y");
        Assert.Equal(datatype, output.GetProperty("datatype").GetString());
        Assert.Equal("[2,2]", output.GetProperty("shape").GetRawText());
        using JsonDocument sent = JsonDocument.Parse(data);
        Assert.True(JsonElement.DeepEquals(sent.RootElement, output.GetProperty("data")), output.GetRawText());
    }

    [Theory]
    [InlineData("[1,2,3,4,5,6]")]
    [InlineData("[[1,2,3],[4,5,6]]")]
    public void Data_may_be_flat_or_nested(string data)
    {
        using OnnxModel model = Load(OnnxFile.Identity(OnnxFile.Float, "n", 3));
        Answer answer = Ask(model, Request("[2,3]", data));
        Assert.Null(answer.Error);
        Assert.Equal("[1,2,3,4,5,6]", answer.Output("y").GetProperty("data").GetRawText());
    }

    [Fact]
    public void Fields_may_come_in_any_order()
    {
        using OnnxModel model = Load(OnnxFile.Identity(OnnxFile.Float, "n"));
        Answer answer = Ask(
            model,
            """
            {"outputs":[{"name":"y"}],
             "inputs":[{"data":[1,2],"shape":[2],"parameters":{"a":1},"datatype":"FP32","name":"x"}],
             "parameters":{"b":true},"id":"q"}
            """
        );
        Assert.Null(answer.Error);
        Assert.Equal("q", answer.Document!.RootElement.GetProperty("id").GetString());
        Assert.Equal("m", answer.Document.RootElement.GetProperty("model_name").GetString());
    }

    [Fact]
    public void An_answer_has_no_id_when_the_request_had_none()
    {
        using OnnxModel model = Load(OnnxFile.Identity(OnnxFile.Float, "n").Version(7));
        Answer answer = Ask(model, Request("[1]", "[1]"));
        Assert.False(answer.Document!.RootElement.TryGetProperty("id", out _));
        Assert.Equal("7", answer.Document.RootElement.GetProperty("model_version").GetString());
    }

    [Fact]
    public void Only_the_outputs_that_were_asked_for_are_answered_in_that_order()
    {
        OnnxFile file = new OnnxFile()
            .Input("x", OnnxFile.Float, "n")
            .Node("Neg", ["x"], "a")
            .Node("Abs", ["x"], "b")
            .Node("Identity", ["x"], "c")
            .Output("a", OnnxFile.Float, "n")
            .Output("b", OnnxFile.Float, "n")
            .Output("c", OnnxFile.Float, "n");
        using OnnxModel model = Load(file);
        Answer answer = Ask(
            model,
            """
            {"inputs":[{"name":"x","datatype":"FP32","shape":[1],"data":[-5]}],"outputs":[{"name":"c"},{"name":"a"}]}
            """
        );
        JsonElement outputs = answer.Document!.RootElement.GetProperty("outputs");
        Assert.Equal(["c", "a"], outputs.EnumerateArray().Select(o => o.GetProperty("name").GetString()));
        Assert.Equal([-5f, 5f], outputs.EnumerateArray().Select(o => o.GetProperty("data")[0].GetSingle()));
    }

    [Theory]
    [InlineData("", "not valid JSON")]
    [InlineData("[]", "must be a JSON object")]
    [InlineData("{\"inputs\":[]} x", "not valid JSON")]
    [InlineData("{\"inputs\":[", "not valid JSON")]
    [InlineData("{}", "input 'x' is missing")]
    [InlineData("{\"inputs\":{}}", "'inputs' must be an array")]
    [InlineData("{\"inputs\":[1]}", "each of 'inputs' must be an object")]
    [InlineData("{\"inputs\":[],\"inputs\":[]}", "'inputs' appears twice")]
    [InlineData("{\"imputs\":[]}", "'imputs' is not a field")]
    [InlineData("{\"id\":7,\"inputs\":[]}", "'id' must be a string")]
    [InlineData("{\"parameters\":{\"binary_data_output\":true},\"inputs\":[]}", "binary data extension")]
    [InlineData("{\"parameters\":{\"a\":[1]},\"inputs\":[]}", "a parameter must be")]
    [InlineData("{\"inputs\":[{\"datatype\":\"FP32\",\"shape\":[1,3],\"data\":[1,2,3]}]}", "has no 'name'")]
    [InlineData(
        "{\"inputs\":[{\"name\":\"q\",\"datatype\":\"FP32\",\"shape\":[1],\"data\":[1]}]}",
        "'q' is not an input"
    )]
    [InlineData("{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP64\",\"shape\":[1,3],\"data\":[1,2,3]}]}", "takes FP32")]
    [InlineData("{\"inputs\":[{\"name\":\"x\",\"shape\":[1,3],\"data\":[1,2,3]}]}", "datatype is missing")]
    [InlineData("{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"data\":[1,2,3]}]}", "'shape' is missing")]
    [InlineData("{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1,3]}]}", "'data' is missing")]
    [InlineData("{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"dada\":[1]}]}", "'dada' is not a field")]
    public void A_malformed_request_is_refused(string body, string because) => AssertRefused(body, because);

    [Theory]
    [InlineData("[3]", "[1,2,3]", "the model takes [-1, 3]")]
    [InlineData("[1,4]", "[1,2,3,4]", "the model takes [-1, 3]")]
    [InlineData("[1,3,1]", "[1,2,3]", "the model takes [-1, 3]")]
    [InlineData("[0,3]", "[]", "whole number from 1")]
    [InlineData("[-1,3]", "[1,2,3]", "whole number from 1")]
    [InlineData("[1.5,3]", "[1,2,3]", "whole number from 1")]
    [InlineData("[99999999999,3]", "[1]", "whole number from 1")]
    [InlineData("[2000000000,3]", "[1]", "fewer elements than its shape")]
    [InlineData("[1,1,1,1,1,1,1,1,1]", "[1]", "more than 8 dimensions")]
    [InlineData("[1,3]", "[1,2]", "data has 2 elements, and the shape says 3")]
    [InlineData("[1,3]", "[1,2,3,4]", "more than the 3 elements")]
    [InlineData("[1,3]", "[1,2,null]", "element 2 is not a value of FP32")]
    [InlineData("[1,3]", "[1,\"2\",3]", "element 1 is not a value of FP32")]
    [InlineData("[1,3]", "[1,true,3]", "element 1 is not a value of FP32")]
    [InlineData("[1,3]", "[1,1e39,3]", "element 1 is not a value of FP32")]
    [InlineData("[1,3]", "[1,{},3]", "element 1 is not a value of FP32")]
    [InlineData("[1,3]", "7", "data must be an array")]
    [InlineData("[2,3]", "[[1,2,3],4,5,6]", "not nested as its shape says")]
    [InlineData("[2,3]", "[1,2,3,[4,5,6]]", "both flat and nested")]
    [InlineData("[2,3]", "[[1,2],[3,4,5,6]]", "an array at depth 2 has 2 elements")]
    [InlineData("[2,3]", "[[1,2,3]]", "an array at depth 1 has 1 elements")]
    [InlineData("[2,3]", "[[[1,2,3],[4,5,6]]]", "nested deeper")]
    public void A_wrong_tensor_is_refused(string shape, string data, string because) =>
        AssertRefused(Request(shape, data), because);

    [Theory]
    [InlineData(OnnxFile.Int64, "INT64", "1.5")]
    [InlineData(OnnxFile.Int64, "INT64", "9223372036854775808")]
    [InlineData(OnnxFile.UInt8, "UINT8", "256")]
    [InlineData(OnnxFile.UInt8, "UINT8", "-1")]
    [InlineData(OnnxFile.Bool, "BOOL", "1")]
    [InlineData(OnnxFile.Text, "BYTES", "1")]
    [InlineData(OnnxFile.Double, "FP64", "1e400")]
    public void A_value_outside_its_type_is_refused(int type, string datatype, string value)
    {
        using OnnxModel model = Load(OnnxFile.Identity(type, 1));
        string body = $$"""{"inputs":[{"name":"x","datatype":"{{datatype}}","shape":[1],"data":[{{value}}]}]}""";
        Assert.Contains($"element 0 is not a value of {datatype}", Ask(model, body).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Dimensions_of_one_name_must_agree()
    {
        OnnxFile file = new OnnxFile()
            .Input("a", OnnxFile.Float, "N", 1)
            .Input("b", OnnxFile.Float, "N", 1)
            .Node("Add", ["a", "b"], "y")
            .Output("y", OnnxFile.Float, "N", 1);
        using OnnxModel model = Load(file);
        string body = """
            {"inputs":[{"name":"a","datatype":"FP32","shape":[2,1],"data":[1,2]},
                       {"name":"b","datatype":"FP32","shape":[1,1],"data":[1]}]}
            """;
        Assert.Equal("dimension 'N' is 2 in input 'a' and 1 in 'b'", Ask(model, body).Error);
    }

    [Fact]
    public void An_answer_that_is_not_a_number_is_an_error_and_never_JSON()
    {
        using OnnxModel model = Load(
            new OnnxFile().Input("x", OnnxFile.Float, "n").Node("Log", ["x"], "y").Output("y", OnnxFile.Float, "n")
        );
        Answer answer = Ask(model, Request("[3]", "[1,-1,2]"));
        Assert.Equal("output 'y' is not a finite number at element 1", answer.Error);
        Assert.Equal("output 'y' is not a finite number at element 0", Ask(model, Request("[1]", "[0]")).Error);
    }

    [Fact]
    public void A_model_that_cannot_be_served_is_refused_when_it_is_loaded()
    {
        Assert.Contains("the file is empty", Refusal([]), StringComparison.Ordinal);
        Assert.Contains("can't be served", Refusal("not a model"u8.ToArray()), StringComparison.Ordinal);
        Assert.Contains(
            "no form in JSON",
            Refusal(OnnxFile.Identity(OnnxFile.Float16, 1).ToBytes()),
            StringComparison.Ordinal
        );
        byte[] torn = OnnxFile.Identity(OnnxFile.Float, 1).ToBytes()[..^5];
        Assert.Contains("can't be served", Refusal(torn), StringComparison.Ordinal);
    }

    internal static OnnxModel Load(OnnxFile file) => OnnxModel.Load(file.ToBytes(), "test.onnx").Value;

    internal static string Request(string shape, string data) =>
        $$"""{"inputs":[{"name":"x","datatype":"FP32","shape":{{shape}},"data":{{data}}}]}""";

    internal static Answer Ask(OnnxModel model, string body) => Ask(model, Encoding.UTF8.GetBytes(body));

    internal static Answer Ask(OnnxModel model, byte[] body)
    {
        using var request = new InferRequest(model.Inputs.Count);
        if (InferRequestReader.Read(body, model, request) is { } wrong)
        {
            return new(wrong, null);
        }

        string[] names = request.Outputs ?? model.OutputNames;
        using var values = model.Run(request.Values!, names);
        var buffer = new ArrayBufferWriter<byte>();
        string? bad = InferAnswerWriter.Write(buffer, "m", model, request, names, values);
        return bad is null ? new(null, JsonDocument.Parse(buffer.WrittenMemory)) : new(bad, null);
    }

    private static void AssertRefused(string body, string because)
    {
        using OnnxModel model = Load(OnnxFile.Identity(OnnxFile.Float, "n", 3));
        Assert.Contains(because, Ask(model, body).Error, StringComparison.Ordinal);
    }

    private static string Refusal(byte[] file)
    {
        var problems = OnnxModel.Load(file, "bad.onnx").Problems;
        Assert.NotEmpty(problems);
        Assert.All(problems, p => Assert.Equal(("model-unusable", "bad.onnx"), (p.Code, p.File)));
        return string.Join('\n', problems);
    }

    internal sealed record Answer(string? Error, JsonDocument? Document)
    {
        public JsonElement Output(string name) =>
            Document!
                .RootElement.GetProperty("outputs")
                .EnumerateArray()
                .Single(o => o.GetProperty("name").GetString() == name);
    }
}
