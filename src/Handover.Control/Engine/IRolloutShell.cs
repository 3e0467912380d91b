using Handover.Control.Evidence;
using Handover.Control.Notify;
using Handover.Core.Contracts;
using Handover.Core.Gates;
using Handover.Core.Rollouts;
using Handover.Ports;

namespace Handover.Control.Engine;

/// <summary>
/// What a rollout's loop may do to the world. One implementation; an interface so that tests can stand in.
/// </summary>
internal interface IRolloutShell
{
    /// <summary>
    /// Does an effect to its end and returns the command that tells how it went; null when there is nothing to tell.
    /// </summary>
    Task<RolloutCommand?> RunAsync(RolloutState state, RolloutEffect effect, CancellationToken cancel);

    /// <summary>
    /// Asks the gates, once for each segment that moves independently; empty when it is not yet time to look again.
    /// </summary>
    IReadOnlyList<Reading> Judge(RolloutState state, DateTimeOffset now);

    /// <summary>
    /// Segments that are harmed by evidence of their own, as of the last judgement; empty when none is.
    /// </summary>
    IReadOnlyList<(string Segment, Verdict Verdict)> Harmed(RolloutState state);

    /// <summary>
    /// Why the candidate's stack counts as down now; null while it is up, or has not been down for long.
    /// </summary>
    string? CandidateDown(RolloutState state, DateTimeOffset now);

    /// <summary>The kill switch under which this rollout may not go on; null when there is none.</summary>
    KillSwitch? SwitchedOff(RolloutState state);

    /// <summary>
    /// Who around the model does not agree with the candidate, as last asked; null when nobody was asked yet.
    /// </summary>
    IReadOnlyList<Disagreement>? Agreement(RolloutState state);

    /// <summary>What consumers are to be told of these events, which led to the state.</summary>
    IReadOnlyList<NotificationDraft> ToTell(RolloutState state, IReadOnlyList<RolloutEvent> events);

    /// <summary>The state changed: wants of stacks and mirrors follow from it.</summary>
    void Changed(RolloutState state, IReadOnlyList<RolloutEvent> events);
}
