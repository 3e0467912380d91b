// Why: 'model serve' writes its answers to standard output, which the caller hands over as a text writer.
using System.Text;

namespace Handover.Runtimes.Onnx;

/// <summary>Lines to a text writer, flushed after each batch.</summary>
internal sealed class TextLog(TextWriter writer) : ILogTarget
{
    public void Write(ReadOnlySpan<byte> lines)
    {
        writer.Write(Encoding.UTF8.GetString(lines));
        writer.Flush();
    }

    public void Dispose() { }

    public override string ToString() => "the output";
}
