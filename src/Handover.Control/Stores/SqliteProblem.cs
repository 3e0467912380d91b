using Handover.Core.Foundation;
using Microsoft.Data.Sqlite;

namespace Handover.Control.Stores;

/// <summary>Says in words what SQLite's result codes mean for the person who owns the file.</summary>
internal static class SqliteProblem
{
    // Primary result codes, https://www.sqlite.org/rescode.html.
    private const int Busy = 5;
    private const int Locked = 6;
    private const int ReadOnly = 8;
    private const int InputOutput = 10;
    private const int Corrupt = 11;
    private const int Full = 13;
    private const int CannotOpen = 14;
    private const int NotADatabase = 26;

    public static Problem Of(SqliteException e, string file)
    {
        (string code, string message, string fix) = e.SqliteErrorCode switch
        {
            Full => ("disk-full", "the disk is full", "Free some space and repeat the call; nothing was lost."),
            Corrupt or NotADatabase => (
                "corrupt-state-file",
                "the state file is damaged or is not a SQLite database",
                "Stop handover, keep the file for analysis, restore it (and its -wal) from a backup or move it away."
            ),
            Busy or Locked => (
                "state-file-busy",
                "another process holds the state file's write lock",
                "Check that only one handover node uses this state directory."
            ),
            ReadOnly => ("state-file-read-only", "the state file may not be written", "Check its owner and mode."),
            CannotOpen => ("state-file-unreachable", "the state file cannot be opened", "Check its path and owner."),
            InputOutput => ("state-file-io", "the disk reported an error", "Check the disk and the kernel's log."),
            _ => ("state-file-error", "SQLite refused a statement", "This is an error of the program; report it."),
        };
        return new Problem(code, $"{message} ({e.Message.TrimEnd('.')}).") { File = file, Fix = fix };
    }
}
