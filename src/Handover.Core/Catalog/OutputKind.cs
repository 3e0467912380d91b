namespace Handover.Core.Catalog;

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
