using Handover.App.Node;
using Handover.Core.Traffic;
using Handover.Testkit.Stores;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Handover.Tests.Node;

public sealed class PinKeyRingTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("pins-").FullName;
    private readonly TestClock _clock = new();

    private string KeyFile => Path.Combine(_directory, "pin.key");

    [Fact]
    public void No_pin_is_refused_for_a_rotation_and_one_of_two_rotations_ago_is()
    {
        using PinKeyRing ring = PinKeyRing.Open(KeyFile, _clock, NullLogger<PinKeyRing>.Instance);
        string first = Sign(ring);
        for (int rotation = 1; rotation <= 2; rotation++)
        {
            string before = Sign(ring);

            // A gateway that heard of the new key and one that did not yet must both take what is signed meanwhile.
            IReadOnlyList<byte[]> late = ring.Keys;
            ring.Introduce();
            Assert.NotNull(Pin.Verify(Sign(ring), late, _clock.GetUtcNow()));
            IReadOnlyList<byte[]> told = ring.Keys;
            ring.Promote();
            Assert.NotNull(Pin.Verify(Sign(ring), told, _clock.GetUtcNow()));
            Assert.NotNull(Pin.Verify(before, ring.Keys, _clock.GetUtcNow()));
            Assert.Equal(2, ring.Keys.Count);
        }

        Assert.Null(Pin.Verify(first, ring.Keys, _clock.GetUtcNow()));
    }

    [Fact]
    public void Keys_outlive_a_restart_in_their_order_and_a_file_of_one_key_is_still_read()
    {
        string pin;
        using (PinKeyRing ring = PinKeyRing.Open(KeyFile, _clock, NullLogger<PinKeyRing>.Instance))
        {
            Assert.Equal(32, new FileInfo(KeyFile).Length);
            pin = Sign(ring);
            ring.Introduce();
            ring.Promote();
        }

        using PinKeyRing again = PinKeyRing.Open(KeyFile, _clock, NullLogger<PinKeyRing>.Instance);
        Assert.NotNull(Pin.Verify(pin, again.Keys, _clock.GetUtcNow()));
        Assert.Null(Pin.Verify(pin, [again.Keys[0]], _clock.GetUtcNow()));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(KeyFile));
        }
    }

    [Fact]
    public void A_damaged_file_is_told()
    {
        File.WriteAllBytes(KeyFile, new byte[33]);
        Assert.Contains(
            "delete it",
            Assert.Throws<IOException>(() => PinKeyRing.Open(KeyFile, _clock, NullLogger<PinKeyRing>.Instance)).Message,
            StringComparison.Ordinal
        );
    }

    private string Sign(PinKeyRing ring) =>
        ring.Sign(new Pin("price", "v1", 1, Purpose.Live, _clock.GetUtcNow() + TimeSpan.FromMinutes(10)));

    public void Dispose() => Directory.Delete(_directory, recursive: true);
}
