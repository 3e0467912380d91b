using Handover.Core.Foundation;

namespace Handover.Control.Resources;

/// <summary>
/// Gathers every problem of one file, so that a person repairs all of them in one go. Bounded: a file that is wrong
/// from top to bottom must not answer with a megabyte of messages.
/// </summary>
internal sealed class ReadLog(string file, Func<string, Result<string>>? files = null)
{
    /// <summary>Most problems that are told of one file.</summary>
    public const int MaxProblems = 200;

    private readonly List<Problem> _problems = [];

    /// <summary>Problems so far, the ones over the bound included.</summary>
    public int Count { get; private set; }

    /// <summary>Whether further problems are only counted; what they would say need not be worked out.</summary>
    public bool Full => _problems.Count >= MaxProblems;

    /// <summary>The file that is read.</summary>
    public string File => file;

    /// <summary>
    /// The text of a file of the configuration directory that a resource names; a problem where there is no directory.
    /// </summary>
    public Result<string> TextOf(string path) =>
        files?.Invoke(path)
        ?? new Problem("no-directory", $"'{path}' can be read only from a configuration directory.")
        {
            Fix = "Give the content as schemaText.",
        };

    /// <summary>What to report, in the order of the file.</summary>
    public IReadOnlyList<Problem> Problems
    {
        get
        {
            var all = _problems.OrderBy(p => p.Line).ThenBy(p => p.Column).ToList();
            if (Count > _problems.Count)
            {
                string rest = $"{Count - _problems.Count} more problems are not shown.";
                all.Add(new Problem("too-many-problems", rest) { File = file, Fix = "Repair these first." });
            }

            return all;
        }
    }

    public void Add(string code, int line, int column, string? field, string message, string? fix = null)
    {
        Count++;
        if (_problems.Count < MaxProblems)
        {
            _problems.Add(
                new Problem(code, message)
                {
                    File = file,
                    Line = line,
                    Column = column,
                    Field = string.IsNullOrEmpty(field) ? null : field,
                    Fix = fix,
                }
            );
        }
    }

    public void Add(string code, YamlNode at, string? field, string message, string? fix = null) =>
        Add(code, at.Line, at.Column, field, message, fix);
}
