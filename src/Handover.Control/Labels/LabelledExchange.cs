using Handover.Core.Foundation;
using Handover.Core.Traffic;

namespace Handover.Control.Labels;

/// <summary>A label that was joined to one release's answer: how wrong that answer was.</summary>
/// <param name="Service">The service.</param>
/// <param name="RequestId">The request; the same for a live answer and its shadow.</param>
/// <param name="Entity">The entity; null when the request had none.</param>
/// <param name="Release">The release that answered.</param>
/// <param name="Purpose">Live or shadow.</param>
/// <param name="CandidateShare">The routing probability at the time of the request.</param>
/// <param name="At">When the request was made.</param>
/// <param name="Output">What was answered.</param>
/// <param name="Truth">What was true.</param>
/// <param name="Loss">
/// How wrong, by the service's loss. Of a pushed metric the value; bad and good alone are plus and minus infinity.
/// </param>
/// <param name="Wrong">Whether it is wrong by the service's tolerance.</param>
public sealed record LabelledExchange(
    string Service,
    string RequestId,
    string? Entity,
    string Release,
    Purpose Purpose,
    Share CandidateShare,
    DateTimeOffset At,
    double Output,
    double Truth,
    double Loss,
    bool Wrong
)
{
    /// <summary>Name of the pushed metric; empty when this is the truth about the answer.</summary>
    public string Metric { get; init; } = "";

    /// <summary>Whether the label came after the label window.</summary>
    public bool Late { get; init; }

    /// <summary>Whether the request was drawn at all: an answer that a caller named a release for was not.</summary>
    public bool Drawn { get; init; } = true;
}
