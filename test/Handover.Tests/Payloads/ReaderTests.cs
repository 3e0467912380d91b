using System.Text;
using Handover.Core.Foundation;
using Handover.Core.Payloads;
using Xunit;

namespace Handover.Tests.Payloads;

/// <summary>What real servers write, and what hostile ones might.</summary>
public sealed class ReaderTests
{
    [Fact]
    public void Nested_and_flat_data_give_the_same_tensor()
    {
        TypedAnswer flat = Infer("""[1, 2, 3, 4, 5, 6]""");
        TypedAnswer nested = Infer("""[[1, 2, 3], [4, 5, 6]]""");
        Assert.Equal(flat.Tensors[0].Numbers, nested.Tensors[0].Numbers);
        Assert.Equal([1.0, 2, 3, 4, 5, 6], flat.Tensors[0].Numbers);
        Assert.Equal([2, 3], flat.Tensors[0].Shape);
        Assert.Equal("abc", flat.Id);
        Assert.Equal("price/2", flat.Model);

        static TypedAnswer Infer(string data) =>
            Read(
                $$"""
                {"model_name":"price","model_version":"2","id":"abc",
                 "outputs":[{"data":{{data}},"name":"y","datatype":"FP32","shape":[2,3]}]}
                """
            ).Value;
    }

    [Theory]
    [InlineData(
        """{"outputs":[{"name":"y","datatype":"FP32","shape":[2],"data":[1]}]}""",
        "has 1 values where shape [2]"
    )]
    [InlineData(
        """{"outputs":[{"name":"y","datatype":"FP32","shape":[2,2],"data":[[1,2],[3]]}]}""",
        "has 1 items in dimension 1"
    )]
    [InlineData(
        """{"outputs":[{"name":"y","datatype":"FP32","shape":[2,1],"data":[[1],2]}]}""",
        "mixes values and lists"
    )]
    [InlineData("""{"outputs":[{"name":"y","datatype":"FP32","shape":[1],"data":[[1]]}]}""", "Array where FP32")]
    [InlineData("""{"outputs":[{"name":"y","datatype":"INT64","shape":[1],"data":[1.5]}]}""", "which is no INT64")]
    [InlineData("""{"outputs":[{"name":"y","datatype":"UINT8","shape":[1],"data":[300]}]}""", "which is no UINT8")]
    [InlineData("""{"outputs":[{"name":"y","datatype":"FP31","shape":[1],"data":[1]}]}""", "/outputs/0/datatype")]
    [InlineData("""{"outputs":[{"name":"y","datatype":"FP32","shape":[-1],"data":[1]}]}""", "/outputs/0/shape")]
    [InlineData("""{"outputs":[{"name":"y","datatype":"FP32","shape":[1],"data":["one"]}]}""", "String where FP32")]
    [InlineData("""{"outputs":[{"name":"y","datatype":"BYTES","shape":[1],"data":[1]}]}""", "where BYTES are strings")]
    [InlineData("""{"outputs":{}}""", "is not a list")]
    [InlineData("""{}""", "/outputs: is missing")]
    [InlineData("""[]""", "/outputs: is missing")]
    [InlineData("""{"outputs":[1]}""", "/outputs/0/name")]
    [InlineData("""{"error":"no such model"}""", "no such model")]
    [InlineData("", "not the JSON")]
    [InlineData("{\"outputs\":[]", "not the JSON")]
    public void A_malformed_answer_is_a_problem_that_says_where(string body, string says)
    {
        Result<TypedAnswer> result = Read(body);
        Assert.False(result.Ok);
        Assert.Contains(says, result.Problems[0].Message);
    }

    [Fact]
    public void Two_tensors_of_one_name_and_doubled_keys_are_refused()
    {
        const string Tensor = """{"name":"y","datatype":"FP32","shape":[1],"data":[1]}""";
        Assert.Contains("occurs twice", Read($$"""{"outputs":[{{Tensor}},{{Tensor}}]}""").Problems[0].Message);
        Assert.False(Read("""{"outputs":[],"outputs":[]}""").Ok);
        Assert.False(PlainJsonReader.ReadResponse("""{"a":{"b":1,"b":2}}"""u8).Ok);
    }

    [Fact]
    public void A_body_that_is_nested_without_end_is_refused_without_a_stack_overflow()
    {
        string deep = string.Concat(Enumerable.Repeat("[", 100_000));
        Assert.Equal("payload-malformed", PlainJsonReader.ReadResponse(Encoding.UTF8.GetBytes(deep)).Problems[0].Code);
    }

    [Fact]
    public void Bare_and_quoted_non_finite_numbers_are_read_as_such()
    {
        TypedTensor y = Read(
            """{"outputs":[{"name":"NaN","datatype":"FP32","shape":[4],"data":[NaN,-Infinity,"Infinity",1]}]}"""
        ).Value.Tensors[0];
        Assert.Equal("NaN", y.Name);
        Assert.Equal([double.NaN, double.NegativeInfinity, double.PositiveInfinity, 1], y.Numbers);
    }

    [Fact]
    public void Texts_that_look_like_numbers_stay_texts()
    {
        TypedTensor y = Read(
            """{"outputs":[{"name":"y","datatype":"BYTES","shape":[2],"data":["NaN","a\"NaN"]}]}"""
        ).Value.Tensors[0];
        Assert.Equal(["NaN", "a\"NaN"], y.Texts);
    }

    [Fact]
    public void Large_integers_keep_their_exact_texts()
    {
        TypedTensor y = Read(
            """{"outputs":[{"name":"y","datatype":"INT64","shape":[2],"data":[7,9007199254740993]}]}"""
        ).Value.Tensors[0];
        Assert.Equal(["7", "9007199254740993"], y.Texts);
        Assert.Equal(2, y.Count);
        Assert.False(y.IsText);
    }

    [Fact]
    public void A_request_is_read_like_an_answer()
    {
        TypedRequest request = OpenInferenceReader
            .ReadRequest("""{"id":"r","inputs":[{"name":"on","datatype":"BOOL","shape":[2],"data":[true,0]}]}"""u8)
            .Value;
        Assert.Equal("r", request.Id);
        Assert.Equal([1.0, 0], request.Tensors[0].Numbers);
    }

    [Fact]
    public void The_number_for_a_label_is_there_only_when_it_is_one()
    {
        TypedAnswer one = Read(
            """{"outputs":[{"name":"price","datatype":"FP32","shape":[1,1],"data":[12.5]}]}"""
        ).Value;
        TypedAnswer two = Read(
            """{"outputs":[{"name":"price","datatype":"FP32","shape":[2],"data":[12.5,13]}]}"""
        ).Value;
        TypedAnswer text = Read(
            """{"outputs":[{"name":"price","datatype":"BYTES","shape":[1],"data":["cheap"]}]}"""
        ).Value;
        TypedAnswer json = PlainJsonReader.ReadResponse("""{"price":12.5,"why":{"tier":"gold"}}"""u8).Value;
        Assert.Equal(12.5, OutputReader.Number(one, "price"));
        Assert.Null(OutputReader.Number(one, "cost"));
        Assert.Null(OutputReader.Number(two, "price"));
        Assert.Null(OutputReader.Number(text, "price"));
        Assert.Equal("cheap", OutputReader.Label(text, "price"));
        Assert.Equal("12.5", OutputReader.Label(one, "price"));
        Assert.Equal(12.5, OutputReader.Number(json, "price"));
        Assert.Equal("gold", OutputReader.Label(json, "/why/tier"));
        Assert.Null(OutputReader.Number(json, "/why/tier"));
    }

    [Fact]
    public void Tensorflow_rows_and_columns_give_the_same_tensors()
    {
        TypedAnswer rows = Tf("""{"predictions":[{"a":1,"b":[1,2]},{"a":2,"b":[3,4]}]}""").Value;
        TypedAnswer columns = Tf("""{"outputs":{"a":[1,2],"b":[[1,2],[3,4]]}}""").Value;
        foreach (string name in (string[])["a", "b"])
        {
            Assert.Equal(rows.Find(name)!.Numbers, columns.Find(name)!.Numbers);
            Assert.Equal(rows.Find(name)!.Shape, columns.Find(name)!.Shape);
        }
    }

    [Fact]
    public void A_single_tensorflow_output_answers_to_every_name()
    {
        TypedAnswer answer = Tf("""{"predictions":[[1.5],[NaN]]}""").Value;
        Assert.Equal([1.5, double.NaN], answer.Find("price")!.Numbers);
        Assert.Equal([2, 1], answer.Find("price")!.Shape);
        Assert.Equal(["hi"], Tf("""{"predictions":[{"b64":"aGk="}]}""").Value.Find("x")!.Texts);
    }

    [Theory]
    [InlineData("""{"predictions":[[1],[1,2]]}""", "ragged")]
    [InlineData("""{"predictions":[1,[2]]}""", "mixes")]
    [InlineData("""{"predictions":[1,"a"]}""", "mixes kinds")]
    [InlineData("""{"predictions":[{"a":1},{"b":1}]}""", "missing in some rows")]
    [InlineData("""{"predictions":[null]}""", "Null as a value")]
    [InlineData("""{"error":"boom"}""", "boom")]
    [InlineData("""{"x":1}""", "neither predictions nor outputs")]
    public void A_malformed_tensorflow_answer_is_a_problem(string body, string says) =>
        Assert.Contains(says, Tf(body).Problems[0].Message);

    [Fact]
    public void Leaves_have_pointers_and_empty_containers_are_leaves()
    {
        TypedAnswer answer = PlainJsonReader
            .ReadResponse("""{"a/b":[{"~":1.50},null],"c":[],"d":{},"e":Infinity}"""u8)
            .Value;
        Assert.Equal(["/a~1b/0/~0", "/a~1b/1", "/c", "/d", "/e"], answer.Leaves.Select(l => l.Path));
        Assert.Equal("1.50", answer.Leaves[0].Text);
        Assert.Equal(JsonLeafKind.EmptyArray, answer.Leaves[2].Kind);
        Assert.Equal(double.PositiveInfinity, answer.Leaves[4].Number);
    }

    private static Result<TypedAnswer> Read(string body) =>
        OpenInferenceReader.ReadResponse(Encoding.UTF8.GetBytes(body));

    private static Result<TypedAnswer> Tf(string body) =>
        TensorFlowServingReader.ReadResponse(Encoding.UTF8.GetBytes(body));
}
