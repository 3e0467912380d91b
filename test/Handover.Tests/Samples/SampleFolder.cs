namespace Handover.Tests.Samples;

/// <summary>Finds the committed sample from wherever the tests were built to.</summary>
internal static class SampleFolder
{
    /// <summary>The path of a file of the diamonds sample.</summary>
    public static string File(params string[] parts) => Path.Combine([Root.Value, "samples", "diamonds", .. parts]);

    private static readonly Lazy<string> Root = new(() =>
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !System.IO.File.Exists(Path.Combine(folder.FullName, "Handover.slnx")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("The tests do not lie inside the repository.");
    });
}
