using System.IO.Compression;
using System.Net.Http.Headers;
using System.Text;
using Handover.Core.Foundation;
using Handover.Core.Traffic;
using Handover.Ports;
using Handover.Testkit;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Handover.Integration.Gateway;

/// <summary>
/// Callers and members that compress what they say: the gateway passes it on as it is, and what it records can be read
/// and compared.
/// </summary>
public sealed class CompressedTests
{
    private const string Asked = """{"carat":0.5}""";

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("deflate")]
    public async Task What_was_compressed_on_the_way_is_passed_on_as_it_is_and_recorded_as_it_reads(string coding)
    {
        await using GatewayHarness h = await GatewayHarness.StartAsync(h =>
            h.Mirror = new MirrorConfiguration("v2", Share.All, 8, TimeSpan.FromSeconds(5)) { Redraw = Share.All }
        );
        h.V1.Behaviour = Says(coding, """{"price":462}""");
        h.V2.Behaviour = Says(coding, """{"price":323}""");
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{GatewayHarness.Path}/infer")
        {
            Content = new ByteArrayContent(Compress(Asked, coding)),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Content.Headers.ContentEncoding.Add(coding);
        request.Headers.Add("x-customer-id", "c-1");
        request.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue(coding));
        using HttpResponseMessage answer = await h.Client.SendAsync(request, TestContext.Current.CancellationToken);
        byte[] got = await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        Assert.Equal(Compress("""{"price":462}""", coding), got);
        Assert.Equal([coding], answer.Content.Headers.ContentEncoding);

        await h.UntilAsync(() => h.Exchanges.Count == 3);
        FakeModelRequest[] asked = [.. h.V1.Log, .. h.V2.Log];
        Assert.Equal(3, asked.Length);
        Assert.All(asked, r => Assert.Equal(Compress(Asked, coding), r.Body));
        Assert.All(asked, r => Assert.Equal(coding, r.Headers["Content-Encoding"]));
        Assert.All(h.Exchanges, e => Assert.Equal(Asked, Text(e.Request)));
        Assert.Equal("""{"price":462}""", Text(Only(h, Purpose.Live).Response));
        Assert.Equal("""{"price":323}""", Text(Only(h, Purpose.Shadow).Response));
        Assert.Equal("""{"price":462}""", Text(Only(h, Purpose.Redraw).Response));
    }

    [Fact]
    public async Task What_cannot_be_read_is_not_recorded_as_an_answer_and_still_passed_on()
    {
        await using GatewayHarness h = await GatewayHarness.StartAsync();
        h.V1.Behaviour = async (context, _) =>
        {
            context.Response.Headers.ContentEncoding = "zstd";
            await context.Response.Body.WriteAsync("(zstd)"u8.ToArray());
        };
        using HttpResponseMessage answer = await h.InferAsync("c-1", Asked);
        Assert.Equal("(zstd)", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        await h.UntilAsync(() => h.Exchanges.Count == 1);
        Exchange live = Only(h, Purpose.Live);
        Assert.Equal((ExchangeOutcome.Ok, Asked), (live.Outcome, Text(live.Request)));
        Assert.Null(live.Response);
    }

    private static Exchange Only(GatewayHarness h, Purpose purpose) =>
        Assert.Single(h.Exchanges, e => e.Purpose == purpose);

    private static string Text(ReadOnlyMemory<byte>? body) =>
        body is { } b ? Encoding.UTF8.GetString(b.Span) : "(none)";

    private static Func<HttpContext, FakeModelRequest, Task> Says(string coding, string text) =>
        async (context, request) =>
        {
            bool asked = request.Headers.GetValueOrDefault("Accept-Encoding") == coding;
            context.Response.ContentType = "application/json";
            if (asked)
            {
                context.Response.Headers.ContentEncoding = coding;
            }

            await context.Response.Body.WriteAsync(asked ? Compress(text, coding) : Encoding.UTF8.GetBytes(text));
        };

    private static byte[] Compress(string text, string coding)
    {
        using var to = new MemoryStream();
        using (
            Stream encoder = coding switch
            {
                "br" => new BrotliStream(to, CompressionLevel.Fastest),
                "deflate" => new ZLibStream(to, CompressionLevel.Fastest),
                _ => new GZipStream(to, CompressionLevel.Fastest),
            }
        )
        {
            encoder.Write(Encoding.UTF8.GetBytes(text));
        }

        return to.ToArray();
    }
}
