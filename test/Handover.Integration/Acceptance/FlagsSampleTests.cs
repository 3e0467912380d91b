using System.Diagnostics;
using Handover.Integration.Runtimes;
using Xunit;

namespace Handover.Integration.Acceptance;

/// <summary>
/// samples/flags as users run it: internal, beta, everyone on the diamonds models, an outside flag (flagd's evaluator
/// behind OFREP) that stops it half way, and the stock OpenFeature SDK agreeing with the gateway while it ramps.
/// </summary>
[Collection(AcceptanceCollection.Name)]
public sealed class FlagsSampleTests
{
    [Fact(Timeout = 120_000)]
    public async Task The_walk_from_internal_to_everyone_ends_at_the_outside_flag_and_the_stock_sdk_agrees()
    {
        string sample = Path.GetFullPath(Path.Combine(RuntimeWorld.Models, "..", "..", "flags"));
        string copy = Directory.CreateTempSubdirectory("handover-flags-sample-").FullName;
        try
        {
            foreach (string file in Directory.EnumerateFiles(sample))
            {
                File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
            }

            (int code, string said) = await RunAsync(copy, "npm", "install", "--no-audit", "--no-fund", "--silent");
            if (code != 0)
            {
                Assert.Skip($"npm cannot install the OpenFeature packages here: {said}");
            }

            (code, said) = await RunAsync(copy, "node", "walk.mjs", RuntimeWorld.Executable);
            Assert.True(code == 0 && said.Contains("0 miss", StringComparison.Ordinal), said);
            Assert.Contains("\"disagreements\":0", said, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(copy, recursive: true);
        }
    }

    private static async Task<(int Code, string Said)> RunAsync(string folder, string program, params string[] args)
    {
        var start = new ProcessStartInfo(program, args)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["DIAMONDS"] = Path.GetFullPath(Path.Combine(RuntimeWorld.Models, ".."));
        try
        {
            using Process process = Process.Start(start)!;
            CancellationToken cancel = TestContext.Current.CancellationToken;
            Task<string> output = process.StandardOutput.ReadToEndAsync(cancel);
            Task<string> errors = process.StandardError.ReadToEndAsync(cancel);
            try
            {
                await process.WaitForExitAsync(cancel);
            }
            finally
            {
                process.Kill(entireProcessTree: true);
            }

            return (process.ExitCode, await output + await errors);
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            return (-1, $"{program}: {e.Message}");
        }
    }
}
