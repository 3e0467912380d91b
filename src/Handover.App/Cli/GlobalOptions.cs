using System.CommandLine;

namespace Handover.App.Cli;

/// <summary>The options that every command has.</summary>
public sealed class GlobalOptions
{
    /// <summary>Default address of the admin API.</summary>
    public const string DefaultServer = "http://127.0.0.1:7070";

    public Option<string?> Server { get; } =
        new("--server") { Description = "Admin API, default HANDOVER_SERVER or " + DefaultServer, Recursive = true };

    public Option<OutputFormat> Output { get; } =
        new("--output", "-o") { Description = "table, json, yaml or name", Recursive = true };

    public Option<TimeSpan?> Timeout { get; } = TimeOption("--timeout", "How long to wait for an answer, e.g. 30s");

    public Option<bool> DryRun { get; } =
        new("--dry-run") { Description = "Say what would be done and change nothing", Recursive = true };

    public Option<bool> Yes { get; } = new("--yes", "-y") { Description = "Do not ask", Recursive = true };

    public Option<string?> Why { get; } = new("--reason") { Description = "Why, for the audit log", Recursive = true };

    /// <summary>Adds them to the root.</summary>
    public void AddTo(RootCommand root)
    {
        Timeout.Recursive = true;
        foreach (Option option in (Option[])[Server, Output, Timeout, DryRun, Yes, Why])
        {
            root.Options.Add(option);
        }
    }

    /// <summary>An option that takes a time such as 30s.</summary>
    public static Option<TimeSpan?> TimeOption(string name, string description) =>
        new(name)
        {
            Description = description,
            CustomParser = result =>
            {
                string text = result.Tokens.Count > 0 ? result.Tokens[0].Value : "";
                if (Durations.Parse(text) is { } time)
                {
                    return time;
                }

                result.AddError($"'{text}' is not a time: write 500ms, 30s, 5m, 2h or 1d.");
                return null;
            },
        };
}

/// <summary>How data is written.</summary>
public enum OutputFormat
{
    /// <summary>For people.</summary>
    Table,

    /// <summary>As the API has it.</summary>
    Json,

    /// <summary>The same in YAML.</summary>
    Yaml,

    /// <summary>Names only, one a line.</summary>
    Name,
}
