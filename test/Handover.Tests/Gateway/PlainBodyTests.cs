using System.IO.Compression;
using System.Text;
using CsCheck;
using Handover.Gateway.Observing;
using Xunit;

namespace Handover.Tests.Gateway;

/// <summary>What was compressed on the way is kept as it reads, or not at all, and never beyond the bound.</summary>
public sealed class PlainBodyTests
{
    private const int Bound = 4096;
    private static readonly string[] Codings = ["gzip", "x-gzip", "GZip", "deflate", "br"];

    [Fact]
    public void Every_coding_gives_back_what_was_put_in()
    {
        Gen.Select(Gen.Byte.Array[0, 1000], Gen.Int[0, 20], Gen.Int[0, Codings.Length - 1])
            .Sample(
                (bytes, times, which) =>
                {
                    string coding = Codings[which];
                    byte[] body = [.. Enumerable.Repeat(bytes, times).SelectMany(b => b)];
                    ReadOnlyMemory<byte>? plain = Read(Compress(body, coding), coding);
                    byte[]? expected = Compress(body, coding).Length > Bound || body.Length > Bound ? null : body;
                    Assert.Equal(expected, plain?.ToArray());
                }
            );
    }

    [Fact]
    public void A_small_body_that_is_huge_once_decoded_is_not_kept()
    {
        foreach (string coding in Codings)
        {
            byte[] bomb = Compress(new byte[300_000], coding);
            Assert.True(bomb.Length < Bound);
            Assert.Null(Read(bomb, coding));
        }
    }

    [Theory]
    [InlineData("zstd")]
    [InlineData("gzip, br")]
    [InlineData("compress")]
    public void A_coding_that_is_not_known_is_not_kept(string coding) => Assert.Null(Read([1, 2, 3], coding));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("identity")]
    public void Without_a_coding_bytes_are_kept_as_they_are(string? coding) =>
        Assert.Equal([1, 2, 3], Read([1, 2, 3], coding)?.ToArray());

    [Fact]
    public void A_damaged_body_is_not_kept()
    {
        byte[] text = Encoding.UTF8.GetBytes(
            """{"choices":[{"index":0,"message":{"content":"a price of 462 dollars"}}]}"""
        );
        foreach (string coding in Codings)
        {
            byte[] good = Compress(text, coding);
            Assert.Equal(text, Read(good, coding)?.ToArray());
            Assert.Null(Read([.. Encoding.ASCII.GetBytes("no coding at all"), .. good], coding));
        }
    }

    private static ReadOnlyMemory<byte>? Read(byte[] body, string? coding)
    {
        var copy = new BodyCopy(1 << 20) { Coding = coding, Ended = true };
        copy.Take(body);
        return PlainBody.Within(copy, Bound);
    }

    private static byte[] Compress(byte[] body, string coding)
    {
        if (body.Length == 0)
        {
            return [];
        }

        using var to = new MemoryStream();
        using (
            Stream encoder = coding.ToUpperInvariant() switch
            {
                "BR" => new BrotliStream(to, CompressionLevel.Fastest),
                "DEFLATE" => new ZLibStream(to, CompressionLevel.Fastest),
                _ => new GZipStream(to, CompressionLevel.Fastest),
            }
        )
        {
            encoder.Write(body);
        }

        return to.ToArray();
    }
}
