namespace Handover.Bench.Hops;

/// <summary>
/// A directory of its own with what the two services of more than one hop need from the diamonds sample.
/// </summary>
public sealed class HopWorkspace : IDisposable
{
    /// <summary>Copies the sample.</summary>
    public HopWorkspace(bool resources)
    {
        string sample = Path.Combine(BenchTable.Root(), "samples", "diamonds");
        string[] folders = ["models", "data", "bin/encoder", "bin/similar", "three-hop/spaces"];
        foreach (string folder in resources ? [.. folders, "two-hop", "three-hop"] : folders)
        {
            string from = Path.Combine(sample, folder);
            Directory.CreateDirectory(Path.Combine(Root, folder));
            foreach (string file in Directory.EnumerateFiles(from))
            {
                File.Copy(file, Path.Combine(Root, folder, Path.GetFileName(file)));
            }
        }

        // How fast this machine is today is not the question; a slow answer must not become an error that takes back.
        foreach (string file in Directory.EnumerateFiles(Root, "service.yaml", SearchOption.AllDirectories))
        {
            File.WriteAllText(file, File.ReadAllText(file).Replace("timeout: 2s", "timeout: 20s"));
        }
    }

    /// <summary>Where it is.</summary>
    public string Root { get; } = Directory.CreateTempSubdirectory("handover-hops-").FullName;

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(Root, recursive: true);
}
