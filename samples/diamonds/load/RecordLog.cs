using System.Buffers;
using System.Threading.Channels;

namespace Diamonds.Load;

/// <summary>
/// Writes records to a file on one task of its own, so that the disk never delays a request. The queue is bounded; a
/// request whose record does not fit waits after it has been timed, so no record is lost.
/// </summary>
public sealed class RecordLog : IAsyncDisposable
{
    private const int FlushBytes = 1 << 16;
    private readonly Channel<ClientRecord> queue = Channel.CreateBounded<ClientRecord>(
        new BoundedChannelOptions(1 << 16) { SingleReader = true }
    );

    private readonly FileStream file;
    private readonly Task writing;

    /// <summary>Creates or empties the file.</summary>
    public RecordLog(string path)
    {
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder)
        {
            Directory.CreateDirectory(folder);
        }

        file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);
        writing = Task.Run(WriteAsync);
    }

    /// <summary>Hands over one record.</summary>
    public ValueTask AddAsync(ClientRecord record) => queue.Writer.WriteAsync(record);

    /// <summary>Writes what is queued and closes the file.</summary>
    public async ValueTask DisposeAsync()
    {
        queue.Writer.TryComplete();
        await writing;
        await file.DisposeAsync();
    }

    private async Task WriteAsync()
    {
        var buffer = new ArrayBufferWriter<byte>(2 * FlushBytes);
        while (await queue.Reader.WaitToReadAsync())
        {
            while (queue.Reader.TryRead(out ClientRecord? record))
            {
                record.WriteTo(buffer);
                if (buffer.WrittenCount >= FlushBytes)
                {
                    await FlushAsync(buffer);
                }
            }

            await FlushAsync(buffer);
        }
    }

    private async Task FlushAsync(ArrayBufferWriter<byte> buffer)
    {
        await file.WriteAsync(buffer.WrittenMemory);
        buffer.ResetWrittenCount();
    }
}
