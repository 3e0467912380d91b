using System.Diagnostics;
using System.Text.Json;

namespace Diamonds.Demo;

/// <summary>Runs the separate judge over the client's log and the model servers' logs.</summary>
public static class JudgeProcess
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web);

    /// <summary>Judges; the judge's own words are kept in <c>judge.json</c>.</summary>
    public static async Task<Judgement> RunAsync(
        DemoOptions options,
        IReadOnlyList<string> modelLogs,
        string rollouts,
        CancellationToken stop
    )
    {
        string program = options.Program("Diamonds.Judge", "Diamonds.Judge");
        string[] arguments = ["--client", options.ClientLog, "--model", .. modelLogs, "--rollouts", rollouts];
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true };
        using Process judge = Process.Start(start) ?? throw new DemoFailure($"{program} could not be started");
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(Limit);
        string text;
        try
        {
            text = await judge.StandardOutput.ReadToEndAsync(limit.Token);
            await judge.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            throw new DemoFailure($"the judge did not end in {Limit.TotalSeconds:0} s; its logs: {options.Output}");
        }
        finally
        {
            if (!judge.HasExited)
            {
                judge.Kill();
            }
        }

        await File.WriteAllTextAsync(Path.Combine(options.Output, "judge.json"), text, stop);
        return (judge.ExitCode is 0 or 1 ? JsonSerializer.Deserialize<Judgement>(text, Format) : null)
            ?? throw new DemoFailure($"the judge ended with {judge.ExitCode} and no judgement: {text}");
    }
}

/// <summary>What the judge printed.</summary>
/// <param name="Requests">Requests of the client.</param>
/// <param name="Failed">Requests without a complete 2xx answer.</param>
/// <param name="Mixed">Flips, mislabelled answers and torn chains.</param>
/// <param name="Flips">Changes of release that no rollout allows.</param>
/// <param name="Mislabelled">Answers that name another release than the model server's log.</param>
/// <param name="TornChains">Requests whose hops met two releases.</param>
/// <param name="Unreconciled">Answers that no model server knows of.</param>
/// <param name="Clean">Whether all of these are 0.</param>
/// <param name="Releases">Counts of both sides.</param>
/// <param name="Examples">The first violations in words.</param>
public sealed record Judgement(
    long Requests,
    long Failed,
    long Mixed,
    long Flips,
    long Mislabelled,
    long TornChains,
    long Unreconciled,
    bool Clean,
    IReadOnlyDictionary<string, JudgedRelease> Releases,
    IReadOnlyList<string> Examples
);

/// <summary>One release as both sides count it.</summary>
/// <param name="Client">2xx answers that named it.</param>
/// <param name="Model">Live requests that reached its servers.</param>
/// <param name="Matched">Requests that both sides know.</param>
public sealed record JudgedRelease(long Client, long Model, long Matched);
