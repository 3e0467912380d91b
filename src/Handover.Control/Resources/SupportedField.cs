namespace Handover.Control.Resources;

/// <summary>One field of the resource files: the row that reading, documentation and editor completion share.</summary>
/// <param name="Kind">The resource kind that has it.</param>
/// <param name="Path">
/// Path from the document's root; <c>[]</c> after a list of maps, <c>*</c> for names that the user chooses.
/// </param>
/// <param name="Type">How its value is written.</param>
/// <param name="Meaning">What it says, in one line.</param>
public sealed record SupportedField(string Kind, string Path, FieldType Type, string Meaning)
{
    /// <summary>
    /// False for a field that is promised but not there yet: it is refused, never accepted and ignored.
    /// </summary>
    public bool Supported { get; init; } = true;

    /// <summary>Whether it must be given.</summary>
    public bool Required { get; init; }

    /// <summary>The values that are taken; empty when any of the type is.</summary>
    public IReadOnlyList<string> Values { get; init; } = [];

    /// <summary>The last part of <see cref="Path"/>.</summary>
    public string Name => Path[(Path.LastIndexOf('.') + 1)..];

    /// <summary>Path of the map that holds it.</summary>
    public string Parent => Path.Contains('.', StringComparison.Ordinal) ? Path[..Path.LastIndexOf('.')] : "";
}

/// <summary>How the value of a field is written.</summary>
public enum FieldType
{
    /// <summary>Text.</summary>
    Text,

    /// <summary>One of a few names.</summary>
    Choice,

    /// <summary>A whole number.</summary>
    Whole,

    /// <summary>A number.</summary>
    Number,

    /// <summary><c>true</c> or <c>false</c>.</summary>
    Flag,

    /// <summary><c>400ms</c>, <c>2s</c>, <c>5m</c>, <c>2h</c>, <c>14d</c>.</summary>
    Duration,

    /// <summary><c>4MiB</c>.</summary>
    Size,

    /// <summary><c>10%</c> or <c>0.1</c>.</summary>
    Ratio,

    /// <summary><c>10%</c>.</summary>
    Share,

    /// <summary>An absolute http or https address.</summary>
    Url,

    /// <summary>A map of fields.</summary>
    Map,

    /// <summary>A map whose names the user chooses.</summary>
    Names,

    /// <summary>A list of text.</summary>
    Texts,

    /// <summary>A list of whole or real numbers.</summary>
    Numbers,

    /// <summary>A list of maps.</summary>
    Maps,

    /// <summary>A list of status codes and classes: <c>503</c>, <c>5xx</c>.</summary>
    Statuses,

    /// <summary>A JSONLogic rule.</summary>
    Rule,
}
