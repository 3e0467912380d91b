using Handover.Control.Stores;
using Handover.Core.Catalog;
using Handover.Core.Rollouts;
using Xunit;

namespace Handover.Tests.Stores;

public sealed class RolloutStoreTests : IDisposable
{
    private static readonly DateTimeOffset At = DateTimeOffset.UnixEpoch;
    private readonly string _directory = Directory.CreateTempSubdirectory("handover-rollouts-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void A_service_has_one_open_rollout_whoever_starts_it()
    {
        using SqliteDatabase database = Open();
        var one = new RolloutStore(database);
        var other = new RolloutStore(database);
        one.Append("a.1", 0, [Started("a.1", "price")]);
        other.Append("b.1", 0, [Started("b.1", "risk")]);
        StoreException refused = Assert.Throws<StoreException>(() => other.Append("a.2", 0, [Started("a.2", "price")]));
        Assert.Equal("conflict", refused.Problem.Code);
        Assert.Contains("a.1", refused.Problem.Message, StringComparison.Ordinal);
        Assert.Equal(["a.1", "b.1"], other.Load().Select(Id).Order());
        one.Append("a.1", 1, [new RolloutEvent.RolledBack(At, 2)]);
        other.Append("a.2", 0, [Started("a.2", "price")]);
    }

    [Fact]
    public void What_was_open_in_a_file_of_an_older_version_still_is()
    {
        using (SqliteDatabase database = Open())
        {
            var store = new RolloutStore(database);
            store.Append("a.1", 0, [Started("a.1", "price")]);
            store.Append("b.1", 0, [Started("b.1", "risk"), new RolloutEvent.Failed(At, "why")]);
            database.Write(c =>
                SqliteDatabase.Execute(
                    c,
                    "DROP TABLE rollout_open; UPDATE migration SET version = version - 1 WHERE room = 'rollouts'"
                )
            );
        }

        using SqliteDatabase again = Open();
        var opened = new RolloutStore(again);
        Assert.Throws<StoreException>(() => opened.Append("a.2", 0, [Started("a.2", "price")]));
        opened.Append("b.2", 0, [Started("b.2", "risk")]);
    }

    private static string Id(IReadOnlyList<RolloutEvent> events) => ((RolloutEvent.Started)events[0]).Id;

    private static RolloutEvent.Started Started(string id, string service) =>
        new(
            At,
            "ann",
            id,
            new RolloutPlan
            {
                Name = id,
                Service = service,
                To = "v2",
                Salt = "p",
                Phases = [new Phase.Retire(TimeSpan.Zero)],
            },
            "v1",
            Impact.Low,
            []
        );

    private SqliteDatabase Open() => SqliteDatabase.Open(Path.Combine(_directory, "state.db"));
}
