namespace Handover.Bench.Mutants;

/// <summary>One deliberate mistake: a text of a source file that is replaced by another.</summary>
/// <param name="File">The file, under <c>src/Handover.Core</c>, without its ending.</param>
/// <param name="Old">What stands there; exactly once in the file.</param>
/// <param name="New">What is put in its place.</param>
internal sealed record Mutant(string File, string Old, string New)
{
    /// <summary>E.g. <c>Gates/GateBook: "half / x" -> "half"</c>.</summary>
    public override string ToString()
    {
        string change = New.Length == 0 ? $"without \"{Old}\"" : $"\"{Old}\" -> \"{New}\"";
        return $"{File}: {change}";
    }
}
