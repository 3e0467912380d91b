namespace Handover.Core.Divergence;

/// <summary>What counts as the same answer.</summary>
public sealed record Tolerances
{
    /// <summary>Numbers 5 % apart are the same, everything else must be equal.</summary>
    public static Tolerances Default { get; } = new();

    /// <summary>Bit for bit: for a runtime swap with the same weights.</summary>
    public static Tolerances Exact { get; } = new() { Absolute = 0, Relative = 0 };

    /// <summary>For chat answers: content is free text, and how many tokens it took is no difference.</summary>
    public static Tolerances OpenAi { get; } =
        new()
        {
            Kinds = new Dictionary<string, OutputKind>(StringComparer.Ordinal)
            {
                ["content"] = OutputKind.Text,
                ["prompt_tokens"] = OutputKind.Ignored,
                ["completion_tokens"] = OutputKind.Ignored,
            },
        };

    /// <summary>Absolute part of the tolerance of numbers, in the output's unit. Default 1e-9.</summary>
    public double Absolute { get; init; } = 1e-9;

    /// <summary>Relative part of the tolerance of numbers, of the larger magnitude. Default 5 %.</summary>
    public double Relative { get; init; } = 0.05;

    /// <summary>
    /// Units in the last place (of an FP64) up to which numbers are the same whatever their size. Default 0.
    /// </summary>
    public long Ulps { get; init; }

    /// <summary>
    /// Total variation up to which probability vectors with the same top class are the same. Default 5 %.
    /// </summary>
    public double TotalVariation { get; init; } = 0.05;

    /// <summary>Rank-biased overlap from which rankings are the same. Default 0.95.</summary>
    public double RankOverlap { get; init; } = 0.95;

    /// <summary>Token F1 from which free texts are the same. Default 0.9.</summary>
    public double TextF1 { get; init; } = 0.9;

    /// <summary>Mean overlap of matched boxes from which two sets of boxes are the same. Default 0.9.</summary>
    public double BoxOverlap { get; init; } = 0.9;

    /// <summary>Cosine from which vectors of one space are the same. Default 0.99.</summary>
    public double Cosine { get; init; } = 0.99;

    /// <summary>Neighbour overlap from which two spaces agree. Default 0.8.</summary>
    public double NeighbourOverlap { get; init; } = 0.8;

    /// <summary>
    /// Whether both releases declare the same space for their vectors. Without it a cosine of one vector with the other
    /// would be a number without a meaning, so that only neighbours are compared. Default false.
    /// </summary>
    public bool SameSpace { get; init; }

    /// <summary>How outputs are read whose datatype does not say it all, by name.</summary>
    public IReadOnlyDictionary<string, OutputKind> Kinds { get; init; } = new Dictionary<string, OutputKind>();

    /// <summary>Paths that are reported at most. Default 2,000.</summary>
    public int MostPaths { get; init; } = 2_000;
}

/// <summary>What an output is, beyond its datatype.</summary>
public enum OutputKind
{
    /// <summary>By datatype: floats are numbers, everything else a label.</summary>
    Auto,

    /// <summary>A quantity.</summary>
    Number,

    /// <summary>A class: equal or not.</summary>
    Label,

    /// <summary>Probabilities of classes along the last dimension.</summary>
    Probabilities,

    /// <summary>Items, the best first.</summary>
    Ranking,

    /// <summary>Free text.</summary>
    Text,

    /// <summary>Detected boxes in any order; the last dimension is left, top, right, bottom.</summary>
    Boxes,

    /// <summary>Vectors along the last dimension.</summary>
    Embedding,

    /// <summary>Not compared: counters and times that differ by nature.</summary>
    Ignored,
}
