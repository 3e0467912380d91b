namespace Handover.Simulation;

/// <summary>
/// What runs: the stacks of the two releases. One is started when it is wanted, may refuse to start (the NACK of a
/// PREPARE), may crash and come back, and is stopped when nobody wants it and no request that is pinned to it is left.
/// </summary>
public sealed class SimStacks(SimWorld world)
{
    private readonly Stack[] _stacks =
    [
        new Stack(StackStage.Ready),
        new Stack(world.Engined ? StackStage.Stopped : StackStage.Ready),
    ];

    /// <summary>Where a release's stack stands.</summary>
    public StackStage Stage(string release) => Of(release).Stage;

    /// <summary>Whether a request that reaches it now reaches something; a crash is nobody's anomaly.</summary>
    public bool Reachable(string release) => Stage(release) is StackStage.Ready or StackStage.Crashed;

    /// <summary>Whether anything of a release takes room: also while it starts, drains or is down.</summary>
    public bool Runs(string release) => Stage(release) is not (StackStage.Stopped or StackStage.Refused);

    /// <summary>Whether a stack that nobody wants any more still runs.</summary>
    public bool Draining => SimEntities.BothReleases.Any(release => !Of(release).Wanted && Runs(release));

    /// <summary>Replaces the wish. What is to stop begins to before anything starts.</summary>
    public void Want(Func<string, bool> wanted)
    {
        foreach (string release in SimEntities.BothReleases)
        {
            Stack stack = Of(release);
            bool before = stack.Wanted;
            stack.Wanted = wanted(release);
            if (!stack.Wanted && before)
            {
                Stop(release, stack);
            }
        }

        foreach (string release in SimEntities.BothReleases)
        {
            if (Of(release) is { Wanted: true, Stage: StackStage.Stopped or StackStage.Refused } stack)
            {
                Begin(release, stack);
            }
        }
    }

    /// <summary>kill -9 of a member; its supervisor brings it back.</summary>
    public void Crash(string release, long back)
    {
        Stack stack = Of(release);
        if (stack.Stage != StackStage.Ready)
        {
            return;
        }

        world.Counters.Count(SimEvent.StacksCrashed);
        world.Trace?.Invoke($"{release} crashes");
        stack.Stage = StackStage.Crashed;
        world.After(back, () => stack.Stage = stack.Stage == StackStage.Crashed ? StackStage.Ready : stack.Stage);
    }

    private void Begin(string release, Stack stack)
    {
        world.Checker.Starting(release, Runs(SimEntities.Other(release)));
        stack.Stage = StackStage.Starting;
        world.Trace?.Invoke($"{release} starts");
        world.After(
            world.Random.Between(20, 400) * FaultMix.Ms,
            () =>
            {
                if (stack.Stage == StackStage.Starting)
                {
                    bool refused = world.RefusesToStart();
                    stack.Stage = refused ? StackStage.Refused : StackStage.Ready;
                    world.Trace?.Invoke($"{release} is {stack.Stage}");
                }
            }
        );
    }

    private void Stop(string release, Stack stack)
    {
        if (stack.Wanted || stack.Stage is StackStage.Stopped)
        {
            return;
        }

        if (world.Pins(release) > 0 && world.Mutation.StopsWaitForPins)
        {
            world.Counters.Count(SimEvent.StopsWaitingForPins);
            world.After(20 * FaultMix.Ms, () => Stop(release, stack));
            return;
        }

        world.Counters.Count(SimEvent.StacksStopped);
        world.Trace?.Invoke($"{release} stops");
        stack.Stage = StackStage.Stopped;
    }

    private Stack Of(string release) => _stacks[SimEntities.Index(release)];

    private sealed class Stack(StackStage stage)
    {
        public StackStage Stage = stage;
        public bool Wanted = stage == StackStage.Ready;
    }
}

/// <summary>Where a stack stands.</summary>
public enum StackStage
{
    Stopped,
    Starting,
    Ready,
    Refused,
    Crashed,
}
