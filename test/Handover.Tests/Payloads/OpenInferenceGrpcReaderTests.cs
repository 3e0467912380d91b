using Google.Protobuf;
using Handover.Core.Foundation;
using Handover.Core.Payloads;
using Handover.Testkit.Grpc;
using Xunit;

namespace Handover.Tests.Payloads;

/// <summary>What the reader of gRPC messages refuses, and what pointers find in them.</summary>
public sealed class OpenInferenceGrpcReaderTests
{
    [Fact]
    public void A_compressed_a_cut_and_a_doubled_message_are_refused_by_name()
    {
        byte[] body = GrpcFrame.Write(new ModelInferResponse { ModelName = "m" }.ToByteArray());
        Assert.True(OpenInferenceGrpcReader.ReadResponse(body).Ok);
        Assert.Equal("payload-compressed", Code([1, .. body[1..]]));
        Assert.Equal("payload-malformed", Code(body[..^1]));
        Assert.Equal("payload-malformed", Code([.. body, .. body]));
        Assert.Equal("payload-malformed", Code([]));
    }

    [Theory]
    [InlineData("INT32", "int")]
    [InlineData("FP16", "fp32")]
    [InlineData("UINT8", "uint")]
    public void Values_that_are_not_of_the_datatype_are_refused(string datatype, string list)
    {
        ModelInferResponse answer = One(datatype, 1);
        InferTensorContents contents = answer.Outputs[0].Contents;
        switch (list)
        {
            case "int":
                contents.Int64Contents.Add(1);
                break;
            case "fp32":
                contents.Fp32Contents.Add(1);
                break;
            default:
                contents.UintContents.Add(300);
                break;
        }

        Assert.Equal("payload-malformed", Code(GrpcFrame.Write(answer.ToByteArray())));
    }

    [Fact]
    public void Raw_and_typed_values_in_one_message_are_refused()
    {
        ModelInferResponse answer = One("FP32", 1);
        answer.Outputs[0].Contents.Fp32Contents.Add(1);
        answer.RawOutputContents.Add(ByteString.CopyFrom(0, 0, 0x80, 0x3f));
        Assert.Equal("payload-malformed", Code(GrpcFrame.Write(answer.ToByteArray())));
        answer.Outputs[0].Contents = null;
        Assert.True(OpenInferenceGrpcReader.ReadResponse(GrpcFrame.Write(answer.ToByteArray())).Ok);
        answer.RawOutputContents.Add(ByteString.Empty);
        Assert.Equal("payload-malformed", Code(GrpcFrame.Write(answer.ToByteArray())));
    }

    [Fact]
    public void A_shape_that_does_not_fit_and_a_name_that_comes_twice_are_refused()
    {
        ModelInferResponse answer = One("FP32", 2);
        answer.Outputs[0].Contents.Fp32Contents.Add(1);
        Assert.Equal("payload-malformed", Code(GrpcFrame.Write(answer.ToByteArray())));
        answer.Outputs[0].Shape[0] = 1;
        Assert.True(OpenInferenceGrpcReader.ReadResponse(GrpcFrame.Write(answer.ToByteArray())).Ok);
        answer.Outputs.Add(answer.Outputs[0].Clone());
        Assert.Equal("payload-malformed", Code(GrpcFrame.Write(answer.ToByteArray())));
        ModelInferResponse negative = One("FP32", -1);
        Assert.Equal("payload-malformed", Code(GrpcFrame.Write(negative.ToByteArray())));
    }

    [Fact]
    public void A_pointer_finds_what_it_would_find_in_the_json_form()
    {
        var request = new ModelInferRequest { ModelName = "price", Id = "r-1" };
        request.Parameters["customer"] = new InferParameter { StringParam = "c-7" };
        request.Parameters["a/b"] = new InferParameter { Int64Param = -3 };
        request.Parameters["yes"] = new InferParameter { BoolParam = true };
        var input = new InferTensor
        {
            Name = "x",
            Datatype = "INT64",
            Contents = new InferTensorContents(),
        };
        input.Shape.Add([2]);
        input.Contents.Int64Contents.Add([7, long.MaxValue]);
        request.Inputs.Add(input);
        byte[] body = GrpcFrame.Write(request.ToByteArray());
        Assert.Equal("c-7", OpenInferenceGrpcReader.Value(body, "/parameters/customer"));
        Assert.Equal("-3", OpenInferenceGrpcReader.Value(body, "/parameters/a~1b"));
        Assert.Equal("true", OpenInferenceGrpcReader.Value(body, "/parameters/yes"));
        Assert.Equal("r-1", OpenInferenceGrpcReader.Value(body, "/id"));
        Assert.Equal("price", OpenInferenceGrpcReader.Value(body, "/model_name"));
        Assert.Equal("9223372036854775807", OpenInferenceGrpcReader.Value(body, "/inputs/0/data/1"));
        Assert.All(
            new[] { "/inputs/0/data/2", "/inputs/1/data/0", "/parameters/none", "/model_version", "", "/x" },
            p => Assert.Null(OpenInferenceGrpcReader.Value(body, p))
        );
    }

    [Theory]
    [InlineData(0, 200)]
    [InlineData(3, 400)]
    [InlineData(13, 500)]
    [InlineData(14, 503)]
    [InlineData(99, 500)]
    public void A_status_means_its_http_status(int code, int status) => Assert.Equal(status, GrpcStatus.ToHttp(code));

    [Fact]
    public void Only_success_is_success_in_both_directions()
    {
        Assert.All(Enumerable.Range(1, 16), c => Assert.True(GrpcStatus.ToHttp(c) >= 400));
        Assert.All(Enumerable.Range(400, 200), s => Assert.NotEqual(GrpcStatus.Ok, GrpcStatus.OfHttp(s)));
        Assert.Equal(GrpcStatus.Unknown, GrpcStatus.Parse(null));
    }

    private static string Code(byte[] body) => Assert.Single(OpenInferenceGrpcReader.ReadResponse(body).Problems).Code;

    private static ModelInferResponse One(string datatype, long size)
    {
        var tensor = new InferTensor
        {
            Name = "y",
            Datatype = datatype,
            Contents = new InferTensorContents(),
        };
        tensor.Shape.Add(size);
        var answer = new ModelInferResponse();
        answer.Outputs.Add(tensor);
        return answer;
    }
}
