namespace Handover.Core.Divergence;

/// <summary>
/// Which change of a decision does harm where a threshold decides: only a person knows whether stopping a good payment
/// or passing a bad one is the worse mistake.
/// </summary>
public enum HarmfulFlip
{
    /// <summary>Either direction. The default: a decision that changes is somebody's surprise.</summary>
    Either,

    /// <summary>Only from below the threshold to it or above.</summary>
    Up,

    /// <summary>Only from the threshold or above to below it.</summary>
    Down,
}
