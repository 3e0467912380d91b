using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Diamonds.Judge;
using Diamonds.Load;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Handover.Tests.Samples;

/// <summary>
/// The load program is a measuring instrument: it must ask what it says, hide no failure and no stall, and tell the
/// truth about what it asked. It is tried against a real server on a real socket.
/// </summary>
public sealed class LoadRunTests : IAsyncDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("handover-load-").FullName;
    private readonly ConcurrentQueue<(string Customer, string Tenant, JsonElement Body)> asked = [];
    private readonly ConcurrentQueue<(string Token, string Type, string Body)> labels = [];
    private WebApplication? app;
    private int ids;

    private string Log => Path.Combine(folder, "client.ndjson");

    public async ValueTask DisposeAsync()
    {
        if (app is not null)
        {
            await app.DisposeAsync();
        }

        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Every_request_is_a_real_row_of_a_customer_and_its_truth_is_pushed_as_a_label()
    {
        Uri url = await ServeAsync(AnswerAsync);
        LoadOptions options = Options(url) with
        {
            Token = "secret",
            LabelsUrl = new Uri(url, "/api/v1/services/diamond-price/labels"),
            LabelDelay = TimeSpan.FromMilliseconds(50),
            Customers = 20,
            TenantShare = 0.25,
        };

        var run = new LoadRun(options);
        await run.RunAsync(CancellationToken.None);

        Assert.Equal(0, run.Summary.Failed);
        Assert.Equal(asked.Count, run.Summary.Requests);
        Assert.InRange(asked.Count, 20, 200);
        Assert.All(
            asked,
            a =>
            {
                Assert.Equal(int.Parse(a.Customer[2..]) < 5 ? "acme" : "public", a.Tenant);
                Assert.Equal(3, a.Body.GetProperty("inputs")[0].GetProperty("data").GetArrayLength());
                Assert.Equal(6, a.Body.GetProperty("inputs")[1].GetProperty("data").GetArrayLength());
            }
        );
        JsonElement[] log = [.. File.ReadLines(Log).Select(l => JsonDocument.Parse(l).RootElement)];
        Assert.Equal(asked.Count, log.Length);
        Assert.All(log, l => Assert.Equal(3.5, l.GetProperty("price").GetDouble()));
        Assert.All(labels, l => Assert.Equal(("Bearer secret", "application/x-ndjson"), (l.Token, l.Type)));
        Assert.Equal(log.Length, run.LabelsPushed);
        Assert.Equal(
            log.ToDictionary(l => l.GetProperty("requestId").GetString()!, l => l.GetProperty("truth").GetDouble()),
            labels
                .SelectMany(l => l.Body.Split('\n', StringSplitOptions.RemoveEmptyEntries))
                .Select(l => JsonDocument.Parse(l).RootElement)
                .ToDictionary(l => l.GetProperty("requestId").GetString()!, l => l.GetProperty("truth").GetDouble())
        );
        Assert.All(
            new LogReader().Client(File.ReadLines(Log)),
            l => Assert.Equal(("diamond-price", "v1", true), (l.Service, l.Release, l.Ok))
        );
    }

    [Fact]
    public async Task A_stalled_server_does_not_slow_the_arrivals_and_the_stall_is_in_the_latencies()
    {
        var open = new TaskCompletionSource();
        Uri url = await ServeAsync(async context =>
        {
            await open.Task;
            await AnswerAsync(context);
        });
        var run = new LoadRun(Options(url));
        Task running = run.RunAsync(CancellationToken.None);

        // Nothing is answered until at least forty requests wait at once: a closed loop would never come so far.
        await WaitAsync(() => Volatile.Read(ref arrived) >= 40);
        open.SetResult();
        await running;

        Assert.Equal(0, run.Summary.Failed);
        ReleaseFigures figures = run.Summary.Releases()["v1"];
        Assert.True(figures.LatencyMsMax >= 100, $"the longest latency was {figures.LatencyMsMax} ms");
    }

    [Fact]
    public async Task An_error_status_a_broken_answer_and_silence_are_failures_each_by_its_name()
    {
        Uri url = await ServeAsync(async context =>
        {
            switch (Interlocked.Increment(ref ids) % 3)
            {
                case 0:
                    context.Response.StatusCode = 503;
                    break;
                case 1:
                    context.Response.ContentLength = 100;
                    await context.Response.Body.WriteAsync("{"u8.ToArray());
                    await context.Response.Body.FlushAsync();
                    context.Abort();
                    break;
                default:
                    await Task.Delay(TimeSpan.FromSeconds(20), context.RequestAborted)
                        .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                    break;
            }
        });

        var run = new LoadRun(Options(url) with { Timeout = TimeSpan.FromMilliseconds(500) });
        await run.RunAsync(CancellationToken.None);

        Assert.Equal(run.Summary.Requests, run.Summary.Failed);
        Assert.Equal(["http 503", "reset", "timeout"], run.Summary.Failures().Keys.Order());
        Assert.All(new LogReader().Client(File.ReadLines(Log)), l => Assert.False(l.Ok));
    }

    [Fact]
    public async Task A_closed_port_is_a_refusal()
    {
        int port;
        using (var socket = new TcpListener(IPAddress.Loopback, 0))
        {
            socket.Start();
            port = ((IPEndPoint)socket.LocalEndpoint).Port;
        }

        var run = new LoadRun(Options(new Uri($"http://127.0.0.1:{port}/v2/models/diamond-price/infer")));
        await run.RunAsync(CancellationToken.None);

        Assert.True(run.Summary.Requests > 0);
        Assert.Equal(run.Summary.Requests, run.Summary.Failures()["refused"]);
    }

    [Fact]
    public async Task Stopping_ends_the_arrivals_and_loses_no_answer()
    {
        using var stop = new CancellationTokenSource();
        Uri url = await ServeAsync(AnswerAsync);
        var run = new LoadRun(Options(url) with { Duration = TimeSpan.FromHours(1) }) { Observed = _ => stop.Cancel() };

        await run.RunAsync(stop.Token);

        Assert.Equal(0, run.Summary.Failed);
        Assert.Equal(asked.Count, run.Summary.Requests);
        Assert.Equal(asked.Count, File.ReadLines(Log).Count());
    }

    [Fact]
    public void Replayed_rows_are_the_quarter_that_training_never_saw()
    {
        IReadOnlyList<DiamondRow> rows = DiamondRows.HeldOut();

        Assert.InRange(rows.Count, 13_400, 13_570);
        Assert.All(rows, r => Assert.InRange(r.Price, 326, 18_823));
        JsonElement golden = JsonDocument
            .Parse(File.ReadAllText(SampleFolder.File("models", "v1.golden.json")))
            .RootElement;
        Assert.Equal(golden.GetProperty("truth")[0].GetDouble(), rows[0].Price);
    }

    [Theory]
    [InlineData(0, 10, 0.1)]
    [InlineData(double.NaN, 10, 0.1)]
    [InlineData(100, 0, 0.1)]
    [InlineData(100, 10, 1.1)]
    public void Options_out_of_range_are_refused(double rps, int customers, double share)
    {
        LoadOptions options = Options(new Uri("http://127.0.0.1:1/v2/models/m/infer")) with
        {
            Rps = rps,
            Customers = customers,
            TenantShare = share,
        };

        Assert.NotNull(options.Problem());
        Assert.Throws<ArgumentException>(() => new LoadRun(options));
    }

    private int arrived;

    private LoadOptions Options(Uri url) =>
        new()
        {
            Url = url,
            Rps = 200,
            Duration = TimeSpan.FromMilliseconds(400),
            Log = Log,
            Timeout = TimeSpan.FromSeconds(10),
        };

    private async Task AnswerAsync(HttpContext context)
    {
        using JsonDocument body = await JsonDocument.ParseAsync(context.Request.Body);
        asked.Enqueue(
            (context.Request.Headers["x-customer-id"]!, context.Request.Headers["x-tenant"]!, body.RootElement.Clone())
        );
        context.Response.Headers["Handover-Request-Id"] = $"r{Interlocked.Increment(ref ids)}";
        context.Response.Headers["Handover-Release"] = "v1";
        context.Response.Headers["Handover-Epoch"] = "7";
        context.Response.Headers["Handover-Reason"] = "stable";
        await context.Response.WriteAsync(
            """{"outputs":[{"name":"interval","data":[1,2]},{"name":"price","data":[[3.5]]}]}"""
        );
    }

    private async Task<Uri> ServeAsync(RequestDelegate infer)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0));
        app = builder.Build();
        app.MapPost(
            "/v2/models/diamond-price/infer",
            context =>
            {
                Interlocked.Increment(ref arrived);
                return infer(context);
            }
        );
        app.MapPost(
            "/api/v1/services/diamond-price/labels",
            async context =>
            {
                using var text = new StreamReader(context.Request.Body, Encoding.UTF8);
                labels.Enqueue(
                    (context.Request.Headers.Authorization!, context.Request.ContentType!, await text.ReadToEndAsync())
                );
            }
        );
        await app.StartAsync();
        return new Uri(app.Urls.Single() + "/v2/models/diamond-price/infer");
    }

    private static async Task WaitAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (!condition())
        {
            await Task.Delay(5, limit.Token);
        }
    }
}
