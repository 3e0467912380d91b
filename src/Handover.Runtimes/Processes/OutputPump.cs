// Why: what a process prints is the first thing that somebody wants when it fails, and it may print without end.
using System.Text;

namespace Handover.Runtimes.Processes;

/// <summary>Copies a process's output into its log line by line, and keeps the last lines for messages.</summary>
internal sealed class OutputPump(BatchedLog log)
{
    /// <summary>Longer lines are cut.</summary>
    public const int MaxLineBytes = 16 << 10;

    private const int TailLines = 12;
    private readonly Queue<string> _tail = new();

    /// <summary>The last lines, oldest first; empty when nothing was printed.</summary>
    public string Tail()
    {
        lock (_tail)
        {
            return string.Join('\n', _tail);
        }
    }

    /// <summary>Reads until the end of <paramref name="output"/>.</summary>
    public async Task RunAsync(Stream output)
    {
        byte[] buffer = new byte[MaxLineBytes];
        int filled = 0;
        bool cutting = false;
        int read;
        while ((read = await output.ReadAsync(buffer.AsMemory(filled))) > 0)
        {
            filled += read;
            int start = 0;
            int length;
            while ((length = buffer.AsSpan(start, filled - start).IndexOf((byte)'\n')) >= 0)
            {
                Line(buffer.AsSpan(start, length), cutting);
                cutting = false;
                start += length + 1;
            }

            buffer.AsSpan(start, filled - start).CopyTo(buffer);
            filled -= start;
            if (filled == buffer.Length)
            {
                Line(buffer, cutting);
                cutting = true;
                filled = 0;
            }
        }

        if (filled > 0)
        {
            Line(buffer.AsSpan(0, filled), cutting);
        }
    }

    /// <summary>The rest of a line that was cut is dropped.</summary>
    private void Line(ReadOnlySpan<byte> line, bool rest)
    {
        if (rest)
        {
            return;
        }

        log.Append(line);
        lock (_tail)
        {
            _tail.Enqueue(Encoding.UTF8.GetString(line[..Math.Min(line.Length, 500)]).TrimEnd('\r'));
            if (_tail.Count > TailLines)
            {
                _tail.Dequeue();
            }
        }
    }
}
