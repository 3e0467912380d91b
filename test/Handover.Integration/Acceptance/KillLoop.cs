using System.Collections.Concurrent;
using System.Diagnostics;
using Diamonds.Judge;
using Diamonds.Load;
using Handover.App.Cli;
using Handover.Protocol;

namespace Handover.Integration.Acceptance;

/// <summary>
/// Kills a node with SIGKILL in the middle of rollouts under load, again and again, restarts it at once, and then asks
/// whether anything is missing: every claim is judged from outside, from the store's file, the process table, the
/// client's records and the model servers' logs.
/// </summary>
internal sealed class KillLoop(KillLoopOptions options) : IAsyncDisposable
{
    private static readonly string[] Targets = ["v2", "v2-flaky", "v1"];

    private readonly NodeProcess _node = new();
    private readonly Random _random = new(options.Seed);
    private readonly ConcurrentQueue<ClientRecord> _failed = new();
    private readonly List<KillRecord> _kills = [];
    private readonly List<(DateTimeOffset From, DateTimeOffset To)> _closed = [];
    private readonly List<string> _notes = [];
    private int _started;
    private long _orphans;

    /// <summary>Runs to the end and returns what was found.</summary>
    public async Task<KillLoopReport> RunAsync(Action<string> say)
    {
        await _node.StartAsync();
        using var stop = new CancellationTokenSource();
        string clientLog = Path.Combine(_node.Dir, "client.ndjson");
        var load = new LoadRun(
            new LoadOptions
            {
                Url = _node.Infer,
                Rps = options.Rps,
                Customers = 200,
                Duration = TimeSpan.FromHours(1),
                Log = clientLog,
                Seed = options.Seed,
            }
        )
        {
            Observed = record =>
            {
                if (record.Outcome != ClientOutcome.Ok)
                {
                    _failed.Enqueue(record);
                }
            },
        };
        Task loading = load.RunAsync(stop.Token);
        using var store = new StateFile(_node.State);
        for (int most = 0; _kills.Count < options.Kills && most < 3 * options.Kills; most++)
        {
            await KillOnceAsync(store, say);
        }

        await FinishAsync(say);
        string rollouts = await _node.RolloutsJsonAsync();
        await stop.CancelAsync();
        await loading;
        await _node.KillAsync();
        await CountOrphansAsync(ModelProcesses.Recorded(_node.State), "after the last kill, with no node to reap them");
        Verdict verdict = Judge(clientLog, rollouts);
        (long epochs, long gaps) = store.Epochs();
        return new KillLoopReport(
            _kills,
            verdict,
            load.Summary.Requests,
            epochs,
            gaps,
            _orphans,
            Unexplained(),
            _notes
        );
    }

    private async Task KillOnceAsync(StateFile store, Action<string> say)
    {
        await EnsureRunningAsync(store);
        await MomentAsync(store);
        IReadOnlyList<(int Pid, string Start)> before = ModelProcesses.Recorded(_node.State);
        DateTimeOffset at = await _node.KillAsync();
        (string id, string phase, bool open) = store.Newest();
        bool holding = store.Holding;
        _node.Launch();
        DateTimeOffset reopened = await _node.ConnectedAsync();
        await CountOrphansAsync(before, $"after kill {_kills.Count + 1}");
        var kill = new KillRecord(id, phase, holding, at, reopened);
        _kills.AddRange(open ? [kill] : []);
        _closed.Add((at, reopened));
        say(
            $"  {(open ? _kills.Count.ToString() : "-"), 3}  {id, -20} {phase, -7} {(holding ? "HOLDING" : ""), -8}"
                + $" down {(reopened - at).TotalMilliseconds, 6:0} ms"
        );
    }

    private async Task EnsureRunningAsync(StateFile store)
    {
        if (store.Newest().Open)
        {
            return;
        }

        await _node.ReadyAsync();
        string to = Targets[_started % Targets.Length];
        string plan = _started % 2 == 0 ? AcceptancePlans.Cutover(to) : AcceptancePlans.Gradual(to);
        using AdminClient admin = _node.Admin();
        // Not waited for: the first phases are over before the answer arrives.
        Task<RolloutView> starting = _node.StartRolloutAsync(admin, plan);
        _started++;
        var watch = Stopwatch.StartNew();
        while (!store.Newest().Open && !starting.IsFaulted && watch.Elapsed < TimeSpan.FromSeconds(10))
        {
            Thread.Yield();
        }

        if (starting.IsFaulted)
        {
            await starting;
        }

        _ = starting.ContinueWith(
            t => t.Exception,
            CancellationToken.None,
            TaskContinuationOptions.None,
            TaskScheduler.Default
        );
    }

    /// <summary>
    /// Returns when it is time to kill: a move is open (mostly, while more are wanted), a phase is met in which
    /// no kill has been, or a random time is over.
    /// </summary>
    private async Task MomentAsync(StateFile store)
    {
        bool wantHolding =
            _kills.Count(k => k.Holding) < options.Holding + (options.Holding / 4) && _random.Next(10) < 7;

        // Killed all the time, a rollout would stay in its shifts: while phases are missing it gets on in between.
        bool wantPhase = options.EveryPhase && _kills.Count % 2 == 0 && KillLoopReport.MissedIn(_kills).Count > 0;
        int longest =
            wantPhase ? 8000
            : wantHolding ? 4000
            : 1500;
        TimeSpan random = TimeSpan.FromMilliseconds(wantPhase ? longest : _random.Next(50, longest));
        wantHolding &= !wantPhase;
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < random)
        {
            if (wantHolding && store.Holding)
            {
                return;
            }

            (string _, string phase, bool open) = store.Newest();
            if (options.EveryPhase && open && phase.Length > 0 && !_kills.Exists(k => k.Phase == phase))
            {
                return;
            }

            if (watch.ElapsedMilliseconds % 8 == 0)
            {
                await Task.Yield();
            }

            Thread.Sleep(1);
        }
    }

    private async Task FinishAsync(Action<string> say)
    {
        await _node.ReadyAsync();
        using AdminClient admin = _node.Admin();
        var watch = Stopwatch.StartNew();
        while (true)
        {
            IReadOnlyList<RolloutView> all = await admin.ListAsync(
                "/api/v1/rollouts",
                ProtocolJson.Default.PageRolloutView,
                CancellationToken.None
            );
            List<RolloutView> open = [.. all.Where(r => r.EndedAt is null)];
            if (open.Count == 0)
            {
                string ends = string.Join(", ", all.GroupBy(r => r.State).Select(g => $"{g.Count()} {g.Key}"));
                say($"  rollouts: {ends}");
                _notes.AddRange(
                    all.Where(r => r.State != "succeeded")
                        .Select(r => $"{r.Id}: {r.State}: {string.Join("; ", r.Reasons)}")
                );
                return;
            }

            if (watch.Elapsed > TimeSpan.FromSeconds(90))
            {
                throw new TimeoutException($"{open[0].Id} does not finish: {string.Join("; ", open[0].Reasons)}");
            }

            await Task.Delay(200);
        }
    }

    private async Task CountOrphansAsync(IReadOnlyList<(int Pid, string Start)> processes, string when)
    {
        var watch = Stopwatch.StartNew();
        while (processes.Any(ModelProcesses.Lives) && watch.Elapsed < TimeSpan.FromSeconds(5))
        {
            await Task.Delay(10);
        }

        foreach ((int pid, string _) in processes.Where(ModelProcesses.Lives))
        {
            _orphans++;
            _notes.Add($"process {pid} lives on {when}");
        }
    }

    private Verdict Judge(string clientLog, string rollouts)
    {
        var reader = new LogReader();
        ClientLine[] asked = [.. reader.Client(LogReader.Lines(clientLog))];
        ModelLine[] served = [.. _node.ModelLogs().SelectMany(log => reader.Model(LogReader.Lines(log)))];
        return Judgement.Of(asked, served, LogReader.Windows(rollouts));
    }

    /// <summary>
    /// Failures that neither the closed port nor the kill itself explains. An answer with a status is never explained:
    /// a port that is open serves.
    /// </summary>
    private long Unexplained()
    {
        // The client stamps requests by a clock that it started once; the harness reads the wall clock each time.
        TimeSpan slack = TimeSpan.FromMilliseconds(50);
        long unexplained = 0;
        foreach (ClientRecord record in _failed)
        {
            DateTimeOffset end = record.At + record.Latency;
            bool down = _closed.Exists(c => record.At <= c.To + slack && end >= c.From - slack);
            if (!down || record.Outcome is ClientOutcome.Http or ClientOutcome.Unsent)
            {
                unexplained++;
                _notes.Add($"failed: {record.Outcome} {record.Status} {record.Release} at {record.At:HH:mm:ss.fff}");
            }
        }

        return unexplained;
    }

    public async ValueTask DisposeAsync() => await _node.DisposeAsync();
}

/// <summary>How long and how hard.</summary>
/// <param name="Kills">Kills of a running rollout.</param>
/// <param name="Holding">Least kills while a move is open.</param>
/// <param name="Rps">Arrivals per second.</param>
/// <param name="Seed">Of arrivals and of the moments.</param>
internal sealed record KillLoopOptions(int Kills, int Holding, double Rps, int Seed)
{
    /// <summary>Whether each phase is killed when it is met for the first time.</summary>
    public bool EveryPhase { get; init; }
}

/// <summary>One kill, as the store had it when the process was dead.</summary>
internal sealed record KillRecord(
    string Rollout,
    string Phase,
    bool Holding,
    DateTimeOffset At,
    DateTimeOffset Reopened
);
