// Why: the allow-list is the wall between a declaration and the machine's network, so it is attacked here.
using System.Net;
using System.Net.Http;
using System.Net.Sockets;
using Handover.Ports;
using Xunit;

namespace Handover.Tests.Runtimes;

public sealed class UrlPolicyTests
{
    [Theory]
    [InlineData("http://127.0.0.1:9002/")]
    [InlineData("http://127.8.7.6/")]
    [InlineData("http://[::1]:9002/")]
    [InlineData("http://localhost:9002/v2")]
    [InlineData("http://2130706433/")]
    public void Loopback_is_always_allowed(string url) => Assert.Null(UrlPolicy.LoopbackOnly.Check(new Uri(url)));

    [Theory]
    [InlineData("http://10.0.0.1/")]
    [InlineData("http://models.example.com/")]
    [InlineData("http://[fd00:ec2::254]/")]
    [InlineData("ftp://127.0.0.1/")]
    [InlineData("file:///etc/passwd")]
    [InlineData("http://user:hunter2@127.0.0.1/")]
    public void What_is_not_listed_is_refused(string url)
    {
        var problem = UrlPolicy.LoopbackOnly.Check(new Uri(url));
        Assert.Equal("url-not-allowed", problem?.Code);
        Assert.DoesNotContain("hunter2", problem!.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("169.254.169.254")]
    [InlineData("::ffff:169.254.169.254")]
    [InlineData("::169.254.169.254")]
    [InlineData("64:ff9b::a9fe:a9fe")]
    [InlineData("fe80::1")]
    [InlineData("febf::1")]
    [InlineData("0.0.0.0")]
    [InlineData("0.1.2.3")]
    [InlineData("::")]
    [InlineData("224.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("ff02::1")]
    public void Some_addresses_are_never_dialled_whatever_is_listed(string address)
    {
        UrlPolicy policy = UrlPolicy.Parse(["0.0.0.0/0", "::/0", "metadata.internal", address]).Value;
        Assert.False(policy.Allows("metadata.internal", IPAddress.Parse(address)));
    }

    [Theory]
    [InlineData("http://0xA9FEA9FE/")]
    [InlineData("http://2852039166/")]
    [InlineData("http://0251.0376.0251.0376/")]
    [InlineData("http://[::ffff:a9fe:a9fe]/")]
    public void Other_spellings_of_the_metadata_address_are_refused(string url)
    {
        UrlPolicy policy = UrlPolicy.Parse(["0.0.0.0/0", "::/0"]).Value;
        Assert.NotNull(policy.Check(new Uri(url)));
    }

    [Fact]
    public void A_listed_network_opens_only_itself()
    {
        UrlPolicy policy = UrlPolicy.Parse(["10.1.0.0/16", "2001:db8::/32"]).Value;
        Assert.Null(policy.Check(new Uri("http://10.1.255.255/")));
        Assert.Null(policy.Check(new Uri("http://[::ffff:10.1.2.3]/")));
        Assert.Null(policy.Check(new Uri("http://[2001:db8::7]/")));
        Assert.NotNull(policy.Check(new Uri("http://10.2.0.1/")));
        Assert.NotNull(policy.Check(new Uri("http://[2001:db9::7]/")));
    }

    [Fact]
    public void A_listed_name_does_not_open_names_that_only_look_like_it()
    {
        UrlPolicy policy = UrlPolicy.Parse(["models.example.com"]).Value;
        Assert.Null(policy.Check(new Uri("http://MODELS.example.com./")));
        Assert.NotNull(policy.Check(new Uri("http://models.example.com.evil.test/")));
        Assert.NotNull(policy.Check(new Uri("http://evil-models.example.com/")));
        Assert.NotNull(policy.Check(new Uri("http://example.com/")));
    }

    [Fact]
    public void A_name_that_is_not_listed_is_judged_by_what_it_resolves_to()
    {
        UrlPolicy policy = UrlPolicy.Parse(["10.0.0.0/8"]).Value;
        Assert.Null(policy.Check(new Uri("http://anything.test/")));
        Assert.True(policy.Allows("anything.test", IPAddress.Parse("10.9.8.7")));
        Assert.False(policy.Allows("anything.test", IPAddress.Parse("192.168.0.1")));
        Assert.False(policy.Allows("anything.test", IPAddress.Parse("169.254.169.254")));
    }

    [Theory]
    [InlineData("http://models.example.com")]
    [InlineData("models.example.com:80")]
    [InlineData("10.0.0.0/33")]
    [InlineData("*")]
    [InlineData("")]
    public void A_value_that_is_no_host_or_network_is_an_error(string value)
    {
        var result = UrlPolicy.Parse(["127.0.0.1", value]);
        Assert.Equal("allow-url-invalid", Assert.Single(result.Problems).Code);
    }

    [Fact]
    public async Task The_address_is_checked_again_when_it_is_dialled()
    {
        // The declared check lets any name through here, since it may resolve into 10/8; the dial must still refuse.
        UrlPolicy policy = UrlPolicy.Parse(["10.0.0.0/8"]).Value;
        using var client = new HttpClient(policy.CreateHandler());
        var refused = await Assert.ThrowsAsync<HttpRequestException>(() =>
            client.GetAsync(new Uri("http://169.254.169.254/latest/"), TestContext.Current.CancellationToken)
        );
        Assert.Contains("never dialled", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        const string redirect = "HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n";
        Task served = ServeOnceAsync(listener, redirect);
        using var client = new HttpClient(UrlPolicy.LoopbackOnly.CreateHandler());
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        using var answer = await client.GetAsync(
            new Uri($"http://localhost:{port}/"),
            TestContext.Current.CancellationToken
        );
        Assert.Equal(HttpStatusCode.Found, answer.StatusCode);
        await served;
    }

    private static async Task ServeOnceAsync(TcpListener listener, string answer)
    {
        using TcpClient client = await listener.AcceptTcpClientAsync();
        NetworkStream stream = client.GetStream();
        byte[] buffer = new byte[4096];
        Assert.True(await stream.ReadAsync(buffer) > 0);
        await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(answer));
    }
}
