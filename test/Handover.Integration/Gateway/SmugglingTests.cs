using Xunit;

namespace Handover.Integration.Gateway;

/// <summary>
/// Requests that two servers could read in two ways, sent as raw bytes. None may reach a member, and none may leave a
/// second request behind on the connection.
/// </summary>
public sealed class SmugglingTests
{
    private const string Inner = "GET /v2/models/price/smuggled HTTP/1.1\r\nHost: x\r\n\r\n";

    [Theory]
    [InlineData("HTTP/1.1", "Content-Length: 6\r\nTransfer-Encoding: chunked")]
    [InlineData("HTTP/1.1", "Transfer-Encoding: chunked\r\nContent-Length: 6")]
    [InlineData("HTTP/1.1", "Content-Length: +6")]
    [InlineData("HTTP/1.1", "Content-Length: 0x6")]
    [InlineData("HTTP/1.1", "Content-Length: -6")]
    [InlineData("HTTP/1.1", "Content-Length: 6, 6")]
    [InlineData("HTTP/1.1", "Content-Length: 6\r\nContent-Length: 7")]
    [InlineData("HTTP/1.1", "Transfer-Encoding: gzip, chunked")]
    [InlineData("HTTP/1.1", "Transfer-Encoding: chunked, chunked")]
    [InlineData("HTTP/1.1", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked")]
    [InlineData("HTTP/1.1", "Transfer-Encoding: xchunked")]
    [InlineData("HTTP/1.1", "Transfer-Encoding: chunked, identity")]
    [InlineData("HTTP/1.0", "Transfer-Encoding: chunked")]
    [InlineData("HTTP/1.1", "content_length: 6")]
    [InlineData("HTTP/1.1", "transfer_encoding: chunked")]
    [InlineData("HTTP/1.1", "Content-Length : 6")]
    public async Task Ambiguous_framing_is_refused(string version, string headers)
    {
        await using GatewayHarness h = await GatewayHarness.StartAsync();
        string answer = await h.RawAsync(
            $"POST {GatewayHarness.Path}/infer {version}\r\nHost: x\r\n{headers}\r\n\r\n0\r\n\r\n{Inner}"
        );
        Assert.StartsWith("HTTP/1.1 400", answer, StringComparison.Ordinal);
        Assert.DoesNotContain(h.V1.Log, r => r.Target.Contains("smuggled", StringComparison.Ordinal));
        Assert.Empty(h.V1.Log);
    }

    [Theory]
    [InlineData("/v2/models/price/%2e%2e/other")]
    [InlineData("/v2/models/price/.%2E/other")]
    [InlineData("/v2/models/price/../other")]
    [InlineData("/v2/models/price\\x")]
    [InlineData("/v2/models/price/%5cx")]
    [InlineData("/v2/models%2Fprice/infer")]
    [InlineData("/v2/models/price%2F..%2Fother")]
    [InlineData("/v2/models/price/%zz")]
    [InlineData("/v2/models/price/%00")]
    public async Task A_target_with_two_readings_is_refused(string target)
    {
        await using GatewayHarness h = await GatewayHarness.StartAsync();
        string answer = await h.RawAsync($"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 400", answer, StringComparison.Ordinal);
        Assert.Empty(h.V1.Log);
    }

    [Theory]
    [InlineData("CONNECT /v2/models/price/x HTTP/1.1\r\nHost: x", "405", "bad-method")]
    [InlineData("TRACE /v2/models/price/x HTTP/1.1\r\nHost: x", "405", "bad-method")]
    [InlineData("GET /v2/models/price/x HTTP/1.1\r\nHost: x\r\nExpect: foo", "417", "bad-expect")]
    [InlineData(
        "GET /v2/models/price/x HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket",
        "501",
        "not-supported"
    )]
    public async Task What_is_not_forwarded_is_refused(string head, string status, string code)
    {
        await using GatewayHarness h = await GatewayHarness.StartAsync();
        string answer = await h.RawAsync($"{head}\r\n\r\n");
        Assert.StartsWith($"HTTP/1.1 {status}", answer, StringComparison.Ordinal);
        if (!head.StartsWith("CONNECT", StringComparison.Ordinal))
        {
            Assert.Contains(code, answer, StringComparison.Ordinal);
        }

        Assert.Empty(h.V1.Log);
    }

    [Fact]
    public async Task Text_beyond_ascii_in_headers_passes_both_ways_byte_by_byte()
    {
        await using GatewayHarness h = await GatewayHarness.StartAsync();
        h.V1.Behaviour = async (context, _) =>
        {
            context.Response.Headers.ETag = "\"caf\u00e9\"";
            await context.Response.Body.WriteAsync("{}"u8.ToArray());
        };
        string answer = await h.RawAsync(
            $"GET {GatewayHarness.Path} HTTP/1.1\r\nHost: x\r\nx-name: caf\u00c3\u00a9\r\n\r\n"
        );
        Assert.Contains("ETag: \"caf\u00e9\"", answer, StringComparison.Ordinal);
        Assert.Equal("caf\u00c3\u00a9", Assert.Single(h.V1.Log).Headers["x-name"]);
    }
}
