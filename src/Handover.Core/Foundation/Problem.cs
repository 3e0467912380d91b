namespace Handover.Core.Foundation;

/// <summary>
/// An error of operation, told so that a person can act on it: what was wrong, where, and what to do.
/// </summary>
/// <param name="Code">Stable name in kebab-case, e.g. <c>unknown-field</c>; clients may match on it.</param>
/// <param name="Message">What was wrong, in one sentence.</param>
public sealed record Problem(string Code, string Message)
{
    /// <summary>What to do about it; null when the message says it already.</summary>
    public string? Fix { get; init; }

    /// <summary>The file it was found in, if it came from one.</summary>
    public string? File { get; init; }

    /// <summary>Line in <see cref="File"/>, from 1; 0 when unknown.</summary>
    public int Line { get; init; }

    /// <summary>Column in <see cref="Line"/>, from 1; 0 when unknown.</summary>
    public int Column { get; init; }

    /// <summary>The field, as a path such as <c>spec.members.model.file</c>; null when none.</summary>
    public string? Field { get; init; }

    /// <summary>One line: <c>file:line:column: field: message. fix</c>.</summary>
    public override string ToString()
    {
        string where =
            File is null ? ""
            : Line > 0 ? $"{File}:{Line}:{Column}: "
            : $"{File}: ";
        string field = Field is null ? "" : $"{Field}: ";
        string stop = Message.Length > 0 && char.IsPunctuation(Message[^1]) ? "" : ".";
        string fix = Fix is null ? "" : $"{stop} {Fix}";
        return $"{where}{field}{Message}{fix}";
    }
}
