using System.Collections.Concurrent;
using Handover.Gateway;
using Xunit;

namespace Handover.Tests.Gateway;

/// <summary>Ids are what the framework would make of version 7, and no two are alike on however many threads.</summary>
public sealed class RequestIdTests
{
    [Fact]
    public void An_id_is_a_uuid_of_version_7_that_sorts_by_time()
    {
        DateTimeOffset now = new(2026, 11, 24, 14, 0, 0, 123, TimeSpan.Zero);
        string id = RequestId.New(now);
        Guid guid = Guid.ParseExact(id, "N");
        Assert.Equal((7, id), (guid.Version, guid.ToString("N")));
        Assert.InRange(guid.Variant, 8, 11);
        Assert.Equal(Guid.CreateVersion7(now).ToString("N")[..13], id[..13]);
        Assert.True(string.CompareOrdinal(id, RequestId.New(now.AddMilliseconds(1))) < 0);
    }

    [Fact]
    public void No_two_are_alike()
    {
        DateTimeOffset now = new(2026, 11, 24, 14, 0, 0, TimeSpan.Zero);
        var seen = new ConcurrentDictionary<string, bool>();
        Parallel.For(0, 20_000, _ => Assert.True(seen.TryAdd(RequestId.New(now), true)));
        char[][] digits = [.. seen.Keys.Select(id => id.ToCharArray())];
        int[] random = [.. Enumerable.Range(13, 19).Where(i => i != 16)];
        Assert.All(random, i => Assert.Equal(16, digits.Select(d => d[i]).Distinct().Count()));
    }
}
