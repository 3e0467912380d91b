using Handover.Integration.Runtimes;

namespace Handover.Integration.Acceptance;

/// <summary>What an acceptance run says, on the terminal and in <c>artifacts/acceptance/</c> for later.</summary>
internal sealed class AcceptanceReport : IDisposable
{
    private readonly StreamWriter _file;

    public AcceptanceReport(string name)
    {
        string root = Path.GetFullPath(Path.Combine(RuntimeWorld.Models, "..", "..", ".."));
        string folder = Path.Combine(root, "artifacts", "acceptance");
        Directory.CreateDirectory(folder);
        _file = new StreamWriter(Path.Combine(folder, name + ".txt")) { AutoFlush = true };
    }

    public void Say(string line)
    {
        Console.WriteLine(line);
        _file.WriteLine(line);
    }

    public void Dispose() => _file.Dispose();
}
