using System.Text.RegularExpressions;
using Xunit;

namespace Handover.Tests.House;

/// <summary>The style, as a test: each limit says file and line, and what to do about it.</summary>
public sealed partial class TidyTests
{
    private const int FileLines = 400;
    private const int TestFileLines = 600;
    private const int MethodLines = 60;
    private const int LineWidth = 120;

    private static readonly string[] RootFiles =
    [
        ".ci",
        ".config",
        ".csharpierrc.yaml",
        ".editorconfig",
        ".gitattributes",
        ".gitignore",
        "ARCHITECTURE.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "Directory.Build.props",
        "Directory.Build.targets",
        "Directory.Packages.props",
        "Handover.slnx",
        "LICENSE",
        "README.md",
        "SECURITY.md",
        "bench",
        "do",
        "docs",
        "eng",
        "global.json",
        "samples",
        "src",
        "test",
        "testdata",
    ];

    [Fact]
    public void Files_are_short_and_lines_are_narrow()
    {
        var wrong = new List<string>();
        foreach (string file in Repository.Sources)
        {
            string[] lines = Repository.Lines(file);
            int limit = Repository.In(file, "test") ? TestFileLines : FileLines;
            if (lines.Length > limit)
            {
                wrong.Add($"{file}: {lines.Length} lines, at most {limit}; split it by what it does");
            }

            wrong.AddRange(
                lines
                    .Select((text, i) => (text, line: i + 1))
                    .Where(l => l.text.Length > LineWidth && !l.text.Contains("http", StringComparison.Ordinal))
                    .Where(l => !l.text.Contains('"', StringComparison.Ordinal))
                    .Select(l => $"{file}:{l.line}: {l.text.Length} columns, at most {LineWidth}; run ./do fmt")
            );
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public void Methods_fit_on_a_screen()
    {
        var wrong = new List<string>();
        foreach (string file in Repository.Sources)
        {
            string[] lines = Repository.Lines(file);
            for (int i = 0; i + 1 < lines.Length; i++)
            {
                // Bodies are formatted: a member's brace stands alone, four columns in (eight in a nested type).
                Match open = OpeningBrace().Match(lines[i]);
                if (!open.Success || !IsMember(lines, i))
                {
                    continue;
                }

                string close = open.Groups[1].Value + "}";
                int end = Array.FindIndex(lines, i, l => l.StartsWith(close, StringComparison.Ordinal));
                if (end - i - 1 > MethodLines)
                {
                    wrong.Add($"{file}:{i}: {end - i - 1} lines, at most {MethodLines}; give a part a name of its own");
                }
            }
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public void Nothing_is_left_for_later()
    {
        string marks = "TO" + "DO|FIX" + "ME|#reg" + "ion";
        Assert.Empty(Found(new Regex(marks, RegexOptions.None, TimeSpan.FromSeconds(1))));
    }

    [Fact]
    public void The_root_holds_only_what_is_listed()
    {
        IEnumerable<string> root = Repository.Tracked.Select(f => f.Split('/')[0]).Distinct();
        Assert.Empty(root.Except(RootFiles));
    }

    private static IEnumerable<string> Found(Regex what) =>
        Repository.Sources.SelectMany(file =>
            Repository
                .Lines(file)
                .Select((text, i) => (text, line: i + 1))
                .Where(l => what.IsMatch(l.text))
                .Select(l => $"{file}:{l.line}: {l.text.Trim()}")
        );

    private static bool IsMember(string[] lines, int brace)
    {
        for (int i = brace - 1; i >= 0 && lines[i].Trim().Length > 0; i--)
        {
            if (TypeKeyword().IsMatch(lines[i]))
            {
                return false;
            }

            // The end of the member before, or the brace of the type that this member is the first of.
            if (lines[i].TrimEnd() is var text && (text.EndsWith('}') || text.EndsWith(';') || text.EndsWith('{')))
            {
                return true;
            }
        }

        return true;
    }

    [GeneratedRegex(@"^( {4}| {8})\{$")]
    private static partial Regex OpeningBrace();

    [GeneratedRegex(
        @"^\s*(public|internal|private|protected|file|sealed|static|abstract|partial|readonly|\s)*(class|record|struct|interface|enum)\s",
        RegexOptions.ExplicitCapture
    )]
    private static partial Regex TypeKeyword();
}
