namespace Diamonds.Demo;

/// <summary>One rollback by a person's one action, as the client measured it.</summary>
/// <param name="From">The release that was taken back.</param>
/// <param name="Command">From sending the command to its answer.</param>
/// <param name="LastAnswer">From sending the command to the last answer of the release; negative: before.</param>
public sealed record Rollback(string From, TimeSpan Command, TimeSpan LastAnswer);
