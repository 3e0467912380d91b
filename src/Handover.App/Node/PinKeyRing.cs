using System.Security.Cryptography;
using Handover.Core.Traffic;
using Handover.Ports;

namespace Handover.App.Node;

/// <summary>
/// The keys that sign pins, for this user alone and kept over restarts, so that a request that is under way keeps its
/// release. Two are valid at a time and the first signs. A new key is first known to everybody who verifies and signs
/// only then, and the one before stays until the next rotation: no pin is ever refused for a rotation.
/// </summary>
public sealed partial class PinKeyRing : IDisposable
{
    private const int Bytes = 32;

    /// <summary>How long one key signs.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromDays(1);

    /// <summary>How long a new key is only known before it signs.</summary>
    public static readonly TimeSpan Notice = TimeSpan.FromMinutes(1);

    private readonly string _file;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private IReadOnlyList<byte[]> _keys;
    private ITimer? _timer;
    private bool _introduced;

    private PinKeyRing(string file, IReadOnlyList<byte[]> keys, TimeProvider time, ILogger log) =>
        (_file, _keys, _time, _log) = (file, keys, time, log);

    /// <summary>Valid keys, the one that signs first.</summary>
    public IReadOnlyList<byte[]> Keys => Volatile.Read(ref _keys);

    /// <summary>Reads the keys, making one when there is none; throws when the file is damaged.</summary>
    public static PinKeyRing Open(string file, TimeProvider time, ILogger<PinKeyRing> log)
    {
        if (!File.Exists(file))
        {
            var made = new PinKeyRing(file, [RandomNumberGenerator.GetBytes(Bytes)], time, log);
            made.Write(made._keys);
            return made;
        }

        byte[] known = File.ReadAllBytes(file);
        return known.Length is Bytes or 2 * Bytes
            ? new PinKeyRing(file, [.. known.Chunk(Bytes)], time, log)
            : throw new IOException(
                $"{file} does not hold one or two keys of {Bytes} bytes; delete it and a new one is made"
            );
    }

    /// <summary>Signs with the key of the day.</summary>
    public string Sign(Pin pin) => pin.Sign(Keys[0]);

    /// <summary>Begins to rotate; <paramref name="changed"/> makes the keys known to the gateways.</summary>
    public void Start(Action changed) => _timer = _time.CreateTimer(_ => Turn(changed), null, Notice, Notice);

    /// <summary>Makes a new key known beside the one that signs.</summary>
    public void Introduce() => Replace([Keys[0], RandomNumberGenerator.GetBytes(Bytes)]);

    /// <summary>Lets the key that was introduced sign; the one before stays valid.</summary>
    public void Promote() => Replace([.. Keys.Reverse()]);

    /// <inheritdoc/>
    public void Dispose() => _timer?.Dispose();

    private void Turn(Action changed)
    {
        try
        {
            if (_introduced)
            {
                Promote();
            }
            else if (_time.GetUtcNow().UtcDateTime - File.GetLastWriteTimeUtc(_file) >= Period)
            {
                Introduce();
            }
            else
            {
                return;
            }

            _introduced = !_introduced;
            changed();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Yesterday's key stays valid; the next look tries again.
            LogNotRotated(_file, e);
        }
    }

    // Written before it is used: a key that a crash forgot would refuse the pins that it signed.
    private void Replace(IReadOnlyList<byte[]> keys)
    {
        Write(keys);
        Volatile.Write(ref _keys, keys);
    }

    private void Write(IReadOnlyList<byte[]> keys)
    {
        string next = _file + ".new";
        File.Delete(next);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using (var stream = new FileStream(next, options))
        {
            foreach (byte[] key in keys)
            {
                stream.Write(key);
            }

            stream.Flush(flushToDisk: true);
        }

        File.Move(next, _file, overwrite: true);
        DurableDirectory.Sync(Path.GetDirectoryName(_file)!);
    }

    [LoggerMessage(5001, LogLevel.Warning, "the keys that sign pins are not rotated: {File} cannot be written")]
    private partial void LogNotRotated(string file, Exception e);
}
