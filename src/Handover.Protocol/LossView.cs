namespace Handover.Protocol;

/// <summary>How right one release was, over the labelled answers of a time.</summary>
public sealed record LossView
{
    /// <summary>The release.</summary>
    public required string Release { get; init; }

    /// <summary>Whether these are answers to copies, which nobody was given.</summary>
    public bool Shadow { get; init; }

    /// <summary>Recorded answers that could have been labelled.</summary>
    public long Answered { get; init; }

    /// <summary>Those with a label.</summary>
    public long Labelled { get; init; }

    /// <summary>Labelled / answered, 0 to 1; null without answers.</summary>
    public double? Coverage { get; init; }

    /// <summary>Labels that came after the label window: here, but not in the evidence.</summary>
    public long Late { get; init; }

    /// <summary>Which loss: <c>absolute squared zeroOne logistic</c>.</summary>
    public required string Loss { get; init; }

    /// <summary>Mean loss; null without labels, or when an answer was infinitely wrong.</summary>
    public double? MeanLoss { get; init; }

    /// <summary>
    /// Share of right answers: the class (zeroOne), the likelier class (logistic), or within the declared tolerance.
    /// </summary>
    public double? Accuracy { get; init; }

    /// <summary>Mean absolute error; null where answer and truth are no numbers.</summary>
    public double? Mae { get; init; }

    /// <summary>Root of the mean squared error; null where answer and truth are no numbers.</summary>
    public double? Rmse { get; init; }

    /// <summary>Mean of answer minus truth; null where answer and truth are no numbers.</summary>
    public double? Bias { get; init; }

    /// <summary>Answers that no mean can hold: no numbers, or no chance given to what came true.</summary>
    public long Unbounded { get; init; }
}
