using Handover.Core.Foundation;
using Handover.Core.Moves;
using Handover.Core.Traffic;
using Handover.Ports;
using Xunit;

namespace Handover.Testkit.Stores;

/// <summary>What every epoch store must do: all safety of moves rests on these statements.</summary>
public abstract class EpochStoreCompliance
{
    private const string Service = "price";
    private static readonly TimeSpan Hold = TimeSpan.FromMilliseconds(400);
    private static readonly Routing V1 = Routing.Only(Service, "v1");
    private static readonly Routing V2 = Routing.Only(Service, "v2", switched: true);

    /// <summary>The store's clock.</summary>
    protected TestClock Clock { get; } = new();

    /// <summary>A new, empty store on <see cref="Clock"/>.</summary>
    protected abstract IEpochStorePort Make();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_new_service_starts_at_epoch_1_and_is_made_once()
    {
        IEpochStorePort store = Make();
        Assert.Null(await store.ReadAsync(Service, Cancel));
        EpochRow made = await store.EnsureAsync(Service, V1, Cancel);
        EpochRow again = await store.EnsureAsync(Service, V2, Cancel);
        Assert.Equal((1, 0, false), (made.Epoch, made.Attempt, made.Holding));
        Assert.Equal("v1", again.Routing.Stable);
        Assert.Single(await store.HistoryAsync(Service, Cancel));
    }

    [Fact]
    public async Task A_committed_attempt_makes_its_target_the_next_epoch()
    {
        IEpochStorePort store = await WithRow();
        EpochReply begun = await Begin(store, 1, 0);
        Assert.True(begun.Applied);
        Assert.Equal((true, 1L, 1L), (begun.Row.Holding, begun.Row.Attempt, begun.Row.Epoch));
        Assert.Equal(Clock.GetUtcNow() + Hold, begun.Row.HoldUntil);
        Assert.True(RoutingCodec.Same(V2, begun.Row.Target!));
        EpochReply committed = await store.CommitAsync(Service, 1, "me", Cancel);
        Assert.True(committed.Applied);
        Assert.Equal((false, 1L, 2L), (committed.Row.Holding, committed.Row.Attempt, committed.Row.Epoch));
        Assert.True(RoutingCodec.Same(V2, committed.Row.Routing));
        Assert.Null(committed.Row.Target);
        Assert.Null(committed.Row.HoldUntil);
    }

    [Fact]
    public async Task A_document_comes_back_as_it_was_with_its_segments()
    {
        IEpochStorePort store = await WithRow();
        var gold = new Core.Catalog.Segment("gold", Core.Catalog.Rule.Read("""{"==":[{"var":"tier"},"gold"]}"""));
        Routing target = V1 with
        {
            Candidate = "v2",
            Salt = "s",
            Share = new Share(12_345),
            Segments = [new SegmentShare(gold, Share.All)],
        };
        await store.BeginAsync(Service, 1, 0, target, Hold, "me", Cancel);
        EpochReply committed = await store.CommitAsync(Service, 1, "me", Cancel);
        Assert.Equal(RoutingCodec.Encode(target), RoutingCodec.Encode(committed.Row.Routing));
    }

    [Fact]
    public async Task Begin_is_refused_at_another_epoch_another_attempt_or_while_one_is_open()
    {
        IEpochStorePort store = await WithRow();
        Assert.False((await Begin(store, 2, 0)).Applied);
        Assert.False((await Begin(store, 1, 1)).Applied);
        Assert.True((await Begin(store, 1, 0)).Applied);
        EpochReply second = await Begin(store, 1, 1);
        Assert.False(second.Applied);
        Assert.Equal((true, 1L), (second.Row.Holding, second.Row.Attempt));
    }

    [Fact]
    public async Task Commit_is_refused_from_the_end_of_the_hold_on()
    {
        IEpochStorePort store = await WithRow();
        await Begin(store, 1, 0);
        Clock.Advance(Hold);
        EpochReply late = await store.CommitAsync(Service, 1, "me", Cancel);
        Assert.Equal((false, true, 1L), (late.Applied, late.Row.Holding, late.Row.Epoch));
    }

    [Fact]
    public async Task Commit_and_abort_of_another_attempt_change_nothing()
    {
        IEpochStorePort store = await WithRow();
        await Begin(store, 1, 0);
        Assert.False((await store.CommitAsync(Service, 2, "me", Cancel)).Applied);
        Assert.False((await store.AbortAsync(Service, 0, "me", "why", Cancel)).Applied);
        Assert.True((await store.ReadAsync(Service, Cancel))!.Holding);
    }

    [Fact]
    public async Task A_repeated_commit_changes_nothing_and_shows_the_outcome()
    {
        IEpochStorePort store = await WithRow();
        await Begin(store, 1, 0);
        await store.CommitAsync(Service, 1, "me", Cancel);
        EpochReply again = await store.CommitAsync(Service, 1, "me", Cancel);
        Assert.Equal((false, 2L), (again.Applied, again.Row.Epoch));
    }

    [Fact]
    public async Task An_aborted_attempt_can_never_commit()
    {
        IEpochStorePort store = await WithRow();
        await Begin(store, 1, 0);
        Assert.True((await store.AbortAsync(Service, 1, "me", "why", Cancel)).Applied);
        Assert.False((await store.CommitAsync(Service, 1, "me", Cancel)).Applied);
        Assert.True((await Begin(store, 1, 1)).Applied);
        Assert.False((await store.CommitAsync(Service, 1, "me", Cancel)).Applied);
    }

    [Fact]
    public async Task Resolve_closes_an_attempt_only_when_its_time_is_over_and_always_answers_the_row()
    {
        IEpochStorePort store = await WithRow();
        await Begin(store, 1, 0);
        EpochReply early = await store.ResolveAsync(Service, 1, "gw", Cancel);
        Assert.Equal((false, true), (early.Applied, early.Row.Holding));
        Clock.Advance(Hold);
        EpochReply due = await store.ResolveAsync(Service, 1, "gw", Cancel);
        Assert.Equal((true, false, 1L), (due.Applied, due.Row.Holding, due.Row.Epoch));
        Assert.False((await store.ResolveAsync(Service, 1, "gw", Cancel)).Applied);
    }

    [Fact]
    public async Task A_clock_that_jumps_back_lengthens_a_hold_and_commits_once()
    {
        IEpochStorePort store = await WithRow();
        await Begin(store, 1, 0);
        Clock.Advance(-TimeSpan.FromHours(1));
        Assert.False((await store.ResolveAsync(Service, 1, "gw", Cancel)).Applied);
        Assert.True((await store.CommitAsync(Service, 1, "me", Cancel)).Applied);
        Assert.False((await store.CommitAsync(Service, 1, "me", Cancel)).Applied);
    }

    [Fact]
    public async Task Members_are_answered_with_the_row_and_a_new_incarnation_replaces_the_old()
    {
        IEpochStorePort store = await WithRow();
        await store.JoinAsync(Service, new EpochMember("gw-1", "a"), Cancel);
        await store.JoinAsync(Service, new EpochMember("gw-2", "b"), Cancel);
        EpochReply joined = await store.JoinAsync(Service, new EpochMember("gw-1", "c"), Cancel);
        Assert.Equal([new EpochMember("gw-1", "c"), new EpochMember("gw-2", "b")], joined.Members);
        await store.LeaveAsync(Service, new EpochMember("gw-1", "a"), Cancel);
        await store.LeaveAsync(Service, new EpochMember("gw-2", "b"), Cancel);
        Assert.Equal([new EpochMember("gw-1", "c")], (await Begin(store, 1, 0)).Members);
    }

    [Fact]
    public async Task An_earlier_incarnation_that_arrives_late_takes_nobodys_place()
    {
        IEpochStorePort store = await WithRow();
        await store.JoinAsync(Service, new EpochMember("gw-1", "b"), Cancel);
        EpochReply late = await store.JoinAsync(Service, new EpochMember("gw-1", "a"), Cancel);
        Assert.False(late.Applied);
        await store.LeaveAsync(Service, new EpochMember("gw-1", "a"), Cancel);
        Assert.Equal([new EpochMember("gw-1", "b")], (await Begin(store, 1, 0)).Members);
        Assert.True((await store.JoinAsync(Service, new EpochMember("gw-1", "b"), Cancel)).Applied);
    }

    [Fact]
    public async Task History_says_who_did_what_and_why_in_order()
    {
        IEpochStorePort store = await WithRow();
        await Begin(store, 1, 0);
        await store.AbortAsync(Service, 1, "ann", "second thoughts", Cancel);
        await Begin(store, 1, 1);
        await store.CommitAsync(Service, 2, "bob", Cancel);
        IReadOnlyList<EpochHistory> history = await store.HistoryAsync(Service, Cancel);
        Assert.Equal(["create", "begin", "abort", "begin", "commit"], history.Select(h => h.Action));
        Assert.Equal(("ann", "second thoughts"), (history[2].Actor, history[2].Reason));
        Assert.Equal((2L, 2L, "v2"), (history[4].Epoch, history[4].Attempt, history[4].Routing.Stable));
    }

    [Fact]
    public async Task Of_16_clients_that_race_exactly_one_begins_and_exactly_one_commits()
    {
        IEpochStorePort store = await WithRow();
        for (long round = 0; round < 8; round++)
        {
            long epoch = round + 1;
            long attempt = round;
            EpochReply[] begun = await Race(() => Begin(store, epoch, attempt));
            Assert.Single(begun, r => r.Applied);
            EpochReply[] committed = await Race(() => store.CommitAsync(Service, attempt + 1, "me", Cancel));
            Assert.Single(committed, r => r.Applied);
            Assert.All(committed, r => Assert.Equal(epoch + 1, r.Row.Epoch));
        }

        IReadOnlyList<EpochHistory> history = await store.HistoryAsync(Service, Cancel);
        IEnumerable<EpochHistory> commits = history.Where(h => h.Action == "commit");
        Assert.Equal(Enumerable.Range(2, 8).Select(e => (long)e), commits.Select(h => h.Epoch));
    }

    private static async Task<EpochReply[]> Race(Func<Task<EpochReply>> statement)
    {
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        IEnumerable<Task<EpochReply>> clients = Enumerable
            .Range(0, 16)
            .Select(async _ =>
            {
                await go.Task;
                return await statement();
            })
            .ToList();
        go.SetResult();
        return await Task.WhenAll(clients);
    }

    private async Task<IEpochStorePort> WithRow()
    {
        IEpochStorePort store = Make();
        await store.EnsureAsync(Service, V1, Cancel);
        return store;
    }

    private static Task<EpochReply> Begin(IEpochStorePort store, long epoch, long attempt) =>
        store.BeginAsync(Service, epoch, attempt, V2, Hold, "me", Cancel);
}
