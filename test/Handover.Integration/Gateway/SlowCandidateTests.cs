using System.Net;
using Handover.Core.Foundation;
using Handover.Gateway.Mirroring;
using Handover.Ports;
using Handover.Testkit;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Handover.Integration.Gateway;

/// <summary>
/// A candidate that answers every copy in time, finds every copy a place, and is still too slow for what it is asked:
/// the share lowers itself, says why, tells the log once, and comes back by itself.
/// </summary>
public sealed class SlowCandidateTests
{
    private const int Places = 40;

    [Fact]
    public async Task Slow_answers_under_all_bounds_lower_the_share_which_says_so_and_comes_back()
    {
        using var logged = new LogLines(3050, 3051);
        using ILoggerFactory logs = LoggerFactory.Create(b => b.AddProvider(logged));
        await using GatewayHarness h = await GatewayHarness.StartAsync(h =>
        {
            h.Logs = logs;
            h.Mirror = new MirrorConfiguration("v2", Share.All, Places, TimeSpan.FromSeconds(30));
        });
        int waiting = 0;
        using var go = new SemaphoreSlim(0);
        h.V2.Behaviour = async (context, request) =>
        {
            // Three quarters of the places are taken by answers that take long; the others are quick.
            if (Interlocked.Increment(ref waiting) <= Places * 3 / 4)
            {
                await go.WaitAsync(context.RequestAborted);
            }

            await FakeModelServer.Answer()(context, request);
        };
        await h.UntilAsync(async () =>
        {
            await AskAsync(h);
            return Shared(h).Now.Parts < Share.Whole / 2;
        });
        GatewayStatus status = h.Server.Status("price")!;
        Assert.Equal((0, 0, 0L), ((int)status.Copies.Dropped, (int)status.Copies.TimedOut, status.Copies.Failed));
        Assert.Equal(MirrorPressure.Slow, Shared(h).Why);
        Assert.Equal(Share.All, Shared(h).Wanted);
        string line = Assert.Single(logged.Said);
        Assert.Contains(MirrorPressure.Slow, line, StringComparison.Ordinal);

        Share low = Shared(h).Now;
        go.Release(1000);
        await h.UntilAsync(async () =>
        {
            await AskAsync(h);
            return Shared(h).Now.Parts > low.Parts;
        });
        Assert.True(h.Server.Status("price")!.Copies.Withheld > 0);
        Assert.Single(logged.Said);
    }

    private static MirrorShare Shared(GatewayHarness h) => h.Server.Status("price")!.MirrorShare!;

    private static async Task AskAsync(GatewayHarness h)
    {
        using HttpResponseMessage answer = await h.InferAsync("c-1");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }
}
