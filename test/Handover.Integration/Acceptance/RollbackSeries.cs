using System.Diagnostics;
using Diamonds.Judge;
using Diamonds.Load;
using Handover.App.Cli;
using Handover.Protocol;

namespace Handover.Integration.Acceptance;

/// <summary>
/// Takes rollouts back from every phase under load, and measures from the moment before the command was sent until the
/// last live request reached the candidate, by the candidate's own log. The command's way over HTTP is part of it.
/// </summary>
internal sealed class RollbackSeries(double rps, int seed) : IAsyncDisposable
{
    /// <summary>Phases in which the candidate answers callers.</summary>
    public static readonly string[] Serving = ["shift", "switch", "bake", "undo"];

    /// <summary>Phases in which it does not; what counts there is that nobody notices.</summary>
    public static readonly string[] Silent = ["start", "warm", "shadow"];

    private readonly NodeProcess _node = new(slow: "slowstart=20s");
    private readonly List<Taken> _taken = [];

    /// <summary>What the node said so far: of a rollback that took long, why.</summary>
    public string Log => File.ReadAllText(_node.Output);

    /// <summary>Rolls back once from each of the phases given, in this order.</summary>
    public async Task<RollbackReport> RunAsync(IReadOnlyList<string> phases, Action<string> say)
    {
        await _node.StartAsync();
        using var stop = new CancellationTokenSource();
        string log = Path.Combine(_node.Dir, "client.ndjson");
        var load = new LoadRun(
            new LoadOptions
            {
                Url = _node.Infer,
                Rps = rps,
                Customers = 500,
                Duration = TimeSpan.FromHours(1),
                Log = log,
                Seed = seed,
            }
        );
        Task loading = load.RunAsync(stop.Token);
        using AdminClient admin = _node.Admin();
        foreach (string phase in phases)
        {
            await TakeBackAsync(admin, phase, say);
        }

        string rollouts = await _node.RolloutsJsonAsync();
        await stop.CancelAsync();
        await loading;

        // Logs are written in batches; a stop that is told writes the last one.
        await _node.StopAsync();
        var reader = new LogReader();
        ClientLine[] asked = [.. reader.Client(LogReader.Lines(log))];
        ModelLine[] served = [.. _node.ModelLogs().SelectMany(file => reader.Model(LogReader.Lines(file)))];
        Verdict verdict = Judgement.Of(asked, served, LogReader.Windows(rollouts));
        ModelLine[] candidate = [.. served.Where(m => m is { Release: "v2", Purpose: "live" }).OrderBy(m => m.At)];
        return new RollbackReport([.. _taken.Select(t => Measure(t, candidate))], verdict);
    }

    private async Task TakeBackAsync(AdminClient admin, string phase, Action<string> say)
    {
        string to = phase == "start" ? "v2-slow" : "v2";
        DateTimeOffset begun = TimeProvider.System.GetUtcNow();
        RolloutView rollout = await _node.StartRolloutAsync(admin, PlanFor(phase, to));
        rollout = await UntilAsync(admin, rollout.Id, r => Reached(r, phase));
        // A moment of traffic on the candidate, never the same, so that the command meets every part of a tick.
        await Task.Delay(50 + (_taken.Count * 37 % 100));
        rollout = await NodeProcess.RolloutAsync(admin, rollout.Id);
        string found = phase == "undo" ? rollout.State : rollout.Phase;
        DateTimeOffset sent = TimeProvider.System.GetUtcNow();
        RolloutView back = await CommandAsync(admin, $"/api/v1/services/{NodeProcess.Service}:rollback");
        DateTimeOffset answered = TimeProvider.System.GetUtcNow();
        if (phase == "undo")
        {
            back = await UntilAsync(admin, back.Id, r => r.EndedAt is not null);
        }

        _taken.Add(new Taken(phase, begun, sent, answered));
        string wanted = phase == "undo" ? "succeeded" : phase;
        string ended = phase == "undo" ? "succeeded" : "rolledBack";
        if (found != wanted || back.State != ended)
        {
            throw new InvalidOperationException(
                $"{rollout.Id}: taken back in {found} (wanted {wanted}), ended {back.State}: "
                    + string.Join("; ", back.Reasons)
            );
        }

        say($"  {_taken.Count, 4}  {phase, -7} answered after {(answered - sent).TotalMilliseconds, 6:0.0} ms");
    }

    private static bool Reached(RolloutView r, string phase)
    {
        if (phase == "undo" ? r.State == "succeeded" : r.Phase == phase && (r.Epoch > 0 || Silent.Contains(phase)))
        {
            return true;
        }

        return r.EndedAt is null
            ? false
            : throw new InvalidOperationException($"{r.Id} ended {r.State} early: {string.Join("; ", r.Reasons)}");
    }

    private static string PlanFor(string phase, string to)
    {
        string[] head = ["- verify: {}", "- start: { timeout: 30s }"];
        string[] tail = ["- bake: { for: 5m }", "- retire: { keep: 10m }"];
        string[] body = phase switch
        {
            "warm" => ["- warm: { requests: 5000, until: converged }", "- switch: { hold: 400ms }"],
            "shadow" => ["- shadow: { share: 100%, pairs: 1000000 }", "- switch: { hold: 400ms }"],
            "shift" => ["- shift: { share: 50%, for: 5m }", "- shift: { share: 100%, for: 1s }"],
            _ => ["- switch: { hold: 400ms, drain: auto }"],
        };
        if (phase == "undo")
        {
            tail = ["- bake: { for: 100ms }", "- retire: { keep: 10m }"];
        }

        string plan = AcceptancePlans.Plan($"back-{phase}", to, "cutover", [.. head, .. body, .. tail]);

        // Proof takes hundreds of requests; without it the gates leave a switch within moments.
        return phase == "switch"
            ? plan.Replace("gates:", "gates:\n    promote: proof", StringComparison.Ordinal)
            : plan;
    }

    private static async Task<RolloutView> UntilAsync(AdminClient admin, string id, Func<RolloutView, bool> holds)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            RolloutView view = await NodeProcess.RolloutAsync(admin, id);
            if (holds(view))
            {
                return view;
            }

            if (watch.Elapsed > TimeSpan.FromSeconds(30))
            {
                throw new TimeoutException(
                    $"{id} stays {view.State} in {view.Phase}: {string.Join("; ", view.Reasons)}"
                );
            }

            await Task.Delay(5);
        }
    }

    private static async Task<RolloutView> CommandAsync(AdminClient admin, string path)
    {
        (RolloutView view, _) = await admin.PostAsync(
            path,
            new RolloutCommandRequest(),
            ProtocolJson.Default.RolloutCommandRequest,
            ProtocolJson.Default.RolloutView,
            CancellationToken.None
        );
        return view;
    }

    // Whatever reaches the candidate before the next rollout begins was still this one's.
    private Rollback Measure(Taken taken, ModelLine[] candidate)
    {
        DateTimeOffset until = _taken
            .Where(t => t.Begun > taken.Sent)
            .Select(t => t.Begun)
            .FirstOrDefault(DateTimeOffset.MaxValue);
        DateTimeOffset last = candidate
            .Where(m => m.At >= taken.Sent && m.At < until)
            .Select(m => m.At)
            .DefaultIfEmpty(taken.Sent)
            .Max();
        return new Rollback(taken.Phase, last - taken.Sent, taken.Answered - taken.Sent);
    }

    public async ValueTask DisposeAsync() => await _node.DisposeAsync();

    private sealed record Taken(string Phase, DateTimeOffset Begun, DateTimeOffset Sent, DateTimeOffset Answered);
}

/// <summary>One rollback.</summary>
/// <param name="Phase">Where it was taken from.</param>
/// <param name="Last">From the command to the last live request that reached the candidate; zero when none did.</param>
/// <param name="Answered">From the command to its answer.</param>
internal sealed record Rollback(string Phase, TimeSpan Last, TimeSpan Answered);
