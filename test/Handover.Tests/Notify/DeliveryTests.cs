using System.Net.Mime;
using System.Text;
using CloudNative.CloudEvents;
using CloudNative.CloudEvents.SystemTextJson;
using Handover.Control.Consumers;
using Handover.Control.Notify;
using Handover.Control.Stores;
using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Core.Rollouts;
using Handover.Ports;
using Handover.Testkit;
using Handover.Testkit.Stores;
using Handover.Tests.Rollouts;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Handover.Tests.Notify;

/// <summary>From a rollout's event to a consumer on a real socket, through a real file.</summary>
public sealed class DeliveryTests : IAsyncLifetime
{
    private const string SecretText = "a secret that both of them know";
    private static readonly byte[] Secret = Encoding.UTF8.GetBytes(SecretText);

    private readonly string _directory = Directory.CreateTempSubdirectory("notify-").FullName;
    private readonly TestClock _clock = new();
    private readonly SqliteDatabase _database;
    private readonly NotificationOutbox _outbox;
    private readonly AcknowledgementStore _acknowledgements;
    private readonly RolloutStore _rollouts;
    private FakeModelServer _quotes = null!;
    private FakeModelServer _warehouse = null!;
    private CatalogSnapshot _catalog = CatalogSnapshot.Empty;
    private DeliveryLoop? _loop;

    public DeliveryTests()
    {
        File.WriteAllText(Path.Combine(_directory, "hook.secret"), SecretText);
        _database = SqliteDatabase.Open(Path.Combine(_directory, "state.db"));
        _outbox = new NotificationOutbox(_database);
        _acknowledgements = new AcknowledgementStore(_database);
        _rollouts = new RolloutStore(_database);
    }

    public async ValueTask InitializeAsync()
    {
        _quotes = await FakeModelServer.StartAsync("quotes");
        _warehouse = await FakeModelServer.StartAsync("warehouse");
        _catalog = new CatalogSnapshot
        {
            Releases = new Dictionary<(string, string), Release> { [("price", "v2")] = V2 },
            Consumers = new Dictionary<(string, string), Consumer>
            {
                [("price", "quotes")] = Reader("quotes", _quotes.Address),
                [("price", "warehouse")] = Reader("warehouse", _warehouse.Address),
            },
        };
    }

    private static Release V2 { get; } =
        new()
        {
            Name = "v2",
            Service = "price",
            Members = new Dictionary<string, Member> { ["model"] = new Member.Onnx("secret-path.onnx", null) },
            Output = new Signature([new TensorSpec("price", "FP32", [-1, 1])]),
        };

    [Fact]
    public async Task A_consumer_is_told_of_verify_each_move_and_the_end_in_order_signed_as_CloudEvents()
    {
        RolloutWalk walk = Walked();
        Tell(walk, 0);
        int before = walk.Events.Count;
        Tell(walk.Move(), before);
        Start();
        await Until(() => _quotes.Log.Count == 2);
        Assert.All(_quotes.Log, r => Assert.True(IsSigned(r)));
        CloudEvent[] told = [.. _quotes.Log.Select(Parse)];
        Assert.Equal([RolloutNotifications.Verify, RolloutNotifications.Move], told.Select(e => e.Type!));
        Assert.Equal([0, 2], told.Select(e => Convert.ToInt32(e["epoch"], null)));
        Assert.True(string.CompareOrdinal((string)told[0]["sequence"]!, (string)told[1]["sequence"]!) < 0);
        string data = told[1].Data!.ToString()!;
        Assert.Contains(ReleaseDigest.Of(V2), data, StringComparison.Ordinal);
        Assert.Contains("\"price\"", data, StringComparison.Ordinal);
        Assert.DoesNotContain("secret-path", data, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_not_taken_is_told_again_later_and_nothing_overtakes_it()
    {
        int refusals = 2;
        _quotes.Behaviour = (context, _) =>
        {
            context.Response.StatusCode = Interlocked.Decrement(ref refusals) >= 0 ? 500 : 204;
            return Task.CompletedTask;
        };
        Tell(Walked().Move(), 0);
        Start();
        await Until(() => _quotes.Log.Count == 1);
        await Until(() => _outbox.Of("price", "quotes").Any(n => n.Attempts == 1));
        await AgainAfter(TimeSpan.FromSeconds(1), 2);
        await AgainAfter(TimeSpan.FromSeconds(2), 4);
        Assert.Equal(
            [
                RolloutNotifications.Verify,
                RolloutNotifications.Verify,
                RolloutNotifications.Verify,
                RolloutNotifications.Move,
            ],
            _quotes.Log.Select(r => Parse(r).Type!)
        );
        Assert.Single(_quotes.Log.Take(3).Select(r => Parse(r).Id).Distinct());

        async Task AgainAfter(TimeSpan pause, int arrived)
        {
            _clock.Advance(pause);
            await Until(() =>
            {
                _outbox.Announce();
                return _quotes.Log.Count == arrived;
            });
            await Until(() => _outbox.Of("price", "quotes").Sum(n => n.Attempts) == arrived);
        }
    }

    [Fact]
    public async Task A_dead_consumer_keeps_nobody_waiting_and_its_state_is_visible()
    {
        await _warehouse.DisposeAsync();
        _warehouse = await FakeModelServer.StartAsync("elsewhere");
        Tell(Walked().Move(), 0);
        Start();
        await Until(() => _quotes.Log.Count == 2);
        await Until(() => _outbox.Of("price", "warehouse").Any(n => n.Trouble is not null));
        Notification head = _outbox.Of("price", "warehouse").MinBy(n => n.Seq)!;
        Assert.Contains("was not reached", head.Trouble, StringComparison.Ordinal);
        Assert.Equal(2, _outbox.Of("price", "warehouse").Count(n => n.DeliveredAt is null));
    }

    [Fact]
    public async Task What_was_not_told_before_a_crash_is_told_after_it()
    {
        Tell(Walked(), 0);
        var again = new NotificationOutbox(_database);
        await using var loop = new DeliveryLoop(
            again,
            _acknowledgements,
            new WebhookClient(_directory, UrlPolicy.LoopbackOnly, _clock),
            () => _catalog,
            _clock,
            NullLogger<DeliveryLoop>.Instance
        );
        loop.Start();
        await Until(() => _quotes.Log.Count == 1 && _warehouse.Log.Count == 1);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Only_a_signed_answer_acknowledges_the_release(bool signed)
    {
        string digest = ReleaseDigest.Of(V2);
        _quotes.Behaviour = async (context, request) =>
        {
            byte[] body = Encoding.UTF8.GetBytes($$"""{"acknowledge":"{{digest}}"}""");
            string id = request.Headers["webhook-id"]!;
            string at = $"{_clock.GetUtcNow().ToUnixTimeSeconds()}";
            byte[] key = signed ? Secret : "another secret of nobody at all"u8.ToArray();
            context.Response.Headers["webhook-id"] = id;
            context.Response.Headers["webhook-timestamp"] = at;
            context.Response.Headers["webhook-signature"] = WebhookSignature.Sign([key], id, at, body);
            await context.Response.Body.WriteAsync(body);
        };
        Tell(Walked(), 0);
        Start();
        await Until(() => _outbox.Of("price", "quotes").Any(n => n.DeliveredAt is not null));
        Assert.Equal(signed, _acknowledgements.Has("price", "quotes", digest));
        Assert.Equal(signed, _outbox.Of("price", "quotes")[0].Trouble is null);
        Assert.False(_acknowledgements.Has("price", "warehouse", digest));
        Assert.Equal(signed, new AcknowledgementStore(_database).Has("price", "quotes", digest));
    }

    [Fact]
    public async Task An_address_that_is_not_allowed_is_not_called()
    {
        Consumer away = Reader("quotes", new Uri("http://192.0.2.1/hook"));
        _catalog = _catalog with
        {
            Consumers = new Dictionary<(string, string), Consumer> { [("price", "quotes")] = away },
        };
        Tell(Walked(), 0);
        Start();
        await Until(() => _outbox.Of("price", "quotes").Any(n => n.Trouble is not null));
        Assert.Contains("may not be dialled", _outbox.Of("price", "quotes")[0].Trouble, StringComparison.Ordinal);
    }

    [Fact]
    public void More_than_the_bound_gives_up_the_oldest_and_counts_it()
    {
        for (int i = 0; i <= NotificationOutbox.MostWaiting; i++)
        {
            _database.Write(connection =>
            {
                string id = $"e{i}";
                NotificationOutbox.Insert(
                    connection,
                    [new NotificationDraft("price", "quotes", id, "t", _clock.GetUtcNow(), _ => "{}")]
                );
                return true;
            });
        }

        IReadOnlyList<Notification> all = _outbox.Of("price", "quotes");
        Assert.Equal(NotificationOutbox.MostWaiting, all.Count(n => n.GivenUpAt is null));
        Assert.Equal(1, Assert.Single(all, n => n.GivenUpAt is not null).Seq);
    }

    [Fact]
    public void Nothing_is_told_of_what_was_not_stored()
    {
        RolloutWalk walk = Walked();
        IReadOnlyList<NotificationDraft> drafts = RolloutNotifications.Of(_catalog, walk.State, walk.Events);
        _database.Write(c => SqliteDatabase.Execute(c, "ALTER TABLE rollout_event RENAME TO away"));
        Assert.Throws<StoreException>(() => _rollouts.Append(walk.State.Id, 0, walk.Events, drafts));
        Assert.Empty(_outbox.Of("price", "quotes"));
    }

    [Fact]
    public void Pauses_double_up_to_five_minutes()
    {
        Assert.Equal(
            [1, 2, 4, 8, 256, 300, 300],
            ((int[])[1, 2, 3, 4, 9, 10, 400]).Select(n => (int)DeliveryLoop.PauseAfter(n).TotalSeconds)
        );
    }

    public async ValueTask DisposeAsync()
    {
        if (_loop is not null)
        {
            await _loop.DisposeAsync();
        }

        await _quotes.DisposeAsync();
        await _warehouse.DisposeAsync();
        _database.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private static RolloutWalk Walked()
    {
        RolloutPlan plan = RolloutWalk.Parallel(
            new Phase.Verify(),
            new Phase.Start(TimeSpan.FromMinutes(2)),
            new Phase.Shift(Share.FromPercent(10), null, TimeSpan.Zero, 0),
            new Phase.Shift(Share.All, null, TimeSpan.Zero, 0),
            new Phase.Retire(TimeSpan.FromHours(1))
        );
        var walk = new RolloutWalk(plan);
        walk.Do(new RolloutCommand.Tick());
        walk.Do(new RolloutCommand.Verified([]));
        walk.Do(new RolloutCommand.StackReady([]));
        return walk;
    }

    private void Tell(RolloutWalk walk, long version)
    {
        RolloutEvent[] events = [.. walk.Events.Skip((int)version)];
        IReadOnlyList<NotificationDraft> drafts = RolloutNotifications.Of(_catalog, walk.State, events);
        _rollouts.Append(walk.State.Id, version, events, drafts);
        _outbox.Announce();
    }

    private void Start()
    {
        var client = new WebhookClient(_directory, UrlPolicy.LoopbackOnly, _clock);
        _loop = new DeliveryLoop(
            _outbox,
            _acknowledgements,
            client,
            () => _catalog,
            _clock,
            NullLogger<DeliveryLoop>.Instance
        );
        _loop.Start();
    }

    private bool IsSigned(FakeModelRequest r) =>
        WebhookSignature.Verify(
            [Secret],
            r.Headers["webhook-id"]!,
            r.Headers["webhook-timestamp"]!,
            r.Headers["webhook-signature"]!,
            r.Body,
            _clock.GetUtcNow()
        );

    private static CloudEvent Parse(FakeModelRequest r) =>
        new JsonEventFormatter().DecodeStructuredModeMessage(
            r.Body,
            new ContentType("application/cloudevents+json"),
            null
        );

    private static Consumer Reader(string name, Uri url) =>
        new(name, "price", ConsumerRole.Decision, new Signature([])) { Notify = new NotifyTarget(url, "hook.secret") };

    private static async Task Until(Func<bool> condition)
    {
        for (int i = 0; i < 10000 && !condition(); i++)
        {
            await Task.Delay(5);
        }

        Assert.True(condition(), "the condition did not come true within 50 s");
    }
}
