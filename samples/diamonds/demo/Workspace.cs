namespace Diamonds.Demo;

/// <summary>
/// A fresh configuration directory with what the demo needs and nothing else, so that a run neither meets what another
/// one left behind nor starts members that no story uses.
/// </summary>
public static class Workspace
{
    /// <summary>Makes the directory anew.</summary>
    public static void Make(DemoOptions options)
    {
        if (Directory.Exists(options.Output))
        {
            Directory.Delete(options.Output, recursive: true);
        }

        string service = Directory.CreateDirectory(Path.Combine(options.NodeDirectory, "service")).FullName;
        string models = Directory.CreateDirectory(Path.Combine(options.NodeDirectory, "models")).FullName;
        foreach (string file in Directory.EnumerateFiles(Path.Combine(options.Sample, "service"), "*.yaml"))
        {
            File.Copy(file, Path.Combine(service, Path.GetFileName(file)));
        }

        foreach (string file in Directory.EnumerateFiles(Path.Combine(options.Sample, "models"), "*.onnx"))
        {
            File.Copy(file, Path.Combine(models, Path.GetFileName(file)));
        }
    }
}
