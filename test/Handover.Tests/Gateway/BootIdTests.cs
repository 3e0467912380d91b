using Handover.Gateway;
using Xunit;

namespace Handover.Tests.Gateway;

/// <summary>Lives of a gateway are in order, whatever happens to the clock and to the file that counts them.</summary>
public sealed class BootIdTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 0, 0, 0, TimeSpan.Zero);
    private readonly string _file = Path.GetTempFileName();

    [Fact]
    public void A_later_life_has_the_greater_id_also_when_the_clock_was_set_back()
    {
        string[] ids = [Next(Now), Next(Now), Next(Now - TimeSpan.FromDays(9)), Next(Now + TimeSpan.FromDays(1))];
        Assert.Equal(ids.Order(StringComparer.Ordinal), ids);
        Assert.Equal(ids.Length, ids.Distinct(StringComparer.Ordinal).Count());
    }

    [Theory]
    [InlineData("")]
    [InlineData("not a number")]
    [InlineData("-5")]
    [InlineData("9223372036854775807")]
    [InlineData("99999999999999999999999999")]
    public void A_file_that_says_nothing_begins_with_the_time(string content)
    {
        File.WriteAllText(_file, content);
        string first = Next(Now);
        Assert.StartsWith($"i{Now.ToUnixTimeMilliseconds():x16}.", first, StringComparison.Ordinal);
        Assert.True(string.CompareOrdinal(first, Next(Now)) < 0);
    }

    [Fact]
    public void It_sorts_after_the_ids_that_earlier_versions_drew() =>
        Assert.True(string.CompareOrdinal("ffffffffffffffffffffffffffffffff", Next(Now)) < 0);

    public void Dispose() => File.Delete(_file);

    private string Next(DateTimeOffset now)
    {
        using var locked = new FileStream(_file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        return BootId.Next(locked, now);
    }
}
