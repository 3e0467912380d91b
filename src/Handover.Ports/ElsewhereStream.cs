using System.Net.Sockets;

namespace Handover.Ports;

/// <summary>
/// A connection whose reader goes on on a thread of the pool, never on the one that saw the bytes come. For all that is
/// not the data path, where a continuation may write to a disk.
/// </summary>
/// <param name="socket">A connected socket, which becomes its own.</param>
public sealed class ElsewhereStream(Socket socket) : NetworkStream(socket, ownsSocket: true)
{
    /// <summary>The stream for a connected socket: this one where it makes a difference.</summary>
    public static async ValueTask<Stream> OfAsync(Socket socket)
    {
        if (!InlineSockets.On)
        {
            return new NetworkStream(socket, ownsSocket: true);
        }

        // The connection may have been seen to be there by that thread, too.
        await Task.Yield();
        return new ElsewhereStream(socket);
    }

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ValueTask<int> reading = base.ReadAsync(buffer, cancellationToken);
        if (reading.IsCompleted)
        {
            return await reading;
        }

        try
        {
            return await reading;
        }
        finally
        {
            await Task.Yield();
        }
    }

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(
        ReadOnlyMemory<byte> buffer,
        CancellationToken cancellationToken = default
    )
    {
        ValueTask writing = base.WriteAsync(buffer, cancellationToken);
        if (writing.IsCompleted)
        {
            await writing;
            return;
        }

        try
        {
            await writing;
        }
        finally
        {
            await Task.Yield();
        }
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
}
