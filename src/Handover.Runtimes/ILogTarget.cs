// Why: the same lines go to a file when a member runs inside a node and to standard output when it is served by itself.
namespace Handover.Runtimes;

/// <summary>Where batches of lines go. Called by one thread at a time.</summary>
internal interface ILogTarget : IDisposable
{
    /// <summary>Writes whole lines. Throws <see cref="IOException"/> when it can't.</summary>
    void Write(ReadOnlySpan<byte> lines);
}
