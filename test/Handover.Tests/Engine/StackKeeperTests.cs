using System.Collections.Concurrent;
using Handover.Control.Engine;
using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Ports;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Handover.Tests.Engine;

/// <summary>What runs while it is wanted, and what is left of it: a switch with one stack must know.</summary>
public sealed class StackKeeperTests : IAsyncDisposable
{
    private readonly Stacks _stacks = new();
    private readonly ConcurrentDictionary<string, int> _inFlight = new(StringComparer.Ordinal);
    private readonly StackKeeper _keeper;

    public StackKeeperTests()
    {
        GatewayStatus Status(string service) => new(service, 1, false, 0, _inFlight, new Dictionary<string, int>());
        _keeper = new StackKeeper(_stacks, Status, TimeProvider.System, NullLogger.Instance);
    }

    [Fact]
    public async Task A_stack_that_nobody_wants_is_told_as_a_leftover_until_its_last_request_is_answered()
    {
        _inFlight["v2"] = 1;
        Want("v1", "v2");
        await UntilAsync(() => _stacks.Running("v1") && _stacks.Running("v2"));
        Assert.Null(_keeper.Draining("price"));
        Want("v1");
        Assert.Equal("v2", _keeper.Draining("price"));
        Assert.Null(_keeper.Draining("other"));
        Assert.True(_stacks.Running("v2"), "a request is in it");
        _inFlight["v2"] = 0;
        await UntilAsync(() => _keeper.Draining("price") is null);
        Assert.True(_keeper.Gone("price", "v2"));
        Assert.True(_stacks.Running("v1"));
    }

    [Fact]
    public async Task A_leftover_that_is_wanted_again_is_none()
    {
        _inFlight["v2"] = 1;
        Want("v2");
        await UntilAsync(() => _stacks.Running("v2"));
        Want();
        Assert.Equal("v2", _keeper.Draining("price"));
        Want("v2");
        Assert.Null(_keeper.Draining("price"));
    }

    public ValueTask DisposeAsync() => _keeper.DisposeAsync();

    private void Want(params string[] releases) =>
        _keeper.Want(
            releases.ToDictionary(
                r => ("price", r),
                r => new Release
                {
                    Name = r,
                    Service = "price",
                    Members = new Dictionary<string, Member>(),
                }
            )
        );

    // The keeper looks again every 100 ms by itself.
    private static async Task UntilAsync(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!condition())
        {
            await Task.Delay(10, patience.Token);
        }
    }

    /// <summary>Stacks that start and stop at once.</summary>
    private sealed class Stacks : IRuntimePort
    {
        private readonly ConcurrentDictionary<string, StackStatus> _running = new(StringComparer.Ordinal);

        public event Action<string>? Changed;

        public bool Running(string release) => _running.ContainsKey(release);

        public Task<Result<StackStatus>> StartAsync(Release release, CancellationToken cancel)
        {
            var none = new Dictionary<string, IReadOnlyList<MemberEndpoint>>();
            StackStatus status = new(release.Service, release.Name, true, none, 0, null);
            _running[release.Name] = status;
            Changed?.Invoke(release.Service);
            return Task.FromResult<Result<StackStatus>>(status);
        }

        public Task StopAsync(string service, string release, CancellationToken cancel)
        {
            _running.TryRemove(release, out _);
            return Task.CompletedTask;
        }

        public IReadOnlyList<Problem> Altered(Release release) => [];

        public StackStatus? Status(string service, string release) => _running.GetValueOrDefault(release);

        public Task<Result<Signatures?>> DescribeAsync(
            string service,
            string release,
            string member,
            CancellationToken cancel
        ) => throw new NotSupportedException("nobody asks");
    }
}
