using Google.Protobuf;
using Handover.Control.Resources;
using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Core.Payloads;
using Handover.Gateway.Routing;
using Handover.Testkit.Grpc;
using Handover.Tests.Gateway;
using Xunit;

namespace Handover.Tests.Contracts;

/// <summary>What a service over gRPC cannot have yet is refused where it is declared, and sequences are read.</summary>
public sealed class GrpcRulesTests
{
    private static readonly Service Plain = RoutingTests.NewService("price", new ServiceRoute("/x"));

    private static readonly Service Grpc = Plain with { Protocol = WireProtocol.OpenInferenceGrpc };

    [Fact]
    public void What_needs_json_is_refused_of_a_service_over_grpc_only()
    {
        Service asks = Grpc with
        {
            Journal = Grpc.Journal with { Redact = ["/a"] },
            Idempotency = Grpc.Idempotency with { Mode = IdempotencyMode.Optional },
        };
        Problem[] found = [.. GrpcRules.Check(asks)];
        Assert.Equal(["spec.journal.redact", "spec.idempotency.mode"], found.Select(p => p.Field));
        Assert.All(found, p => Assert.Equal("not-supported", p.Code));
        Assert.Empty(GrpcRules.Check(asks with { Protocol = WireProtocol.OpenInference }));
        Assert.Empty(GrpcRules.Check(Grpc));
    }

    [Theory]
    [InlineData("7", true, false, "7", true)]
    [InlineData("7", true, true, "7", true)]
    [InlineData("s-1", false, false, "s-1", false)]
    [InlineData("0", false, false, null, false)]
    [InlineData("", false, true, null, false)]
    public void A_sequence_is_that_of_the_messages_parameters(string id, bool ends, bool text, string? read, bool last)
    {
        var request = new ModelInferRequest { ModelName = "price" };
        request.Parameters["sequence_id"] =
            long.TryParse(id, out long number) && !text
                ? new InferParameter { Int64Param = number }
                : new InferParameter { StringParam = id };
        request.Parameters["sequence_end"] = new InferParameter { BoolParam = ends };
        SequenceReading? found = SequenceReading.OfGrpc(GrpcFrame.Write(request.ToByteArray()));
        Assert.Equal(read is null ? null : new SequenceReading(read, last), found);
    }

    [Fact]
    public void What_is_no_message_names_no_sequence()
    {
        Assert.Null(SequenceReading.OfGrpc("nonsense"u8));
        Assert.Null(SequenceReading.OfGrpc(GrpcFrame.Write(new ModelInferRequest { Id = "x" }.ToByteArray())));
    }
}
