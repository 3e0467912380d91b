namespace Handover.Control.Labels;

/// <summary>How right one release was, over the labelled answers of a time.</summary>
/// <param name="Release">The release.</param>
/// <param name="Shadow">Whether these are answers to copies, which nobody was given.</param>
/// <param name="Answered">Recorded answers that could have been labelled.</param>
/// <param name="Labelled">Those with a label.</param>
public sealed record LossRow(string Release, bool Shadow, long Answered, long Labelled)
{
    /// <summary>Labels that came after the label window.</summary>
    public long Late { get; init; }

    /// <summary>Wrong answers: another class, or beyond the declared tolerance.</summary>
    public long Wrong { get; init; }

    /// <summary>Answers that were no number, or gave no chance to what came true: no mean can hold them.</summary>
    public long Unbounded { get; init; }

    /// <summary>Sum of the bounded losses.</summary>
    public double SumLoss { get; init; }

    /// <summary>Labelled answers whose output and truth are numbers.</summary>
    public long Numbers { get; init; }

    /// <summary>Sum of answer minus truth.</summary>
    public double SumError { get; init; }

    /// <summary>Sum of |answer - truth|.</summary>
    public double SumAbsolute { get; init; }

    /// <summary>Sum of (answer - truth)^2.</summary>
    public double SumSquared { get; init; }
}
