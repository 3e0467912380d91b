using System.Diagnostics;
using Diamonds.Judge;
using Handover.App.Cli;
using Handover.Ports;
using Handover.Protocol;

namespace Handover.Integration.Acceptance;

/// <summary>
/// Has a node killed at every failpoint there is, many times, under load, and then asks from outside whether anything
/// is missing. Which kind of rollout goes on is chosen so that the armed point is met; the process that dies is
/// restarted at once, armed with the next point, and has to go on with what it finds.
/// </summary>
internal sealed class FailpointLoop : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(25);

    // The kernel tells of a death a moment after it; the client noticed at once.
    private static readonly TimeSpan Noticed = TimeSpan.FromMilliseconds(250);

    private readonly NodeProcess _node = new();
    private readonly KilledHistory _history;
    private readonly FailpointDriver _driver;
    private readonly Random _random;
    private readonly FailpointLoopOptions _options;
    private readonly List<string> _hits = [];
    private long _missed;

    public FailpointLoop(FailpointLoopOptions options)
    {
        _options = options;
        _random = new Random(options.Seed);
        _history = new KilledHistory(_node);
        _driver = new FailpointDriver(_node);
    }

    /// <summary>Runs until there were so many kills, and returns what was found.</summary>
    public async Task<FailpointReport> RunAsync(Action<string> say)
    {
        _node.TakeKeys();
        _node.ForgiveLatency();
        await _node.StartAsync();
        _history.BeginLoad(_options.Rps, _options.Seed, keys: true);
        using var store = new StateFile(_node.State);
        var queue = new Queue<string>(_options.Points);
        while (_hits.Count < _options.Kills && _missed < _options.Kills)
        {
            string point = queue.Dequeue();
            queue.Enqueue(point);

            // What an attempt left open is there to resolve only for as long as its hold lasts: it must be a long one.
            if (point is Failpoint.ResolveBefore or Failpoint.ResolveAfter)
            {
                await DieAsync(store, null, say);
                await _driver.ClearAsync(store);
                await DieAsync(store, $"{Failpoint.HoldSent}:1", say);
                await DieAsync(store, $"{point}:1", say);
            }
            else
            {
                await DieAsync(store, $"{point}:{Pass(point)}", say);
            }
        }

        await DieAsync(store, null, say);
        await _driver.ClearAsync(store);
        await _history.SettledAsync(_ => { });
        (long wished, IReadOnlyList<string> undone) = store.Rollbacks();
        Verdict verdict = await _history.EndAsync();
        (long epochs, long gaps) = store.Epochs();
        return new FailpointReport(_options.Points, _hits, verdict)
        {
            Requests = _history.Requests,
            Epochs = epochs,
            Gaps = gaps,
            Orphans = _history.Orphans,
            Unexplained = _history.Unexplained(),
            Wished = wished,
            Undone = undone,
            Notes = _history.Notes,
            Keys = _history.Keys,
        };
    }

    // Store transactions and events are many per move; gateways also pass some of their points when they start.
    private int Pass(string point) =>
        point switch
        {
            Failpoint.StoreBeforeCommit or Failpoint.StoreAfterCommit => _random.Next(1, 40),
            Failpoint.RolloutBeforeAppend or Failpoint.RolloutAfterAppend => _random.Next(1, 10),
            Failpoint.RetireBefore or Failpoint.RetireAfter => 1,
            Failpoint.RolloutActed or Failpoint.EffectAnswered => _random.Next(1, 8),
            Failpoint.LedgerFlushed or Failpoint.LedgerMerged => 1,
            _ when point.StartsWith("ledger.", StringComparison.Ordinal) => _random.Next(1, 60),
            _ when point.StartsWith("gateway.", StringComparison.Ordinal) => _random.Next(1, 4),
            _ => _random.Next(1, 3),
        };

    /// <summary>
    /// Runs the node (the one that is there is killed, or has been) with a point armed until it dies there. One that
    /// does not within the patience is killed at whatever moment that is, and does not count.
    /// </summary>
    private async Task DieAsync(StateFile store, string? armed, Action<string> say)
    {
        DateTimeOffset down = _node.Ended?.At ?? await _node.KillAsync();
        IReadOnlyList<(int Pid, string Start)> before = ModelProcesses.Recorded(_node.State);
        if (armed?.Split(':')[0] == Failpoint.LedgerMerged)
        {
            SpooledLedger.Leave(_node.State, $"spooled-{_hits.Count}-{_missed}");
        }

        _node.Launch(armed);
        if (armed is null)
        {
            _history.Closed(down - Noticed, await _node.ConnectedAsync());
            return;
        }

        var watch = Stopwatch.StartNew();
        await _driver.DriveAsync(store, armed.Split(':')[0], Patience);
        await _history.CountOrphansAsync(before, $"before {armed}");

        bool died = _node.Ended is { Code: 128 + 9 };
        DateTimeOffset reopened = _driver.Connected ?? TimeProvider.System.GetUtcNow();
        _history.Closed(down - Noticed, reopened);
        if (died)
        {
            _hits.Add(armed.Split(':')[0]);
        }
        else if (_node.Ended is { } fell)
        {
            throw new InvalidOperationException($"the node ended with {fell.Code} at {armed}; see {_node.Output}");
        }
        else
        {
            _missed++;
        }

        say(
            $"  {(died ? _hits.Count.ToString() : "-"), 4}  {armed, -28} after {watch.ElapsedMilliseconds, 6} ms"
                + $"{(store.Holding ? "  HOLDING" : "")}"
        );
    }

    public async ValueTask DisposeAsync()
    {
        await _history.DisposeAsync();
        await _node.DisposeAsync();
    }
}

/// <summary>How long and how hard.</summary>
/// <param name="Kills">Kills at failpoints.</param>
/// <param name="Points">Which points, in turns.</param>
/// <param name="Rps">Arrivals per second.</param>
/// <param name="Seed">Of arrivals and of the passes.</param>
internal sealed record FailpointLoopOptions(int Kills, IReadOnlyList<string> Points, double Rps, int Seed);
