using System.Globalization;
using System.Text;

namespace Handover.Gateway;

/// <summary>
/// The id of one life of a gateway. A store that is asked over a network may hear a dead life after a living one, and
/// must be able to tell which is the later: so ids are in order, also when the clock was set back between two lives.
/// The number of the newest life is kept in the lock file, which one process at a time has open.
/// </summary>
internal static class BootId
{
    private const int MostDigits = 20;

    /// <summary>Counts a new life in the file that guards the gateway's directory, and names it.</summary>
    /// <param name="locked">The lock file, opened for reading and writing by this process alone.</param>
    /// <param name="now">
    /// The time. The number is not below its milliseconds, so that a lost file does not begin again at one.
    /// </param>
    /// <returns>An id that sorts (ordinal) after those of all lives before, and that no other gateway has.</returns>
    public static string Next(FileStream locked, DateTimeOffset now)
    {
        Span<byte> text = stackalloc byte[MostDigits];
        locked.Position = 0;
        int length = locked.ReadAtLeast(text, MostDigits, throwOnEndOfStream: false);
        _ = long.TryParse(text[..length], NumberStyles.None, CultureInfo.InvariantCulture, out long before);
        long number = Math.Max(before is > 0 and < long.MaxValue ? before + 1 : 1, now.ToUnixTimeMilliseconds());
        locked.Position = 0;
        locked.Write(Encoding.ASCII.GetBytes(number.ToString("d19", CultureInfo.InvariantCulture)));
        locked.SetLength(locked.Position);
        locked.Flush(flushToDisk: true);

        // The letter sorts after the ids of versions that drew them by chance.
        return string.Create(CultureInfo.InvariantCulture, $"i{number:x16}.{Guid.NewGuid():N}");
    }
}
