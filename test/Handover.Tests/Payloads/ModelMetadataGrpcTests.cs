using System.Text.Json;
using CsCheck;
using Google.Protobuf;
using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Core.Payloads;
using Handover.Testkit.Grpc;
using Xunit;

namespace Handover.Tests.Payloads;

/// <summary>
/// What a model says of itself in gRPC is read as the same words in JSON are, by the stock library's idea of the
/// message.
/// </summary>
public sealed class ModelMetadataGrpcTests
{
    private static readonly Gen<string> Name = Gen.String[Gen.Char["ab\u00e9\n"], 0, 3];

    private static readonly Gen<(string Name, string Datatype, long[] Shape)[]> Tensors = Gen.Select(
        Name,
        Gen.Bool.Select(b => b ? "FP32" : "BYTES"),
        Gen.Long[-2, 5].Array[0, 18]
    ).Array[0, 3];

    [Fact]
    public void A_message_reads_as_the_same_document_does() =>
        Gen.Select(Tensors, Tensors, Gen.Select(Name, Name).Array[0, 2])
            .Sample(
                (inputs, outputs, properties) =>
                {
                    var message = new ModelMetadataResponse { Name = "m", Platform = "p" };
                    message.Versions.Add("1");
                    message.Inputs.AddRange(inputs.Select(Message));
                    message.Outputs.AddRange(outputs.Select(Message));
                    var map = new Dictionary<string, string>();
                    foreach ((string name, string value) in properties)
                    {
                        map["p" + name.Trim('\n')] = message.Properties["p" + name.Trim('\n')] = value;
                    }

                    byte[] json = JsonSerializer.SerializeToUtf8Bytes(
                        new
                        {
                            inputs = inputs.Select(Document),
                            outputs = outputs.Select(Document),
                            properties = map,
                        }
                    );
                    Result<ModelMetadata> a = ModelMetadata.Read(json);
                    Result<ModelMetadata> b = ModelMetadata.ReadGrpc(message.ToByteArray());
                    // A message has its lists in any order, so the first fault ends the reading.
                    Assert.Equal(a.Problems.Take(1), b.Problems);
                    if (a.Ok)
                    {
                        Assert.Equal(a.Value.Properties.OrderBy(p => p.Key), b.Value.Properties.OrderBy(p => p.Key));
                        Same(a.Value.Input, b.Value.Input);
                        Same(a.Value.Output, b.Value.Output);
                    }
                }
            );

    [Fact]
    public void Damaged_bytes_are_a_problem_and_nothing_worse()
    {
        byte[] whole = GrpcModelFake.Describe("price", "x", "price").ToByteArray();
        Gen.Select(Gen.Int[0, whole.Length - 1], Gen.Byte, Gen.Int[0, whole.Length])
            .Sample(
                (at, with, length) =>
                {
                    byte[] bytes = whole[..length];
                    if (at < length)
                    {
                        bytes[at] = with;
                    }

                    Result<ModelMetadata> read = ModelMetadata.ReadGrpc(bytes);
                    Assert.True(read.Ok || read.Problems[0].Code == "bad-metadata");
                }
            );
        Assert.False(ModelMetadata.ReadGrpc(new byte[ModelMetadata.MaxBytes + 1]).Ok);
        var many = new ModelMetadataResponse();
        many.Inputs.AddRange(Enumerable.Range(0, 1001).Select(i => Message(($"t{i}", "FP32", [1]))));
        Assert.Contains("more than 1000", ModelMetadata.ReadGrpc(many.ToByteArray()).Problems[0].Message, Ordinal);
    }

    [Fact]
    public void The_question_is_the_stock_librarys() =>
        Assert.Equal("price", ModelMetadataRequest.Parser.ParseFrom(ModelMetadata.GrpcRequest("price")).Name);

    private const StringComparison Ordinal = StringComparison.Ordinal;

    private static ModelMetadataResponse.Types.TensorMetadata Message((string Name, string Datatype, long[] Shape) t)
    {
        var tensor = new ModelMetadataResponse.Types.TensorMetadata { Name = t.Name, Datatype = t.Datatype };
        tensor.Shape.AddRange(t.Shape);
        return tensor;
    }

    private static object Document((string Name, string Datatype, long[] Shape) t) =>
        new
        {
            name = t.Name,
            datatype = t.Datatype,
            shape = t.Shape,
        };

    private static void Same(Signature a, Signature b)
    {
        Assert.Equal(a.Tensors.Select(t => (t.Name, t.Datatype)), b.Tensors.Select(t => (t.Name, t.Datatype)));
        Assert.Equal(a.Tensors.SelectMany(t => t.Shape), b.Tensors.SelectMany(t => t.Shape));
    }
}
