using System.Text.Json;

namespace Handover.Core.Foundation;

/// <summary>
/// What reading a document that somebody else wrote may throw. A text that is not valid UTF-8, or holds half of a
/// surrogate pair, passes the parser and throws only when it is read, and then another exception than the parser's.
/// </summary>
public static class BadJson
{
    /// <summary>Whether it says that the document is bad: the filter of a <c>catch</c> around its reading.</summary>
    public static bool Is(Exception e) => e is JsonException or InvalidOperationException;
}
