using Handover.Core.Rollouts;

namespace Handover.Simulation;

/// <summary>
/// The rollout store of the simulated world: streams of events, appended only after the version that the writer knows.
/// What is in it is durable; what is not has not happened.
/// </summary>
public sealed class SimRolloutLog
{
    private readonly List<(string Id, List<RolloutEvent> Events)> _rollouts = [];

    /// <summary>Number of rollouts.</summary>
    public int Count => _rollouts.Count;

    /// <summary>The newest rollout's state, folded as the engine folds it; null before the first.</summary>
    public SimRollout Newest() =>
        new(_rollouts.Count == 0 ? null : _rollouts[^1].Events.Aggregate((RolloutState?)null, Evolver.Evolve));

    /// <summary>
    /// Appends after <paramref name="version"/> events; refuses when there are more already, and to begin one while
    /// another is open. A beginning that arrives late is refused like any other statement whose time is over.
    /// </summary>
    public SimAppended Append(string id, long version, IReadOnlyList<RolloutEvent> events)
    {
        if (version == 0 && !_rollouts.Exists(r => r.Id == id))
        {
            if (Newest().State is { Open: true })
            {
                return new SimAppended(false);
            }

            _rollouts.Add((id, []));
        }

        List<RolloutEvent> stream = _rollouts.Find(r => r.Id == id).Events;
        if (stream.Count != version)
        {
            return new SimAppended(false);
        }

        stream.AddRange(events);
        return new SimAppended(true);
    }
}

/// <summary>A folded rollout.</summary>
/// <param name="State">The state; null when there is none.</param>
public sealed record SimRollout(RolloutState? State);

/// <summary>The answer to an append.</summary>
/// <param name="Applied">Whether the events are durable.</param>
public sealed record SimAppended(bool Applied);
