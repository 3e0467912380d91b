using System.Diagnostics;
using Diamonds.Judge;
using Handover.App.Cli;
using Handover.Protocol;

namespace Handover.Integration.Acceptance;

/// <summary>
/// Kills a node with SIGKILL in the middle of rollouts under load, again and again, restarts it at once, and then asks
/// whether anything is missing: every claim is judged from outside, from the store's file, the process table, the
/// client's records and the model servers' logs.
/// </summary>
internal sealed class KillLoop : IAsyncDisposable
{
    private static readonly string[] Targets = ["v2", "v2-flaky", "v1"];

    private readonly NodeProcess _node = new();
    private readonly KillLoopOptions _options;
    private readonly KilledHistory _history;
    private readonly Random _random;
    private readonly List<KillRecord> _kills = [];
    private int _started;

    public KillLoop(KillLoopOptions options)
    {
        _options = options;
        _random = new Random(options.Seed);
        _history = new KilledHistory(_node);
    }

    /// <summary>Runs to the end and returns what was found.</summary>
    public async Task<KillLoopReport> RunAsync(Action<string> say)
    {
        await _node.StartAsync();
        _history.BeginLoad(_options.Rps, _options.Seed);
        using var store = new StateFile(_node.State);
        for (int most = 0; _kills.Count < _options.Kills && most < 3 * _options.Kills; most++)
        {
            await KillOnceAsync(store, say);
        }

        await _history.SettledAsync(say);
        Verdict verdict = await _history.EndAsync();
        (long epochs, long gaps) = store.Epochs();
        return new KillLoopReport(
            _kills,
            verdict,
            _history.Requests,
            epochs,
            gaps,
            _history.Orphans,
            _history.Unexplained(),
            _history.Notes
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
        await _history.CountOrphansAsync(before, $"after kill {_kills.Count + 1}");
        var kill = new KillRecord(id, phase, holding, at, reopened);
        _kills.AddRange(open ? [kill] : []);
        _history.Closed(at, reopened);
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
            _kills.Count(k => k.Holding) < _options.Holding + (_options.Holding / 4) && _random.Next(10) < 7;

        // Killed all the time, a rollout would stay in its shifts: while phases are missing it gets on in between.
        bool wantPhase = _options.EveryPhase && _kills.Count % 2 == 0 && KillLoopReport.MissedIn(_kills).Count > 0;
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
            if (_options.EveryPhase && open && phase.Length > 0 && !_kills.Exists(k => k.Phase == phase))
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

    public async ValueTask DisposeAsync()
    {
        await _history.DisposeAsync();
        await _node.DisposeAsync();
    }
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
