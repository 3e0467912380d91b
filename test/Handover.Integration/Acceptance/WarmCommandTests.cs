using Xunit;

namespace Handover.Integration.Acceptance;

/// <summary>
/// Warming as a person does it, with the real program on both sides: from what the node recorded, and from files of
/// recorded requests that were exported and are brought back.
/// </summary>
[Collection(AcceptanceCollection.Name)]
public sealed class WarmCommandTests
{
    [Theory(Timeout = 90_000)]
    [InlineData(null)]
    [InlineData("ndjson")]
    [InlineData("tfrecord")]
    public async Task A_release_is_warmed_window_by_window_from_the_journal_or_an_exported_file(string? format)
    {
        await using var node = new NodeProcess();
        await node.StartAsync();
        await using (var calls = new OpenCalls(node.Infer))
        {
            await calls.AnsweredAsync(100);
        }

        List<string> warm = ["warm", NodeProcess.Service, "--to", "v2"];
        if (format is not null)
        {
            string file = Path.Combine(node.Dir, $"recorded.{format}");
            (int exported, _, string why) = await node.CommandAsync([
                "journal",
                "export",
                NodeProcess.Service,
                "--format",
                format,
                "--out",
                file,
            ]);
            Assert.True(exported == 0, why);
            Assert.True(new FileInfo(file).Length > 10_000, "a hundred exchanges are more than that");
            warm.AddRange(["--requests", file]);
        }

        (int exit, string told, string progress) = await node.CommandAsync(warm);
        Assert.True(exit == 0, told + progress);
        string[] windows = progress.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(windows.Length >= 2, "convergence takes two windows at least");
        Assert.All(windows, w => Assert.StartsWith("window ", w, StringComparison.Ordinal));
        Assert.Contains($"{NodeProcess.Service}/v2: ", told, StringComparison.Ordinal);
        Assert.Contains("0 failed, converged", told, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_warm_up_is_given_up_when_its_time_is_over()
    {
        await using var node = new NodeProcess();
        await node.StartAsync();
        await using (var calls = new OpenCalls(node.Infer))
        {
            await calls.AnsweredAsync(60);
        }

        (int exit, _, string told) = await node.CommandAsync([
            "warm",
            NodeProcess.Service,
            "--to",
            "v2",
            "--timeout",
            "20ms",
        ]);
        Assert.True(exit == 5, $"{exit}: {told}");
        Assert.Contains("not warm within", told, StringComparison.Ordinal);
    }
}
