namespace Handover.Control.Labels;

/// <summary>What became of the labels and pushed metrics of a service; kept over restarts.</summary>
public sealed record LabelCounts
{
    /// <summary>New ones that were kept.</summary>
    public long Taken { get; init; }

    /// <summary>Known with the same truth already.</summary>
    public long Duplicate { get; init; }

    /// <summary>Known with another truth, which stays.</summary>
    public long Conflicting { get; init; }

    /// <summary>Lines that were no labels.</summary>
    public long Malformed { get; init; }

    /// <summary>Refused because too many waited for their answers.</summary>
    public long NoRoom { get; init; }

    /// <summary>Came after the label window of their request: in the report, not in the evidence.</summary>
    public long Late { get; init; }

    /// <summary>Came after a label of a newer request.</summary>
    public long OutOfOrder { get; init; }

    /// <summary>Joined, but the labelled output could not be read in the answer.</summary>
    public long Unreadable { get; init; }

    /// <summary>Forgotten without an answer: their requests are unknown.</summary>
    public long Expired { get; init; }

    /// <summary>Name and number, in the order of display.</summary>
    public IEnumerable<(string Kind, long N)> ByKind =>
        [
            ("taken", Taken),
            ("duplicate", Duplicate),
            ("conflicting", Conflicting),
            ("malformed", Malformed),
            ("noRoom", NoRoom),
            ("late", Late),
            ("outOfOrder", OutOfOrder),
            ("unreadable", Unreadable),
            ("expired", Expired),
        ];

    internal static LabelCounts Of(IReadOnlyDictionary<string, long> kinds) =>
        new()
        {
            Taken = kinds.GetValueOrDefault("taken"),
            Duplicate = kinds.GetValueOrDefault("duplicate"),
            Conflicting = kinds.GetValueOrDefault("conflicting"),
            Malformed = kinds.GetValueOrDefault("malformed"),
            NoRoom = kinds.GetValueOrDefault("noRoom"),
            Late = kinds.GetValueOrDefault("late"),
            OutOfOrder = kinds.GetValueOrDefault("outOfOrder"),
            Unreadable = kinds.GetValueOrDefault("unreadable"),
            Expired = kinds.GetValueOrDefault("expired"),
        };
}
