namespace Diamonds.Demo;

/// <summary>
/// A fresh configuration directory with what the demo needs and nothing else, so that a run neither meets what another
/// one left behind nor starts members that no story uses.
/// </summary>
public static class Workspace
{
    private static readonly string[] Models = ["v1", "v2", "v2-swapped", "v2-flaky", "v2-slow", "v2-cents-lying", "v2-drop", "v1-copy"];

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

        foreach (string name in Models)
        {
            string source = Path.Combine(options.Sample, "models", $"{name}.onnx");
            File.Copy(source, Path.Combine(models, $"{name}.onnx"));
        }
    }
}
