using System.Text;
using Handover.Control.Journal;
using Handover.Control.Labels;
using Handover.Control.Stores;
using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Core.Gates;
using Handover.Core.Rollouts;
using Handover.Core.Traffic;
using Handover.Ports;
using Handover.Protocol;
using Handover.Testkit.Stores;
using Handover.Tests.Record;
using Microsoft.Extensions.Logging.Abstractions;

namespace Handover.Tests.Labels;

/// <summary>
/// A rollout at 10 % with a journal and labels around it, all on disk, at a clock that the test moves. Answers are
/// classes: 100 is right.
/// </summary>
internal sealed class LabelWorld : IAsyncDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("label-world-").FullName;
    private readonly SqliteDatabase _database;

    public LabelWorld(TimeSpan? window, params MetricGate[] metrics)
    {
        Service service = EvidenceWorld.Plain with
        {
            Labels = new LabelPolicy("price", LossKind.ZeroOne, new Ratio(0.2)) { Window = window },
        };
        World = new EvidenceWorld(new GatePlan { Metrics = metrics }, service);
        _database = SqliteDatabase.Open(Path.Combine(_directory, "labels.db"), SqliteDurability.Normal);
        Store = new LabelStore(_database);
        Journal = new JournalWriter(
            new JournalOptions { File = Path.Combine(_directory, "journal.db") },
            _ => new JournalPolicy(),
            World.Clock,
            NullLogger<JournalWriter>.Instance
        );
        Joiner = new LabelJoiner(
            Store,
            Journal,
            _ => World.Service,
            World.Clock,
            new LabelOptions(),
            NullLogger<LabelJoiner>.Instance
        );
        Joiner.Joined += label => World.Collector.Record(label);
        Journal.Written += Joiner.Recorded;
        Metrics = new PushedMetrics(
            Joiner,
            id => id == "p.1" ? World.State : null,
            _ => World.Service,
            Epochs.ReadAsync
        );
    }

    public EvidenceWorld World { get; }

    public LabelStore Store { get; }

    public JournalWriter Journal { get; }

    public LabelJoiner Joiner { get; }

    public PushedMetrics Metrics { get; }

    public EpochHistoryFake Epochs { get; } = new();

    /// <summary>A second of requests, each by an entity of its own, returned once they are recorded.</summary>
    public async Task<IReadOnlyList<Exchange>> SecondAsync(int requests, Func<string, int, double>? answer = null)
    {
        var sent = new List<Exchange>();
        for (int i = 0; i < requests; i++)
        {
            Exchange exchange = World.Send($"c-{Guid.NewGuid():n}", _ => false, answer);
            Journal.Record(exchange);
            sent.Add(exchange);
        }

        await Journal.FlushAsync(CancellationToken.None);
        SpinWait.SpinUntil(() => Joiner.Idle, TimeSpan.FromSeconds(10));
        World.Clock.Advance(TimeSpan.FromSeconds(1));
        return sent;
    }

    /// <summary>Tells the truth, which is always 100.</summary>
    public async Task<LabelReceipt> LabelAsync(IEnumerable<Exchange> answers)
    {
        string lines = string.Join('\n', answers.Select(a => $$"""{"requestId":"{{a.RequestId}}","truth":100}"""));
        return (await Joiner.PushAsync("price", Bytes(lines), CancellationToken.None)).Value;
    }

    public async Task<Result<LabelReceipt>> PushAsync(params IEnumerable<string> lines) =>
        await Metrics.PushAsync("p.1", Bytes(string.Join('\n', lines)), CancellationToken.None);

    /// <summary>Judges what is old enough, and asks the gates.</summary>
    public async Task<Verdict> JudgeAsync()
    {
        var matured = new MaturedLabels(
            World.Collector,
            Store,
            Journal,
            _ => World.Service,
            World.Clock,
            NullLogger<MaturedLabels>.Instance
        );
        await matured.StepAsync(CancellationToken.None);
        World.Clock.Advance(TimeSpan.FromSeconds(1));
        return World.Collector.Judge(World.State, World.Clock.GetUtcNow())[0].Verdict;
    }

    public GateCounts Count(string metric, int level) =>
        World.Collector.Counts("price").Single(c => c.Metric == metric && c.Level == level);

    /// <summary>An entity that the rollout's draw puts on one side.</summary>
    public string Entity(bool onCandidate) =>
        Enumerable
            .Range(0, 10_000)
            .Select(i => $"e-{i}")
            .First(e => Assignment.Bucket("p", e) < World.State.Share.Parts == onCandidate);

    public async ValueTask DisposeAsync()
    {
        await Journal.DisposeAsync();
        await Joiner.DisposeAsync();
        _database.Dispose();
        World.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private static MemoryStream Bytes(string text) => new(Encoding.UTF8.GetBytes(text));
}

/// <summary>A history of epochs that a test writes.</summary>
internal sealed class EpochHistoryFake
{
    private readonly List<EpochHistory> _history = [];

    public void Commit(long epoch, RolloutState state)
    {
        var routing = new Routing("price", state.From)
        {
            Candidate = state.Plan.To,
            Salt = state.Plan.Salt,
            Share = state.Share,
        };
        _history.Add(new EpochHistory(epoch, 1, "commit", "engine", "", state.StartedAt, routing));
    }

    public Task<IReadOnlyList<EpochHistory>> ReadAsync(string service, CancellationToken cancel) =>
        Task.FromResult<IReadOnlyList<EpochHistory>>(_history);
}
