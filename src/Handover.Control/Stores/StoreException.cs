using Handover.Core.Foundation;

namespace Handover.Control.Stores;

/// <summary>
/// A state file could not be read or written. It is thrown, not returned, because whoever called has an unknown outcome
/// to deal with; <see cref="Problem"/> is what a person is told: which file, and what to do.
/// </summary>
public sealed class StoreException(Problem problem, Exception? inner = null) : Exception(problem.ToString(), inner)
{
    public Problem Problem { get; } = problem;
}
