using Handover.Control.Warming;
using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Ports;
using Handover.Protocol;
using Handover.Tests.Journal;
using Xunit;

namespace Handover.Tests.Warming;

public sealed class ReleaseWarmingTests
{
    private static readonly CatalogSnapshot Declared = new()
    {
        Services = new Dictionary<string, Service>
        {
            ["price"] = new()
            {
                Name = "price",
                Route = new ServiceRoute("/v2/models/price"),
                Stable = "v1",
                Entity = new EntityKey(ValueSource.Header, "x-id"),
            },
        },
        Releases = new[] { "v1", "v2" }.ToDictionary(
            name => ("price", name),
            name => new Release
            {
                Name = name,
                Service = "price",
                Members = new Dictionary<string, Member>(),
            }
        ),
    };

    private readonly World _world = new();
    private readonly List<WarmWindowView> _told = [];

    [Fact]
    public async Task A_release_is_started_warmed_and_given_back()
    {
        Result<WarmView> warmed = await WarmAsync("v2");
        Assert.True(warmed.Ok);
        Assert.True(warmed.Value.Converged);
        Assert.Equal(2, warmed.Value.Windows.Count);
        Assert.Equal(60, warmed.Value.Requests);
        Assert.Equal(warmed.Value.Windows, _told);
        Assert.Equal(["borrow v2", "start v2", "return v2"], _world.Log);
        Assert.Equal(["v1", "v2"], _world.Asked.Distinct().Order());
    }

    [Fact]
    public async Task A_release_that_fails_is_refused_with_its_count_and_given_back()
    {
        _world.Trouble = "status 500";
        Result<WarmView> warmed = await WarmAsync("v2");
        Assert.True(warmed.Ok);
        Assert.False(warmed.Value.Converged);
        Assert.Equal(30, warmed.Value.Failed);
        Assert.Contains("30 of 30 recorded requests failed", warmed.Value.Findings[0], StringComparison.Ordinal);
        Assert.Equal("return v2", _world.Log[^1]);
    }

    [Fact]
    public async Task A_release_that_does_not_start_tells_why_and_is_given_back()
    {
        _world.StartProblem = new Problem("no-file", "models/v2.onnx is not there");
        Result<WarmView> warmed = await WarmAsync("v2");
        Assert.Equal("models/v2.onnx is not there", warmed.Problems[0].Message);
        Assert.Equal("return v2", _world.Log[^1]);
    }

    [Fact]
    public async Task Without_recorded_requests_nothing_is_started()
    {
        _world.Recorded = 19;
        Result<WarmView> warmed = await WarmAsync("v2");
        Assert.Equal("conflict", warmed.Problems[0].Code);
        Assert.Contains("19 recorded requests", warmed.Problems[0].Message, StringComparison.Ordinal);
        Assert.Empty(_world.Log);
    }

    [Theory]
    [InlineData("price", "v9", "unknown-release")]
    [InlineData("prize", "v2", "unknown-service")]
    public async Task Names_that_are_not_declared_are_refused(string service, string release, string code)
    {
        Result<WarmView> warmed = await _world
            .Warming()
            .WarmAsync(service, release, file: null, progress: null, CancellationToken.None);
        Assert.Equal(code, warmed.Problems[0].Code);
        Assert.Empty(_world.Log);
    }

    private Task<Result<WarmView>> WarmAsync(string release) =>
        _world.Warming().WarmAsync("price", release, null, _told.Add, TestContext.Current.CancellationToken);

    /// <summary>Stacks that start at once, a journal of so many requests, and a model that answers at once.</summary>
    private sealed class World : IRuntimePort, IJournalPort, IWarmTarget
    {
        public List<string> Log { get; } = [];

        public List<string> Asked { get; } = [];

        public int Recorded { get; set; } = 30;

        public string? Trouble { get; set; }

        public Problem? StartProblem { get; set; }

        public long Dropped => 0;

        public event Action<string>? Changed;

        public ReleaseWarming Warming() =>
            new(
                new ReleaseWarmingParts
                {
                    Catalog = () => Declared,
                    StableOf = _ => "v1",
                    Borrow = (_, release) =>
                    {
                        Log.Add($"borrow {release}");
                        return new Loan(() => Log.Add($"return {release}"));
                    },
                    Runtime = this,
                    Journal = this,
                    // On a clock that stands still every answer is as fast as the one before, however busy the machine.
                    Warmer = new Warmer(this, this, new StillClock()),
                }
            );

        public Task<Result<StackStatus>> StartAsync(Release release, CancellationToken cancel)
        {
            Log.Add($"start {release.Name}");
            Changed?.Invoke(release.Service);
            return Task.FromResult<Result<StackStatus>>(
                StartProblem is { } problem
                    ? problem
                    : new StackStatus(
                        release.Service,
                        release.Name,
                        Ready: true,
                        new Dictionary<string, IReadOnlyList<MemberEndpoint>>(),
                        0,
                        null
                    )
            );
        }

        public Task StopAsync(string service, string release, CancellationToken cancel) => Task.CompletedTask;

        public IReadOnlyList<Problem> Altered(Release release) => [];

        public StackStatus? Status(string service, string release) => null;

        public Task<Result<Signatures?>> DescribeAsync(
            string service,
            string release,
            string member,
            CancellationToken cancel
        ) => Task.FromResult<Result<Signatures?>>(default(Signatures));

        public Task<IReadOnlyList<Exchange>> RecentAsync(JournalQuery query, int limit, CancellationToken cancel)
        {
            Assert.Equal("v1", query.Release);
            IReadOnlyList<Exchange> recent =
            [
                .. Enumerable.Range(0, Math.Min(limit, Recorded)).Select(i => Exchanges.One(i)),
            ];
            return Task.FromResult(recent);
        }

        public Task<IReadOnlyList<(long Number, Exchange Exchange)>> AfterAsync(
            JournalQuery query,
            long after,
            int limit,
            CancellationToken cancel
        ) => Task.FromResult<IReadOnlyList<(long, Exchange)>>([]);

        public Task<long> HeadAsync(CancellationToken cancel) => Task.FromResult(0L);

        public Task<IReadOnlyList<Exchange>> FindAsync(
            string service,
            IReadOnlyCollection<string> requestIds,
            CancellationToken cancel
        ) => Task.FromResult<IReadOnlyList<Exchange>>([]);

        public Task<WarmAnswer> AskAsync(Service service, string release, Exchange recorded, CancellationToken cancel)
        {
            lock (Asked)
            {
                Asked.Add(release);
            }

            return Task.FromResult(
                new WarmAnswer(
                    Trouble is null || release == "v1",
                    System.Text.Encoding.UTF8.GetBytes(Exchanges.Answer(100)),
                    Trouble
                )
            );
        }
    }

    private sealed class Loan(Action given) : IDisposable
    {
        public void Dispose() => given();
    }

    private sealed class StillClock : TimeProvider
    {
        public override long GetTimestamp() => 0;
    }
}
