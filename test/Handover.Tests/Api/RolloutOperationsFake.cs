using Handover.Control.Engine;
using Handover.Core.Foundation;
using Handover.Core.Rollouts;

namespace Handover.Tests.Api;

/// <summary>An engine that obeys at once, for tests of what stands around it.</summary>
internal sealed class RolloutOperationsFake : IRolloutOperations
{
    private readonly List<RolloutSnapshot> _all = [];

    public event Action<string>? Changed;

    public int Started => _all.Count;

    public Task<Result<RolloutSnapshot>> StartAsync(RolloutPlan plan, string actor, CancellationToken cancel)
    {
        var state = new RolloutState
        {
            Id = $"{plan.Name}.{_all.Count + 1}",
            Plan = plan,
            From = "v1",
            StartedBy = actor,
            StartedAt = DateTimeOffset.UnixEpoch,
            Status = RolloutStatus.Running,
        };
        _all.Insert(0, new RolloutSnapshot(state, [Entry(1, "started", actor)], null));
        return Task.FromResult<Result<RolloutSnapshot>>(_all[0]);
    }

    public async Task<Result<RolloutSnapshot>> ForecastAsync(RolloutPlan plan, CancellationToken cancel)
    {
        Result<RolloutSnapshot> started = await StartAsync(plan, "forecast", cancel);
        _all.RemoveAt(0);
        return started;
    }

    public IReadOnlyList<RolloutSnapshot> List(string? service) =>
        [.. _all.Where(r => service is null || r.State.Plan.Service == service)];

    public IReadOnlyList<RolloutState> States(string? service) => [.. List(service).Select(r => r.State)];

    public RolloutSnapshot? Find(string idOrName) =>
        _all.Find(r => r.State.Id == idOrName || r.State.Plan.Name == idOrName);

    public Task<Result<RolloutSnapshot>> CommandAsync(
        string id,
        UserCommand command,
        string actor,
        CancellationToken cancel
    )
    {
        RolloutSnapshot now = Find(id)!;
        if (command is UserCommand.Approve && now.State.StartedBy == actor)
        {
            return Task.FromResult<Result<RolloutSnapshot>>(new Problem("own-approval", "not by whoever started it"));
        }

        return Task.FromResult<Result<RolloutSnapshot>>(Set(now, command, actor));
    }

    public Task<Result<RolloutSnapshot>> RollbackServiceAsync(string service, string actor, CancellationToken cancel) =>
        CommandAsync(List(service)[0].State.Id, new UserCommand.Rollback("service"), actor, cancel);

    public Result<HoldForecast> ForecastHold(string id, Share? share) =>
        HoldForecast.Of(100, new Ratio(0.05), 4, null, Effects.DefaultHold, HoldForecast.UsualProtocol);

    private RolloutSnapshot Set(RolloutSnapshot now, UserCommand command, string actor)
    {
        RolloutState state = command switch
        {
            UserCommand.Pause => now.State with { Status = RolloutStatus.Paused },
            UserCommand.Resume => now.State with { Status = RolloutStatus.Running },
            UserCommand.SetShare s => now.State with { Share = s.Share },
            UserCommand.Approve => now.State with { ApprovedBy = actor },
            UserCommand.Promote { Full: true } => now.State with { Status = RolloutStatus.Succeeded, EndedAt = End },
            UserCommand.Rollback => now.State with { Status = RolloutStatus.RolledBack, EndedAt = End },
            _ => now.State,
        };
        string kind = command.GetType().Name;
        var next = new RolloutSnapshot(state, [.. now.Events, Entry(now.Events.Count + 1, kind, actor)], null);
        _all[_all.IndexOf(now)] = next;
        Changed?.Invoke(state.Id);
        return next;
    }

    private static DateTimeOffset End => DateTimeOffset.UnixEpoch.AddMinutes(5);

    private static RolloutHistoryEntry Entry(long seq, string kind, string actor) =>
        new(seq, DateTimeOffset.UnixEpoch, kind, $"{kind} happened", actor);
}
