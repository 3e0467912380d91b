// Why: a server that somebody else runs comes and goes, and an address that is not allowed is never dialled.
using System.Net;
using Handover.Core.Catalog;
using Handover.Ports;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Handover.Integration.Runtimes;

public sealed class RemoteMemberTests
{
    [Fact]
    public async Task Only_endpoints_that_answer_are_listed_and_they_may_come_back()
    {
        await using var world = new RuntimeWorld(o => o with { ProbeInterval = TimeSpan.FromMilliseconds(100) });
        await using var first = await Server.StartAsync();
        await using var second = await Server.StartAsync();
        second.Status = 503;
        var member = new Member.Http([first.Address, second.Address], "/v2/health/ready");
        var started = await world.Runtime.StartAsync(
            RuntimeWorld.Release("r1", ("model", member)),
            RuntimeWorld.Cancel
        );
        Assert.Equal(first.Address, Assert.Single(started.Value.Members["model"]).Address);
        Assert.Contains("answered 503", started.Value.Trouble, StringComparison.Ordinal);

        second.Status = 200;
        await RuntimeWorld.UntilAsync("both are listed", () => Count(world) == 2);
        Assert.Null(world.Runtime.Status("price", "r1")!.Trouble);

        first.Status = 500;
        second.Status = 500;
        await RuntimeWorld.UntilAsync("none is listed", () => Count(world) == 0);
        Assert.False(world.Runtime.Status("price", "r1")!.Ready);
        first.Status = 200;
        await RuntimeWorld.UntilAsync("one is back", () => Count(world) == 1);
    }

    [Fact]
    public async Task Metadata_is_null_where_there_is_none_and_an_error_where_it_is_nonsense()
    {
        await using var world = new RuntimeWorld();
        await using var server = await Server.StartAsync();
        var member = new Member.Http([server.Address], "/v2/health/ready");
        await world.Runtime.StartAsync(RuntimeWorld.Release("r1", ("model", member)), RuntimeWorld.Cancel);
        var none = await world.Runtime.DescribeAsync("price", "r1", "model", RuntimeWorld.Cancel);
        Assert.Null(none.Value);
        server.Metadata = """{"name":"price","inputs":[{"name":"a","datatype":"FP32","shape":[-1]}],"outputs":[]}""";
        var some = await world.Runtime.DescribeAsync("price", "r1", "model", RuntimeWorld.Cancel);
        Assert.Equal("a", Assert.Single(some.Value!.Input.Tensors).Name);
        server.Metadata = """{"inputs":[{"name":7}]}""";
        var wrong = await world.Runtime.DescribeAsync("price", "r1", "model", RuntimeWorld.Cancel);
        Assert.Equal("metadata-unreadable", Assert.Single(wrong.Problems).Code);
        server.Metadata = $"{{\"inputs\":[],\"outputs\":[],\"pad\":\"{new string('x', 2 << 20)}\"}}";
        var large = await world.Runtime.DescribeAsync("price", "r1", "model", RuntimeWorld.Cancel);
        Assert.Contains("more than 1 MiB", Assert.Single(large.Problems).Message, StringComparison.Ordinal);
        var absent = await world.Runtime.DescribeAsync("price", "r1", "no-such", RuntimeWorld.Cancel);
        Assert.Equal("member-not-running", Assert.Single(absent.Problems).Code);
    }

    [Theory]
    [InlineData("http://169.254.169.254/")]
    [InlineData("http://10.0.0.1/")]
    [InlineData("http://[fe80::1]/")]
    public async Task An_address_that_is_not_allowed_is_not_dialled(string url)
    {
        await using var world = new RuntimeWorld();
        var member = new Member.Http([new Uri(url)], "/");
        var result = await world.Runtime.StartAsync(RuntimeWorld.Release("r1", ("model", member)), RuntimeWorld.Cancel);
        Assert.Equal("url-not-allowed", Assert.Single(result.Problems).Code);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_named()
    {
        await using var world = new RuntimeWorld(o => o with { RemoteStartTimeout = TimeSpan.FromMilliseconds(300) });
        Uri gone;
        await using (var server = await Server.StartAsync())
        {
            gone = server.Address;
        }

        var member = new Member.Http([gone], "/ready");
        var result = await world.Runtime.StartAsync(RuntimeWorld.Release("r1", ("model", member)), RuntimeWorld.Cancel);
        var problem = Assert.Single(result.Problems);
        Assert.Equal("remote-not-ready", problem.Code);
        Assert.Contains(gone.Authority, problem.Message, StringComparison.Ordinal);
    }

    private static int Count(RuntimeWorld world) => world.Runtime.Status("price", "r1")!.Members["model"].Count;

    private sealed class Server(WebApplication app) : IAsyncDisposable
    {
        public Uri Address => new(app.Urls.First());

        public int Status { get; set; } = 200;

        public string? Metadata { get; set; }

        public static async Task<Server> StartAsync()
        {
            WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new());
            builder.WebHost.UseKestrelCore().ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0));
            WebApplication app = builder.Build();
            var server = new Server(app);
            app.Run(server.AnswerAsync);
            await app.StartAsync(RuntimeWorld.Cancel);
            return server;
        }

        public async ValueTask DisposeAsync() => await app.DisposeAsync();

        private async Task AnswerAsync(HttpContext context)
        {
            if (context.Request.Path.StartsWithSegments("/v2/models", StringComparison.Ordinal))
            {
                context.Response.StatusCode = Metadata is null ? 404 : 200;
                await context.Response.WriteAsync(Metadata ?? "");
                return;
            }

            context.Response.StatusCode = Status;
        }
    }
}
