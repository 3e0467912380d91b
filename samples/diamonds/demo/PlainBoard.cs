using Diamonds.Load;

namespace Diamonds.Demo;

/// <summary>Plain lines, for logs.</summary>
public sealed class PlainBoard : Board
{
    /// <inheritdoc/>
    public override Task RunAsync(Timeline timeline, LoadSummary load, Func<Task> demo) => demo();

    /// <inheritdoc/>
    protected override void Write(string line, bool title) => Console.WriteLine(line);
}
