using System.Collections.Concurrent;
using System.Diagnostics;
using Diamonds.Judge;
using Diamonds.Load;
using Handover.App.Cli;
using Handover.Protocol;

namespace Handover.Integration.Acceptance;

/// <summary>
/// What the world outside saw of a node that is killed again and again: the client's records, the times without an open
/// port, the processes that stayed behind; and, at the end, what the judge says of the client's log and the model
/// servers' logs. The node's own word counts only for which rollouts were wanted when.
/// </summary>
internal sealed class KilledHistory(NodeProcess node) : IAsyncDisposable
{
    private readonly ConcurrentQueue<ClientRecord> _failed = new();
    private readonly List<(DateTimeOffset From, DateTimeOffset To)> _closed = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly string _clientLog = Path.Combine(node.Dir, "client.ndjson");
    private LoadRun? _load;
    private Task _loading = Task.CompletedTask;

    /// <summary>What a person should read besides the counts.</summary>
    public List<string> Notes { get; } = [];

    /// <summary>Processes that outlived their node.</summary>
    public long Orphans { get; private set; }

    /// <summary>Requests that the client made.</summary>
    public long Requests => _load?.Summary.Requests ?? 0;

    /// <summary>What became of idempotency keys; null before the end.</summary>
    public KeyVerdict? Keys { get; private set; }

    /// <summary>Starts open-loop load on the node.</summary>
    public void BeginLoad(double rps, int seed, bool keys = false)
    {
        _load = new LoadRun(
            new LoadOptions
            {
                Url = node.Infer,
                Rps = rps,
                Customers = 200,
                Duration = TimeSpan.FromHours(1),
                Log = _clientLog,
                Seed = seed,
                Keys = keys,
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
        _loading = _load.RunAsync(_stop.Token);
    }

    /// <summary>The data port was closed for so long.</summary>
    public void Closed(DateTimeOffset from, DateTimeOffset to) => _closed.Add((from, to));

    /// <summary>Waits until every rollout has ended, and notes those that did not succeed.</summary>
    public async Task SettledAsync(Action<string> say)
    {
        await node.ReadyAsync();
        using AdminClient admin = node.Admin();
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
                Notes.AddRange(
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

    /// <summary>Ends the load, kills the node once more, and has the logs judged.</summary>
    public async Task<Verdict> EndAsync()
    {
        string rollouts = await node.RolloutsJsonAsync();
        await _stop.CancelAsync();
        await _loading;
        await node.KillAsync();
        await CountOrphansAsync(ModelProcesses.Recorded(node.State), "after the last kill, with no node to reap them");
        var reader = new LogReader();
        ClientLine[] asked = [.. reader.Client(LogReader.Lines(_clientLog))];
        ModelLine[] served = [.. node.ModelLogs().SelectMany(log => reader.Model(LogReader.Lines(log)))];
        Keys = KeyVerdict.Of(asked, served);
        Notes.AddRange(Keys.Examples);
        return Judgement.Of(asked, served, LogReader.Windows(rollouts));
    }

    /// <summary>Counts those of the processes that still live when they should be gone.</summary>
    public async Task CountOrphansAsync(IReadOnlyList<(int Pid, string Start)> processes, string when)
    {
        var watch = Stopwatch.StartNew();
        while (processes.Any(ModelProcesses.Lives) && watch.Elapsed < TimeSpan.FromSeconds(5))
        {
            await Task.Delay(10);
        }

        foreach ((int pid, string _) in processes.Where(ModelProcesses.Lives))
        {
            Orphans++;
            Notes.Add($"process {pid} lives on {when}");
        }
    }

    /// <summary>
    /// Failures that neither the closed port nor the kill itself explains. An answer with a status is never explained:
    /// a port that is open serves.
    /// </summary>
    public long Unexplained()
    {
        // The client stamps requests by a clock that it started once; the harness reads the wall clock each time.
        TimeSpan slack = TimeSpan.FromMilliseconds(50);
        long unexplained = 0;
        var lost = _failed
            .Where(r => r is { Key: not null, Status: 0 })
            .Select(r => r.Key!)
            .ToHashSet(StringComparer.Ordinal);
        foreach (ClientRecord record in _failed)
        {
            DateTimeOffset end = record.At + record.Latency;
            bool down = _closed.Exists(c => record.At <= c.To + slack && end >= c.From - slack);
            if (record is { Status: 409, Code: "decision-unknown", Key: { } key } && lost.Contains(key))
            {
                // The kill that took an earlier answer left nobody who knows; the judge of keys looks at these.
                continue;
            }

            if (!down || record.Outcome is ClientOutcome.Http or ClientOutcome.Unsent)
            {
                unexplained++;
                Notes.Add($"failed: {record.Outcome} {record.Status} {record.Release} at {record.At:HH:mm:ss.fff}");
            }
        }

        return unexplained;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loading;
        _stop.Dispose();
    }
}
