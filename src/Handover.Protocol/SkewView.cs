namespace Handover.Protocol;

/// <summary>
/// What callers send now against the ranges that the candidate declares to have been trained on.
/// </summary>
/// <param name="Requests">Recorded requests that were looked at.</param>
/// <param name="Note">Why fewer were, or none; null when there is nothing to say.</param>
/// <param name="Inputs">One for each input with a declared range.</param>
public sealed record SkewView(int Requests, string? Note, IReadOnlyList<InputSkewView> Inputs);

/// <summary>One input.</summary>
/// <param name="Name">The input, as requests name it.</param>
/// <param name="DeclaredBy">The release's input, or a version of a feature view.</param>
/// <param name="Low">Lower end of the range, included.</param>
/// <param name="High">Upper end of the range, included.</param>
/// <param name="Values">Values that were seen; 0 when requests do not carry it, and then nothing was checked.</param>
/// <param name="Outside">How many of them lie outside.</param>
/// <param name="Absent">Requests that do not carry it.</param>
/// <param name="Least">Smallest value that was seen.</param>
/// <param name="Most">Largest value that was seen.</param>
/// <param name="Text">One line for people.</param>
public sealed record InputSkewView(
    string Name,
    string DeclaredBy,
    double Low,
    double High,
    long Values,
    long Outside,
    int Absent,
    double? Least,
    double? Most,
    string Text
);
