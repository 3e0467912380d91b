// Why: every answer leaves a line, and a process member writes what it likes. Neither may make a request wait for the
// disk, fill the memory or fill the disk.
using System.Buffers;
using Microsoft.Extensions.Logging;

namespace Handover.Runtimes;

/// <summary>
/// An append-only log whose lines are written in batches off the caller's path: at the latest <see cref="FlushAfter"/>
/// after they were appended, and at the end. Over <see cref="MaxPendingBytes"/> lines are dropped and counted.
/// </summary>
internal sealed class BatchedLog : IAsyncDisposable
{
    /// <summary>Longest time that a line waits before it is written.</summary>
    public static readonly TimeSpan FlushAfter = TimeSpan.FromMilliseconds(50);

    /// <summary>Most bytes that wait to be written; default 8 MiB.</summary>
    public const int MaxPendingBytes = 8 << 20;

    private readonly Lock _lock = new();
    private readonly ILogTarget _target;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _wake = new(0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;
    private ArrayBufferWriter<byte> _pending = new();
    private ArrayBufferWriter<byte> _writing = new();
    private bool _closed;
    private bool _failing;

    public BatchedLog(ILogTarget target, ILogger logger)
    {
        _target = target;
        _logger = logger;
        _loop = Task.Run(LoopAsync);
    }

    /// <summary>Lines that were not written, because too many waited or the target failed.</summary>
    public long Dropped { get; private set; }

    /// <summary>Appends one line; the end of line is added.</summary>
    public void Append(ReadOnlySpan<byte> line)
    {
        lock (_lock)
        {
            if (_closed || _pending.WrittenCount + line.Length + 1 > MaxPendingBytes)
            {
                Dropped++;
                return;
            }

            bool first = _pending.WrittenCount == 0;
            _pending.Write(line);
            _pending.Write("\n"u8);
            if (first)
            {
                _wake.Release();
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            if (_closed)
            {
                return;
            }

            _closed = true;
        }

        await _stop.CancelAsync();
        await _loop;
        Write();
        _target.Dispose();
        _stop.Dispose();
        _wake.Dispose();
    }

    private async Task LoopAsync()
    {
        try
        {
            while (true)
            {
                await _wake.WaitAsync(_stop.Token);
                await Task.Delay(FlushAfter, _stop.Token);
                Write();
            }
        }
        catch (OperationCanceledException)
        {
            // The end: whoever disposes writes the rest.
        }
    }

    private void Write()
    {
        lock (_lock)
        {
            (_pending, _writing) = (_writing, _pending);
        }

        if (_writing.WrittenCount == 0)
        {
            return;
        }

        try
        {
            _target.Write(_writing.WrittenSpan);
            _failing = false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            lock (_lock)
            {
                Dropped += _writing.WrittenSpan.Count((byte)'\n');
            }

            if (!_failing)
            {
                _logger.LogWarning("Log lines are lost because {Target} can't be written: {Why}", _target, e.Message);
            }

            _failing = true;
        }

        // A burst may have grown the buffer to its bound; give that memory back.
        _writing = _writing.Capacity > 1 << 20 ? new ArrayBufferWriter<byte>() : Cleared(_writing);
    }

    private static ArrayBufferWriter<byte> Cleared(ArrayBufferWriter<byte> buffer)
    {
        buffer.ResetWrittenCount();
        return buffer;
    }
}
