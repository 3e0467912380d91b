// Why: a member that talks a lot must not fill the disk; the newest lines are the ones that somebody will want.
namespace Handover.Runtimes;

/// <summary>A file that becomes <c>NAME.1</c> when it is full, replacing the one before.</summary>
internal sealed class RollingFile(string path, long maxBytes = RollingFile.DefaultMaxBytes) : ILogTarget
{
    /// <summary>64 MiB, so that a member takes at most 128 MiB of disk.</summary>
    public const long DefaultMaxBytes = 64L << 20;

    private FileStream? _file;

    public void Write(ReadOnlySpan<byte> lines)
    {
        _file ??= Open();
        if (_file.Length > 0 && _file.Length + lines.Length > maxBytes)
        {
            _file.Dispose();
            _file = null;
            File.Move(path, path + ".1", overwrite: true);
            _file = Open();
        }

        try
        {
            _file.Write(lines);
            _file.Flush();
        }
        catch (IOException)
        {
            // Perhaps the disk is full: start with a fresh handle next time instead of a half-written buffer.
            FileStream broken = _file;
            _file = null;
            CloseQuietly(broken);
            throw;
        }
    }

    public void Dispose() => _file?.Dispose();

    public override string ToString() => path;

    private static void CloseQuietly(FileStream file)
    {
        try
        {
            file.Dispose();
        }
        catch (IOException)
        {
            // It could not be written before and can't be now; the caller already gets that error.
        }
    }

    private FileStream Open() =>
        new(
            path,
            new FileStreamOptions
            {
                Mode = FileMode.Append,
                Access = FileAccess.Write,
                Share = FileShare.ReadWrite | FileShare.Delete,
                BufferSize = 0,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            }
        );
}
