using System.Text;
using Handover.Control.Notify;
using Handover.Core.Foundation;
using Xunit;

namespace Handover.Tests.Notify;

public sealed class WebhookSignatureTests : IDisposable
{
    private const string Id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    private const string At = "1614265330";
    private const string Known = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    private static readonly byte[] Secret = Convert.FromBase64String("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    private static readonly byte[] Body = Encoding.UTF8.GetBytes("""{"test": 2432232314}""");
    private static readonly DateTimeOffset Then = DateTimeOffset.FromUnixTimeSeconds(1614265330);
    private readonly string _directory = Directory.CreateTempSubdirectory("secret-").FullName;

    /// <summary>The example that the Standard Webhooks libraries test themselves with.</summary>
    [Fact]
    public void It_signs_as_Standard_Webhooks_does() =>
        Assert.Equal(Known, WebhookSignature.Sign([Secret], Id, At, Body));

    [Fact]
    public void Two_secrets_make_two_signatures_and_either_is_enough()
    {
        byte[] next = [.. Enumerable.Repeat((byte)7, 24)];
        string both = WebhookSignature.Sign([next, Secret], Id, At, Body);
        Assert.Equal(2, both.Split(' ').Length);
        Assert.True(WebhookSignature.Verify([Secret], Id, At, both, Body, Then));
        Assert.True(WebhookSignature.Verify([next], Id, At, both, Body, Then));
    }

    [Theory]
    [InlineData("msg_other", At, Known, 0)]
    [InlineData(Id, "1614265331", Known, 0)]
    [InlineData(Id, "soon", Known, 0)]
    [InlineData(Id, At, "v1,AAAA", 0)]
    [InlineData(Id, At, "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", 0)]
    [InlineData(Id, At, "", 0)]
    [InlineData(Id, At, Known, 301)]
    [InlineData(Id, At, Known, -301)]
    public void What_is_not_exactly_what_was_signed_about_now_is_refused(
        string id,
        string at,
        string signature,
        int late
    ) => Assert.False(WebhookSignature.Verify([Secret], id, at, signature, Body, Then + TimeSpan.FromSeconds(late)));

    [Fact]
    public void Another_body_is_refused() =>
        Assert.False(WebhookSignature.Verify([Secret], Id, At, Known, "{}"u8, Then));

    [Fact]
    public void A_secret_file_holds_one_or_two_secrets()
    {
        File.WriteAllText(
            Path.Combine(_directory, "two"),
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\nplain text of sixteen\n"
        );
        IReadOnlyList<byte[]> secrets = WebhookSecret.Read(_directory, "two").Value;
        Assert.Equal(Secret, secrets[0]);
        Assert.Equal("plain text of sixteen"u8.ToArray(), secrets[1]);
    }

    [Theory]
    [InlineData("short", "bad-secret")]
    [InlineData("whsec_not base64 at all!", "bad-secret")]
    [InlineData("", "bad-secret")]
    public void A_secret_that_is_none_is_told_without_its_content(string content, string code)
    {
        File.WriteAllText(Path.Combine(_directory, "bad"), content);
        Problem problem = Assert.Single(WebhookSecret.Read(_directory, "bad").Problems);
        Assert.Equal(code, problem.Code);
        Assert.True(content.Length == 0 || !problem.ToString().Contains(content, StringComparison.Ordinal));
    }

    [Fact]
    public void A_secret_outside_the_directory_is_not_read() =>
        Assert.Equal("path-outside", WebhookSecret.Read(_directory, "../x").Problems[0].Code);

    public void Dispose() => Directory.Delete(_directory, recursive: true);
}
