namespace Handover.Core.Divergence;

/// <summary>
/// What can be seen of a free text without a model and without the other one: whether it refuses, is cut off, and what
/// form it has. Simple rules that a person can check; they inform and gate nothing.
/// </summary>
/// <param name="Empty">Whether it has no token.</param>
/// <param name="Refuses">
/// Whether its first words are those of a refusal. English only: other languages count as no refusal.
/// </param>
/// <param name="Truncated">
/// Whether it is cut off: a code fence that is not closed, JSON that does not end, or a long text without an end of
/// sentence.
/// </param>
/// <param name="Form">Its form.</param>
public readonly record struct TextTraits(bool Empty, bool Refuses, bool Truncated, TextForm Form)
{
    // Shorter texts are often titles, names and numbers, which end without a full stop.
    private const int LongText = 200;

    private const int FirstWords = 120;

    // Normalised: lower case, an apostrophe is a space.
    private static readonly string[] Refusals =
    [
        "i cannot ",
        "i can t ",
        "i am not able to ",
        "i m not able to ",
        "i am unable to ",
        "i m unable to ",
        "i won t ",
        "i will not ",
        "i must decline",
        "as an ai ",
        "as a language model",
    ];

    private static readonly string[] Apologies = ["sorry ", "i m sorry ", "i am sorry ", "i apologize ", "apologies "];

    /// <summary>Looks at a text.</summary>
    public static TextTraits Of(string text)
    {
        string trimmed = text.Trim();
        if (trimmed.Length == 0)
        {
            return new TextTraits(true, false, false, TextForm.Empty);
        }

        bool json = trimmed[0] is '{' or '[';
        bool fence = trimmed.Contains("```", StringComparison.Ordinal);
        TextForm form =
            json ? TextForm.Json
            : fence ? TextForm.Code
            : IsList(trimmed) ? TextForm.List
            : TextForm.Prose;
        return new TextTraits(false, IsRefusal(trimmed), IsTruncated(trimmed, json, fence), form);
    }

    private static bool IsRefusal(string text)
    {
        string first = TextComparison.Normalise(text[..Math.Min(text.Length, FirstWords)]) + " ";
        foreach (string apology in Apologies)
        {
            int after = apology.Length;
            first = first.StartsWith(apology, StringComparison.Ordinal) ? first[after..] : first;
            first = first.StartsWith("but ", StringComparison.Ordinal) ? first[4..] : first;
        }

        return Array.Exists(Refusals, r => first.StartsWith(r, StringComparison.Ordinal));
    }

    private static bool IsTruncated(string text, bool json, bool fence)
    {
        if (json)
        {
            return text[^1] != (text[0] == '{' ? '}' : ']');
        }

        if (fence)
        {
            return (text.Split("```").Length - 1) % 2 == 1;
        }

        char last = text[^1];
        return text.Length >= LongText && (char.IsLetterOrDigit(last) || last is ',' or ';' or '-' or '(');
    }

    // Most of its lines begin as items do.
    private static bool IsList(string text)
    {
        string[] lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        int items = lines.Count(l =>
            l.StartsWith("- ", StringComparison.Ordinal)
            || l.StartsWith("* ", StringComparison.Ordinal)
            || l.StartsWith('\u2022')
            || IsNumbered(l)
        );
        return lines.Length > 1 && items * 2 > lines.Length;
    }

    private static bool IsNumbered(string line)
    {
        int digits = 0;
        while (digits < line.Length && char.IsAsciiDigit(line[digits]))
        {
            digits++;
        }

        return digits > 0 && digits < line.Length && line[digits] is '.' or ')';
    }
}

/// <summary>The form of a text.</summary>
public enum TextForm
{
    /// <summary>Nothing in it.</summary>
    Empty,

    /// <summary>Sentences.</summary>
    Prose,

    /// <summary>Mostly items of a list.</summary>
    List,

    /// <summary>With a fenced block of code.</summary>
    Code,

    /// <summary>JSON, or what begins like it.</summary>
    Json,
}
