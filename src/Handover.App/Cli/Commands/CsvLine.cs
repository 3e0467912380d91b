using System.Globalization;

namespace Handover.App.Cli.Commands;

/// <summary>A line of RFC 4180 that spreadsheets can open without running what a caller sent.</summary>
internal static class CsvLine
{
    /// <summary>The cells, quoted where they need it.</summary>
    public static string Of(params IEnumerable<object?> cells) => string.Join(',', cells.Select(Quoted));

    // A cell that begins like a formula would be run by the spreadsheet that opens the file (CWE-1236).
    private static string Quoted(object? cell)
    {
        string text = Convert.ToString(cell, CultureInfo.InvariantCulture) ?? "";
        if (cell is string && text.Length > 0 && text[0] is '=' or '+' or '-' or '@' or '\t' or '\r')
        {
            text = $"'{text}";
        }

        return text.AsSpan().ContainsAny(",\"\r\n")
            ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\""
            : text;
    }
}
