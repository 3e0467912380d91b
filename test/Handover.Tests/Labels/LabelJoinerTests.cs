using System.Text;
using Handover.Control.Journal;
using Handover.Control.Labels;
using Handover.Control.Stores;
using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Core.Traffic;
using Handover.Protocol;
using Handover.Tests.Journal;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Handover.Tests.Labels;

public sealed class LabelJoinerTests : IAsyncDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("labels-").FullName;
    private readonly SqliteDatabase _database;
    private readonly JournalWriter _journal;
    private readonly List<LabelledExchange> _joined = [];
    private LabelPolicy? _policy = new("price", LossKind.Absolute, new Ratio(0.2));
    private LabelJoiner _joiner;
    private LabelOptions _options = new();

    public LabelJoinerTests()
    {
        _database = SqliteDatabase.Open(Path.Combine(_directory, "labels.db"));
        var options = new JournalOptions { File = Path.Combine(_directory, "journal.db") };
        _journal = new JournalWriter(
            options,
            _ => new JournalPolicy(),
            TimeProvider.System,
            NullLogger<JournalWriter>.Instance
        );
        _journal.Written += batch => _joiner!.Recorded(batch);
        _joiner = Joiner();
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_late_label_is_joined_to_the_live_answer_and_its_shadow()
    {
        await RecordAsync(Exchanges.One(1, "v1", price: 100), Exchanges.One(1, "v2", Purpose.Shadow, 130));
        LabelReceipt receipt = await PushAsync("""{"requestId":"r-1","truth":104,"at":"2026-11-22T13:00:00Z"}""");
        Assert.Equal((1, 0, 0), (receipt.Accepted, receipt.Rejected, receipt.Waiting));
        LabelledExchange live = _joined.Single(j => j.Purpose == Purpose.Live);
        Assert.Equal(("v1", 100.0, 104.0, 4.0, false), (live.Release, live.Output, live.Truth, live.Loss, live.Wrong));
        Assert.Equal(("c-1", Share.FromPercent(10)), (live.Entity, live.CandidateShare));
        LabelledExchange shadow = _joined.Single(j => j.Purpose == Purpose.Shadow);
        Assert.Equal(("v2", 26.0, true), (shadow.Release, shadow.Loss, shadow.Wrong));
        Assert.Equal(Exchanges.One(1).At, live.At);
    }

    [Fact]
    public async Task Only_shadowed_requests_that_were_answered_differently_and_have_no_label_are_wanted()
    {
        await RecordAsync(Exchanges.One(1, "v1", price: 100), Exchanges.One(1, "v2", Purpose.Shadow, 130));
        await RecordAsync(Exchanges.One(2, "v1", price: 100), Exchanges.One(2, "v2", Purpose.Shadow, 100));
        await RecordAsync(Exchanges.One(3, "v1", price: 100), Exchanges.One(3, "v2", Purpose.Shadow, 90));
        await RecordAsync(Exchanges.One(4, "v1", price: 100));
        await PushAsync("""{"requestId":"r-3","truth":95}""");
        var service = Record.EvidenceWorld.Plain with { Labels = _policy };
        var wanted = new WantedLabels(new LabelStore(_database), _journal, _ => service);
        WantedLabelsView found = (await wanted.FindAsync("price", 10, Cancel)).Value;
        Assert.Equal(3, found.Searched);
        Assert.Equal(
            ("r-1", "v1", "100", "v2", "130"),
            found.Items.Select(i => (i.RequestId, i.Live, i.LiveOutput, i.Shadow, i.ShadowOutput)).Single()
        );
        var none = new WantedLabels(new LabelStore(_database), _journal, _ => Record.EvidenceWorld.Plain);
        Assert.Equal("no-labels", (await none.FindAsync("price", 10, Cancel)).Problems[0].Code);
    }

    [Fact]
    public async Task A_label_before_its_answer_waits_and_is_joined_when_the_answer_is_recorded()
    {
        LabelReceipt receipt = await PushAsync("""{"requestId":"r-7","truth":90}""");
        Assert.Equal((1, 1), (receipt.Accepted, receipt.Waiting));
        Assert.Equal(1, new LabelStore(_database).Waiting("price"));
        Assert.Empty(_joined);
        await RecordAsync(Exchanges.One(7));
        Assert.Equal(10, Assert.Single(_joined).Loss);
        Assert.Equal(0, new LabelStore(_database).Waiting("price"));
    }

    [Fact]
    public async Task A_shadow_that_is_recorded_after_the_label_was_joined_is_joined_too()
    {
        await RecordAsync(Exchanges.One(1));
        await PushAsync("""{"requestId":"r-1","truth":100}""");
        await RecordAsync(Exchanges.One(1, "v2", Purpose.Shadow));
        Assert.Equal(["v1", "v2"], _joined.Select(j => j.Release));
    }

    [Fact]
    public async Task Duplicates_are_counted_and_conflicts_keep_the_first_truth()
    {
        await RecordAsync(Exchanges.One(1));
        await PushAsync("""{"requestId":"r-1","truth":100}""");
        LabelReceipt again = await PushAsync(
            """{"requestId":"r-1","truth":100.0}""",
            """{"requestId":"r-1","truth":250}"""
        );
        Assert.Equal((0, 1, 1, 1), (again.Accepted, again.Duplicate, again.Conflicting, again.Rejected));
        LineError error = Assert.Single(again.Errors);
        Assert.Equal((2, "request r-1 has another truth already, which stays."), (error.Line, error.Detail));
        Assert.Single(_joined);
    }

    [Fact]
    public async Task Wrong_lines_are_told_by_number_and_do_not_stop_the_others()
    {
        LabelReceipt receipt = await PushAsync(
            "nonsense",
            """{"requestId":"a","truth":1}""",
            "",
            """{"requestId":"b"}""",
            """{"requestId":"c","truth":[1]}""",
            """{"requestId":"d","truth":1,"when":2}""",
            """{"requestId":"e","truth":1,"truth":2}""",
            $$"""{"requestId":"{{new string('x', 5000)}}","truth":1}""",
            """{"requestId":"f","truth":"yes"}"""
        );
        Assert.Equal(2, receipt.Accepted);
        Assert.Equal([1, 4, 5, 6, 7, 8], receipt.Errors.Select(e => e.Line));
        Assert.Equal("there is no field 'when'; a label has requestId, truth and at.", receipt.Errors[3].Detail);
    }

    [Fact]
    public async Task Labels_that_wait_are_bounded_and_so_are_the_errors_told()
    {
        _options = new LabelOptions { WaitingLabels = 3 };
        await _joiner.DisposeAsync();
        _joiner = Joiner();
        string[] lines = [.. Enumerable.Range(0, 200).Select(i => $$"""{"requestId":"w-{{i}}","truth":1}""")];
        LabelReceipt receipt = await PushAsync(lines);
        Assert.Equal((3, 197, 100), (receipt.Accepted, receipt.Rejected, receipt.Errors.Count));
        Assert.Equal(3, new LabelStore(_database).Waiting("price"));
    }

    [Fact]
    public async Task After_a_restart_labels_are_joined_that_were_missed_and_none_twice()
    {
        await RecordAsync(Exchanges.One(1));
        await PushAsync("""{"requestId":"r-1","truth":100}""", """{"requestId":"r-2","truth":100}""");
        await _joiner.DisposeAsync();
        _journal.Record(Exchanges.One(2));
        await _journal.FlushAsync(Cancel);
        _joiner = Joiner();
        await _joiner.CatchUpAsync("price", Cancel);
        await _joiner.CatchUpAsync("price", Cancel);
        Assert.Equal(["r-1", "r-2"], _joined.Select(j => j.RequestId));
    }

    [Fact]
    public async Task A_service_without_labels_or_none_at_all_is_a_clear_refusal()
    {
        _policy = null;
        Assert.Equal("no-labels", (await _joiner.PushAsync("price", Stream.Null, Cancel)).Problems.Single().Code);
        Assert.Equal("not-found", (await _joiner.PushAsync("other", Stream.Null, Cancel)).Problems.Single().Code);
    }

    [Fact]
    public async Task Answers_that_failed_or_cannot_be_read_are_not_judged()
    {
        await RecordAsync(
            Exchanges.One(1) with
            {
                Outcome = Handover.Ports.ExchangeOutcome.Timeout,
            },
            Exchanges.One(2) with
            {
                Response = Exchanges.Bytes("{}"),
            },
            Exchanges.One(3) with
            {
                Inference = false,
            }
        );
        await PushAsync([.. Enumerable.Range(1, 3).Select(i => $$"""{"requestId":"r-{{i}}","truth":1}""")]);
        Assert.Empty(_joined);
        Assert.Equal(1, _joiner.Unreadable);
    }

    [Theory]
    [InlineData(LossKind.Squared, 103, "100", 9, false)]
    [InlineData(LossKind.Absolute, 121, "100", 21, true)]
    [InlineData(LossKind.Absolute, 1, "0", 1, true)]
    [InlineData(LossKind.ZeroOne, 3, "3", 0, false)]
    [InlineData(LossKind.ZeroOne, 3, "4", 1, true)]
    [InlineData(LossKind.Logistic, 0.25, "1", 1.3862943611198906, true)]
    [InlineData(LossKind.Logistic, 0.25, "0", 0.2876820724517809, false)]
    [InlineData(LossKind.Logistic, 0, "1", 34.538776394910684, true)]
    [InlineData(LossKind.Logistic, 2, "1", double.PositiveInfinity, true)]
    public async Task Every_loss_is_measured_as_it_is_defined(
        LossKind kind,
        double output,
        string truth,
        double loss,
        bool wrong
    )
    {
        _policy = new LabelPolicy("price", kind, new Ratio(0.2));
        await RecordAsync(Exchanges.One(1, price: output));
        await PushAsync($$"""{"requestId":"r-1","truth":{{truth}}}""");
        LabelledExchange joined = Assert.Single(_joined);
        Assert.Equal(loss, joined.Loss, 12);
        Assert.Equal(wrong, joined.Wrong);
    }

    public async ValueTask DisposeAsync()
    {
        await _journal.DisposeAsync();
        await _joiner.DisposeAsync();
        _database.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private LabelJoiner Joiner()
    {
        var joiner = new LabelJoiner(
            new LabelStore(_database),
            _journal,
            name => name == "price" ? Declared() : null,
            TimeProvider.System,
            _options,
            NullLogger<LabelJoiner>.Instance
        );
        joiner.Joined += _joined.Add;
        return joiner;
    }

    private Service Declared() =>
        new()
        {
            Name = "price",
            Route = new ServiceRoute("/v2/models/price"),
            Stable = "v1",
            Entity = new EntityKey(ValueSource.Header, "x-customer-id"),
            Labels = _policy,
        };

    private async Task RecordAsync(params Handover.Ports.Exchange[] exchanges)
    {
        foreach (Handover.Ports.Exchange exchange in exchanges)
        {
            _journal.Record(exchange);
        }

        await _journal.FlushAsync(Cancel);
        SpinWait.SpinUntil(() => _joiner.Idle, TimeSpan.FromSeconds(10));
    }

    private async Task<LabelReceipt> PushAsync(params string[] lines)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(string.Join('\n', lines)));
        return (await _joiner.PushAsync("price", stream, Cancel)).Value;
    }
}
