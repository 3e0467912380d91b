using System.Diagnostics;
using System.Text;

namespace Handover.Bench.Mutants;

/// <summary>
/// A copy of the test program in which the pure room is exchanged, and the tests of two rooms are run against it until
/// one fails: first the quick ones, which notice most mistakes, then the simulations.
/// </summary>
internal sealed class MutantTests
{
    private const string Core = "Handover.Core.dll";
    private readonly string _folder;

    /// <summary>Copies the built tests into <paramref name="folder"/>, which is emptied before.</summary>
    public MutantTests(string built, string folder)
    {
        _folder = folder;
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        Directory.CreateDirectory(Path.GetDirectoryName(folder)!);
        using Process copy = Process.Start("cp", ["-a", "--reflink=auto", built, folder]);
        copy.WaitForExit();
        if (copy.ExitCode != 0)
        {
            throw new InvalidOperationException($"{built} could not be copied to {folder}; build the tests first.");
        }
    }

    /// <summary>Name of the first failed test, or that time ran out; null when all passed.</summary>
    public string? Run(byte[] assembly, TimeSpan most)
    {
        string core = Path.Combine(_folder, Core);
        File.Delete(core);
        File.WriteAllBytes(core, assembly);
        return Run("-trait-", most) ?? Run("-trait", most);
    }

    private string? Run(string which, TimeSpan most)
    {
        var start = new ProcessStartInfo(Path.Combine(_folder, "Handover.Tests"))
        {
            ArgumentList =
            {
                "-namespace",
                "Handover.Tests.Evidence",
                "-namespace",
                "Handover.Tests.Gates",
                which,
                "Speed=slow",
                "-stopOnFail",
                "-noColor",
                "-noLogo",
            },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = _folder,
        };
        using Process tests = Process.Start(start)!;
        var said = new StringBuilder();
        tests.OutputDataReceived += Hear;
        tests.ErrorDataReceived += Hear;
        tests.BeginOutputReadLine();
        tests.BeginErrorReadLine();
        if (!tests.WaitForExit(most))
        {
            tests.Kill(entireProcessTree: true);
            tests.WaitForExit();
            return "no end";
        }

        tests.WaitForExit(); // Until the last line has been heard.
        string output = said.ToString();
        return tests.ExitCode == 0 && output.Contains("Total: 0,", StringComparison.Ordinal) ? "no tests"
            : tests.ExitCode == 0 ? null
            : FirstFailure(output);

        void Hear(object sender, DataReceivedEventArgs heard)
        {
            lock (said)
            {
                said.AppendLine(heard.Data);
            }
        }
    }

    private static string FirstFailure(string output)
    {
        string? line = output.Split('\n').FirstOrDefault(l => l.Contains("[FAIL]", StringComparison.Ordinal));
        string[] parts = line?.Replace("[FAIL]", "", StringComparison.Ordinal).Trim().Split('.') ?? [];
        return parts.Length >= 2 ? $"{parts[^2]}.{parts[^1]}" : "failed";
    }
}
