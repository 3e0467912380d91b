using System.Security.Cryptography;
using CsCheck;
using Handover.Core.Traffic;
using Xunit;

namespace Handover.Tests.Traffic;

public sealed class PinTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly byte[] Key = SHA256.HashData("key"u8);
    private static readonly byte[] Older = SHA256.HashData("older"u8);
    private static readonly Pin Pin = new("price", "v2", 7, Purpose.Live, Now.AddMinutes(1));

    [Fact]
    public void A_pin_is_read_with_the_key_that_signed_it_also_while_keys_rotate()
    {
        Assert.Equal(Pin, Pin.Verify(Pin.Sign(Key), [Key], Now));
        Assert.Equal(Pin, Pin.Verify(Pin.Sign(Older), [Key, Older], Now));
        Assert.Null(Pin.Verify(Pin.Sign(Older), [Key], Now));
    }

    [Fact]
    public void An_expired_pin_is_refused() => Assert.Null(Pin.Verify(Pin.Sign(Key), [Key], Now.AddMinutes(1)));

    [Fact]
    public void No_change_of_a_pin_is_accepted()
    {
        string token = Pin.Sign(Key);
        Gen.Select(Gen.Int[0, token.Length - 1], Gen.Char.AlphaNumeric)
            .Sample(
                (at, c) =>
                {
                    string forged = string.Concat(token.AsSpan(0, at), c.ToString(), token.AsSpan(at + 1));
                    Pin? read = Pin.Verify(forged, [Key], Now);

                    // The last character of a group carries unused bits: the same bytes may have two spellings.
                    Assert.True(read is null || read == Pin);
                },
                iter: 5_000
            );
    }

    [Fact]
    public void Garbage_is_refused()
    {
        Gen.String[0, 200].Sample(text => Assert.Null(Pin.Verify(text, [Key], Now)), iter: 5_000);
        Assert.Null(Pin.Verify(new string('a', 5000) + ".b", [Key], Now));
    }
}
