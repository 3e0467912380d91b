using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Handover.Core.Foundation;
using Handover.Core.Traffic;
using Handover.Gateway;
using Handover.Ports;
using Handover.Testkit;
using Xunit;

namespace Handover.Integration.Gateway;

/// <summary>
/// The gateway's own connections to members, against members that are odd or hostile, and beside the framework's: what
/// a good member is sent and what its caller sees is the same, and what a bad one says is never another caller's
/// answer.
/// </summary>
public sealed class UpstreamTests(UpstreamFixture fixture) : IClassFixture<UpstreamFixture>
{
    public static TheoryData<string> Names => [.. UpstreamCases.All.Keys];

    public static TheoryData<string> Whole =>
        [.. UpstreamCases.All.Values.Where(c => c.Body is not null).Select(c => c.Name)];

    public static TheoryData<string> Decided =>
        [.. UpstreamCases.All.Values.Where(c => c.Reused is not null).Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_caller_gets_the_whole_answer_or_none_and_the_next_one_its_own(string name)
    {
        UpstreamCase wanted = UpstreamCases.All[name];

        // What comes behind an answer only later cannot be told from an answer to the next request, by nobody.
        foreach (int cut in wanted.Poisoned ? [0] : new[] { 0, 1 })
        {
            UpstreamSeen seen = await UpstreamFixture.AskAsync(fixture.Direct, name, cut);
            if (wanted.Body is null)
            {
                Assert.True(seen.Status is 0 or 502, $"{name} cut at {cut}: {seen.Status} {seen.Body}");
            }
            else
            {
                Assert.Equal((wanted.Status, wanted.Body), (seen.Status, seen.Body));
            }

            UpstreamSeen next = await UpstreamFixture.AskAsync(fixture.Direct, "length", 0);
            Assert.Equal((200, "body"), (next.Status, next.Body));
        }
    }

    [Theory]
    [MemberData(nameof(Decided))]
    public async Task A_connection_is_used_again_only_when_both_sides_surely_agree(string name)
    {
        UpstreamCase wanted = UpstreamCases.All[name];
        string own = Guid.NewGuid().ToString("N");
        await using var member = ScriptedMember.Start(_ => new Script([wanted.Answer]));
        await using GatewayHarness gateway = await GatewayHarness.StartAsync(h => h.Stable = member.Address);
        for (int i = 0; i < 3; i++)
        {
            UpstreamSeen seen = await UpstreamFixture.AskAsync(gateway, own, 0);
            Assert.Equal((wanted.Status, wanted.Body), (seen.Status, seen.Body));
        }

        Assert.Equal(wanted.Reused == true ? 1 : 3, member.Log.Select(r => r.Connection).Distinct().Count());
    }

    [Theory]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n\r\n", "the answer does not begin with an HTTP/1.1 status line")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n", "the answer's length is no number")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxx\r\n", "a chunk's size is no number")]
    public async Task Why_an_answer_was_not_believed_is_told_and_recorded(string bytes, string why)
    {
        await using var member = ScriptedMember.Start(_ => new Script([bytes]));
        await using GatewayHarness gateway = await GatewayHarness.StartAsync(h =>
        {
            (h.Stable, h.Candidate) = (member.Address, member.Address);
            h.Mirror = new MirrorConfiguration("v2", Share.All, 8, TimeSpan.FromSeconds(5));
        });
        using HttpResponseMessage answer = await gateway.InferAsync("c-1");
        string told = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.BadGateway, answer.StatusCode);
        Assert.Contains($"It did answer, but {why}.", Regex.Unescape(told), StringComparison.Ordinal);
        await gateway.UntilAsync(() => gateway.Exchanges.Count == 2);
        Assert.Equal(
            [(Purpose.Live, why), (Purpose.Shadow, why)],
            gateway.Exchanges.Select(e => (e.Purpose, e.Failure)).Order()
        );
    }

    [Theory]
    [MemberData(nameof(Whole))]
    public async Task The_same_answer_looks_the_same_by_the_frameworks_client(string name)
    {
        // The framework's client may still keep a connection that a case before this one has poisoned.
        await fixture.Framework.UntilAsync(async () =>
            (await UpstreamFixture.AskAsync(fixture.Framework, "length", 0)).Status == 200
        );
        UpstreamSeen direct = await UpstreamFixture.AskAsync(fixture.Direct, name, 0);
        UpstreamSeen framework = await UpstreamFixture.AskAsync(fixture.Framework, name, 0);
        Assert.Equal(framework, direct);
    }

    [Theory]
    [InlineData("POST", "/infer", "x-a: 1\r\nContent-Length: 3\r\n\r\nabc")]
    [InlineData("POST", "/infer", "Content-Length: 0\r\n\r\n")]
    [InlineData("POST", "/infer", "\r\n")]
    [InlineData("PUT", "/infer?a=%20b&c", "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 2\r\n\r\n{}")]
    [InlineData("GET", "", "Accept: a\r\nAccept: b\r\nCookie: x=1\r\nCookie: y=2\r\n\r\n")]
    [InlineData("HEAD", "", "User-Agent: me\r\n\r\n")]
    [InlineData("DELETE", "/x", "X-Empty:\r\nX-List: a, b\r\nx-list: c\r\n\r\n")]
    [InlineData("PATCH", "/x", "Content-Encoding: gzip\r\nContent-Language: de\r\nContent-Length: 1\r\n\r\nx")]
    [InlineData("OPTIONS", "/x", "Origin: http://a\r\nAccess-Control-Request-Method: POST\r\n\r\n")]
    [InlineData("POST", "/x", "TE: trailers\r\nProxy-Authorization: x\r\nKeep-Alive: 3\r\nContent-Length: 1\r\n\r\nx")]
    [InlineData("POST", "/x", "Connection: x-mine, close\r\nX-Mine: 1\r\nContent-Length: 1\r\n\r\nx")]
    [InlineData("POST", "/x", "Upgrade-Insecure-Requests: 1\r\nAlt-Svc: x\r\nDNT: 1\r\nContent-Length: 1\r\n\r\nx")]
    [InlineData("POST", "/x", "Handover-Release: v2\r\nHandover-Purpose: shadow\r\nContent-Length: 1\r\n\r\nx")]
    [InlineData(
        "POST",
        "/x",
        "baggage: a=b, handover.pin=forged,c=d\r\ntraceparent: 00-1-2-03\r\nContent-Length: 1\r\n\r\nx"
    )]
    [InlineData("POST", "/x", "Expect: 100-continue\r\nContent-Length: 1\r\n\r\nx")]
    [InlineData("POST", "/x", "x-name: caf\u00c3\u00a9\r\nContent-Length: 1\r\n\r\nx")]
    [InlineData("POST", "/x", "Forwarded: for=x\r\nX-Forwarded-For: y\r\nVia: z\r\nContent-Length: 1\r\n\r\nx")]
    [InlineData(
        "POST",
        "/x",
        "Last-Modified: x\r\nExpires: y\r\nAllow: GET\r\nContent-MD5: z\r\nContent-Length: 1\r\n\r\nx"
    )]
    [InlineData("POST", "/x", "Date: nonsense\r\nIf-Match: *\r\nRange: bytes=0-\r\nContent-Length: 1\r\n\r\nx")]
    public async Task A_member_is_sent_the_same_as_by_the_frameworks_client(string method, string path, string rest)
    {
        string request = $"{method} {GatewayHarness.Path}{path} HTTP/1.1\r\nHost: caller\r\n{rest}";
        string direct = await SentAsync(fixture.Direct, request);
        string framework = await SentAsync(fixture.Framework, request);
        Assert.Equal(framework, direct);
    }

    [Fact]
    public async Task What_is_more_than_plain_goes_by_the_frameworks_client()
    {
        string path = GatewayHarness.Path;
        string chunked = $"POST {path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n";
        await using var member = ScriptedMember.Start(_ => new Script(["HTTP/1.1 200 OK\r\n\r\n{}"], Closes: true));
        await using GatewayHarness gateway = await GatewayHarness.StartAsync(h => h.Stable = member.Address);
        await gateway.RawAsync(chunked);
        Assert.Contains("Transfer-Encoding: chunked", Assert.Single(member.Log).Request, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_large_body_arrives_whole_by_whichever_way()
    {
        await using GatewayHarness gateway = await GatewayHarness.StartAsync();
        foreach (int length in new[] { 1, 65_535, 65_536, 65_537, 1_000_000 })
        {
            using HttpResponseMessage answer = await gateway.InferAsync("c", new string('x', length));
            Assert.Equal(200, (int)answer.StatusCode);
        }

        Assert.Equal([1, 65_535, 65_536, 65_537, 1_000_000], gateway.V1.Log.Select(r => r.Body.Length));
    }

    [Fact]
    public async Task An_answer_that_comes_before_the_request_is_read_counts()
    {
        using var listener = new TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        Task member = Task.Run(async () =>
        {
            using Socket socket = await listener.AcceptSocketAsync();
            socket.ReceiveBufferSize = 1024;
            await socket.SendAsync(Encoding.ASCII.GetBytes("HTTP/1.1 413 No\r\nContent-Length: 2\r\n\r\nno"));
            await Task.Delay(300);
        });
        var address = new Uri($"http://127.0.0.1:{((System.Net.IPEndPoint)listener.LocalEndpoint).Port}");
        await using GatewayHarness gateway = await GatewayHarness.StartAsync(h => h.Stable = address);
        using HttpResponseMessage answer = await gateway.InferAsync("c", new string('x', 60_000));
        Assert.Equal((413, "no"), ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync()));
        await member;
    }

    [Fact]
    public async Task A_connection_that_the_member_closed_while_it_rested_costs_no_request()
    {
        await using var member = ScriptedMember.Start(r => new Script(
            ["HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"],
            Closes: true
        ));
        await using GatewayHarness gateway = await GatewayHarness.StartAsync(h => h.Stable = member.Address);
        for (int i = 0; i < 50; i++)
        {
            using HttpResponseMessage answer = await gateway.InferAsync("c");
            Assert.Equal(200, (int)answer.StatusCode);
            await gateway.UntilAsync(() => member.Closed == i + 1);
        }

        Assert.DoesNotContain(gateway.Exchanges, e => e.Outcome != ExchangeOutcome.Ok);
    }

    private async Task<string> SentAsync(GatewayHarness gateway, string request)
    {
        string mark = Guid.NewGuid().ToString("N");
        int line = request.IndexOf("\r\n", StringComparison.Ordinal) + 2;
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", gateway.Server.Addresses[0].Port);
        await client.GetStream().WriteAsync(Encoding.Latin1.GetBytes(request.Insert(line, $"x-mark: {mark}\r\n")));
        await gateway.UntilAsync(() => fixture.Member.Log.Any(r => r.Request.Contains(mark, StringComparison.Ordinal)));
        string got = fixture.Member.Log.Single(r => r.Request.Contains(mark, StringComparison.Ordinal)).Request;
        string[] parts = got.Split("\r\n\r\n", 2);
        string[] lines = parts[0].Split("\r\n");

        // Order of fields means nothing, ids and pins are new each time.
        IEnumerable<string> fields = lines
            .Skip(1)
            .Where(f => !f.StartsWith("x-mark", StringComparison.Ordinal))
            .Select(f => f.StartsWith("Handover-Request-Id: ", StringComparison.Ordinal) ? "Handover-Request-Id" : f)
            .Select(f => f.Split("handover.pin=")[0])
            .Order(StringComparer.OrdinalIgnoreCase);
        return $"{lines[0]}\n{string.Join('\n', fields)}\n\n{parts[1]}";
    }
}
