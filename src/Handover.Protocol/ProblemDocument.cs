namespace Handover.Protocol;

/// <summary>An error of the admin API (RFC 9457), with what to do in <see cref="Detail"/>.</summary>
/// <param name="Type">Stable URI of the kind of error: <c>https://handover.dev/problems/CODE</c>.</param>
/// <param name="Title">The kind of error in a few words; the same for every error of the kind.</param>
/// <param name="Status">HTTP status code.</param>
/// <param name="Detail">What was wrong this time, and what to do about it.</param>
/// <param name="Code">Stable name in kebab-case; clients may match on it.</param>
public sealed record ProblemDocument(string Type, string Title, int Status, string Detail, string Code)
{
    /// <summary>The single errors when there are several, or when one has a place in a file or a body.</summary>
    public IReadOnlyList<ProblemError> Errors { get; init; } = [];

    /// <summary>The request's id, as in the audit log; null when the error was made before it had one.</summary>
    public string? RequestId { get; init; }
}

/// <summary>One error of several, with its place.</summary>
/// <param name="Detail">What was wrong, and what to do.</param>
public sealed record ProblemError(string Detail)
{
    /// <summary>RFC 6901 pointer to the field, e.g. <c>/spec/stable</c>; null when there is none.</summary>
    public string? Pointer { get; init; }

    /// <summary>Stable name of this error; null when it is the document's.</summary>
    public string? Code { get; init; }

    /// <summary>The file; null when it came from none.</summary>
    public string? File { get; init; }

    /// <summary>Line in the file, from 1; null when unknown.</summary>
    public int? Line { get; init; }

    /// <summary>Column in the line, from 1; null when unknown.</summary>
    public int? Column { get; init; }
}
