using System.Net;
using Handover.Control.Security;
using Handover.Core.Foundation;
using Xunit;

namespace Handover.Tests.Security;

public sealed class TokenStoreTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("tokens-").FullName;

    [Fact]
    public void The_first_start_writes_an_admin_token_for_its_owner_alone()
    {
        TokenStore store = Open();
        string path = TokenStore.AdminTokenPath(_directory);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        Assert.Equal(new Caller("admin", Role.Admin), store.Verify(File.ReadAllText(path).Trim()));
        Assert.Equal(store.Verify(File.ReadAllText(path).Trim()), Open().Verify(File.ReadAllText(path).Trim()));
    }

    [Fact]
    public void Tokens_are_kept_as_hashes_only()
    {
        string token = Open().Create("ann", Role.Operator).Value;
        Assert.All(
            Directory.EnumerateFiles(_directory),
            file => Assert.DoesNotContain(token, File.ReadAllText(file), StringComparison.Ordinal)
        );
        Assert.Equal(new Caller("ann", Role.Operator), Open().Verify(token));
    }

    [Fact]
    public void A_token_that_differs_in_one_character_is_nobody()
    {
        TokenStore store = Open();
        string token = store.Create("ann", Role.Viewer).Value;
        Assert.Null(store.Verify(token[..^1] + (token[^1] == 'A' ? 'B' : 'A')));
        Assert.Null(store.Verify(""));
        Assert.Null(store.Verify(new string('x', 100_000)));
    }

    [Fact]
    public void Two_holders_cannot_share_a_name()
    {
        TokenStore store = Open();
        store.Create("ann", Role.Viewer);
        Assert.Equal("conflict", Assert.Single(store.Create("ann", Role.Admin).Problems).Code);
        Assert.Equal("bad-name", Assert.Single(store.Create("../ann\n", Role.Admin).Problems).Code);
    }

    [Fact]
    public void An_admin_token_that_others_can_read_is_refused()
    {
        Open();
        string path = TokenStore.AdminTokenPath(_directory);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        Assert.Equal("token-exposed", Assert.Single(TokenStore.Open(_directory, TimeProvider.System).Problems).Code);
    }

    [Fact]
    public void An_admin_token_that_is_a_link_is_refused()
    {
        File.WriteAllText(Path.Combine(_directory, "elsewhere"), "guessable");
        File.CreateSymbolicLink(TokenStore.AdminTokenPath(_directory), Path.Combine(_directory, "elsewhere"));
        Assert.Equal("token-exposed", Assert.Single(TokenStore.Open(_directory, TimeProvider.System).Problems).Code);
    }

    [Fact]
    public void A_damaged_store_says_what_to_do()
    {
        Open();
        File.WriteAllText(Path.Combine(_directory, "tokens.json"), "{ not json");
        Problem problem = Assert.Single(TokenStore.Open(_directory, TimeProvider.System).Problems);
        Assert.Equal("tokens-damaged", problem.Code);
        Assert.NotNull(problem.Fix);
    }

    [Fact]
    public void Only_the_table_of_roles_decides()
    {
        Assert.False(Role.Viewer.Allow(Permission.Operate));
        Assert.False(Role.Operator.Allow(Permission.Approve));
        Assert.False(Role.Operator.Allow(Permission.Administer));
        Assert.False(Role.Approver.Allow(Permission.Operate));
        Assert.True(Role.Approver.Allow(Permission.TakeBack));
        Assert.All(Enum.GetValues<Permission>(), p => Assert.True(Role.Admin.Allow(p)));
    }

    [Fact]
    public void Wrong_tokens_are_bounded_per_address_and_the_table_is_bounded_too()
    {
        var limit = new AuthFailureLimit(TimeProvider.System, perMinute: 3, mostAddresses: 2);
        IPAddress one = IPAddress.Parse("10.0.0.1");
        Assert.All(Enumerable.Range(0, 3), _ => Assert.Null(limit.Failed(one)));
        Assert.NotNull(limit.Failed(one));
        Assert.Null(limit.Failed(IPAddress.Parse("10.0.0.2")));
        Assert.Null(limit.Failed(IPAddress.Parse("10.0.0.3")));
        Assert.Equal(6, limit.Total);
    }

    [Theory]
    [InlineData("http://0.0.0.0:7070")]
    [InlineData("http://10.1.2.3:7070")]
    [InlineData("http://[::]:7070")]
    [InlineData("http://example.org:7070")]
    [InlineData("https://10.1.2.3:7070")]
    public void An_address_off_loopback_needs_tls(string url) =>
        Assert.Equal("tls-required", Assert.Single(AdminAddress.Parse(url, null, null, []).Problems).Code);

    [Theory]
    [InlineData("localhost", true)]
    [InlineData("127.0.0.1", true)]
    [InlineData("127.9.9.9", true)]
    [InlineData("[::1]", true)]
    [InlineData("ops.example", true)]
    [InlineData("evil.example", false)]
    [InlineData("localhost.evil.example", false)]
    [InlineData("127.0.0.1.evil.example", false)]
    [InlineData("2130706433", false)]
    [InlineData("127.1", false)]
    [InlineData("10.0.0.1", false)]
    [InlineData("", false)]
    public void Only_our_own_names_are_accepted(string host, bool accepted) =>
        Assert.Equal(
            accepted,
            AdminAddress.Parse("http://127.0.0.1:7070", null, null, ["ops.example"]).Value.Accepts(host)
        );

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private TokenStore Open() => TokenStore.Open(_directory, TimeProvider.System).Value;
}
