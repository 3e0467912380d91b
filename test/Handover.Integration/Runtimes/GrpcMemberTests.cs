using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Ports;
using Handover.Testkit.Grpc;
using Xunit;

namespace Handover.Integration.Runtimes;

/// <summary>Members that speak nothing but gRPC: whether they are ready, and what they say of their model.</summary>
public sealed class GrpcMemberTests
{
    [Fact]
    public async Task A_member_is_ready_when_it_says_so_in_grpc()
    {
        await using var world = new RuntimeWorld();
        await using GrpcModelFake server = await GrpcModelFake.StartAsync("v1");
        server.Ready = false;
        var member = new Member.Http([server.Address], "/inference.GRPCInferenceService/ServerReady");
        Release release = RuntimeWorld.Release("r1", ("model", member));
        Result<StackStatus> early = await world.Runtime.StartAsync(release, RuntimeWorld.Cancel);
        Assert.Contains("says that it is not ready", early.Problems[0].Message, StringComparison.Ordinal);
        server.Ready = true;
        Result<StackStatus> started = await world.Runtime.StartAsync(release, RuntimeWorld.Cancel);
        Assert.True(started.Value.Ready);
    }

    [Theory]
    [InlineData("/inference.GRPCInferenceService/ServerLive", "gRPC status 12")]
    [InlineData("/grpc.health.v1.Health/Check", "gRPC status 12")]
    public async Task A_member_without_that_question_is_not_ready_and_says_with_what_it_answered(
        string path,
        string told
    )
    {
        await using var world = new RuntimeWorld();
        await using GrpcModelFake server = await GrpcModelFake.StartAsync("v1");
        var member = new Member.Http([server.Address], path);
        Release release = RuntimeWorld.Release("r1", ("model", member));
        Result<StackStatus> started = await world.Runtime.StartAsync(release, RuntimeWorld.Cancel);
        Assert.Contains($"{path} answered {told}", started.Problems[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_it_says_of_its_model_is_read_in_grpc()
    {
        await using var world = new RuntimeWorld(o =>
            new()
            {
                BaseDirectory = o.BaseDirectory,
                StateDirectory = o.StateDirectory,
                MembersUrl = o.MembersUrl,
                ProbeInterval = o.ProbeInterval,
                RemoteStartTimeout = o.RemoteStartTimeout,
                Grpc = _ => true,
            }
        );
        await using GrpcModelFake server = await GrpcModelFake.StartAsync("v1");
        var member = new Member.Http([server.Address], "/inference.GRPCInferenceService/ServerReady");
        await world.Runtime.StartAsync(RuntimeWorld.Release("r1", ("model", member)), RuntimeWorld.Cancel);
        Assert.Null((await world.Runtime.DescribeAsync("price", "r1", "model", RuntimeWorld.Cancel)).Value);
        server.Metadata = GrpcModelFake.Describe("price", "x", "price");
        var some = await world.Runtime.DescribeAsync("price", "r1", "model", RuntimeWorld.Cancel);
        Assert.Equal("x", Assert.Single(some.Value!.Input.Tensors).Name);
        server.Metadata.Outputs[0].Name = "";
        var wrong = await world.Runtime.DescribeAsync("price", "r1", "model", RuntimeWorld.Cancel);
        Assert.Equal("metadata-unreadable", Assert.Single(wrong.Problems).Code);
        server.Metadata.Platform = new string('x', 2 << 20);
        var large = await world.Runtime.DescribeAsync("price", "r1", "model", RuntimeWorld.Cancel);
        Assert.Contains("more than 1 MiB", Assert.Single(large.Problems).Message, StringComparison.Ordinal);
    }
}
