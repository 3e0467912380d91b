using System.Security.Cryptography;

namespace Handover.App.Node;

/// <summary>
/// The key that signs pins: made at the first start, for this user alone, and kept, so that a request that is under way
/// over a restart keeps its release.
/// </summary>
public static class SecretKey
{
    private const int Bytes = 32;

    /// <summary>Reads the key, making it when there is none; throws when the file is damaged.</summary>
    public static byte[] Ensure(string file)
    {
        if (File.Exists(file))
        {
            byte[] known = File.ReadAllBytes(file);
            return known.Length == Bytes
                ? known
                : throw new IOException(
                    $"{file} does not hold a key of {Bytes} bytes; delete it and a new one is made"
                );
        }

        byte[] key = RandomNumberGenerator.GetBytes(Bytes);
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        using var stream = new FileStream(file, options);
        stream.Write(key);
        stream.Flush(flushToDisk: true);
        return key;
    }
}
