using System.CommandLine;

namespace Handover.App.Cli.Commands;

/// <summary>
/// <c>completion SHELL</c>: a script that asks the program itself, so that it can never be out of date.
/// </summary>
internal static class CompletionCommand
{
    private const string Bash = """
        _handover() {
            local IFS=$'\n'
            local words="$(handover "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)"
            COMPREPLY=( $(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}") )
        }
        complete -F _handover handover
        """;

    private const string Zsh = """
        #compdef handover
        _handover() {
            local -a found
            found=("${(@f)$(handover "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)}")
            compadd -- $found
        }
        compdef _handover handover
        """;

    private const string Fish = """
        complete -c handover -f -a '(handover "[suggest:"(commandline -C)"]" (commandline -p) 2>/dev/null)'
        """;

    public static Command Build(CliRunner run)
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh or fish" };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        return run.Handle(
            new Command("completion", "Print a completion script") { shell },
            session =>
            {
                string script = session.Parse.GetValue(shell) switch
                {
                    "bash" => Bash,
                    "zsh" => Zsh,
                    _ => Fish,
                };
                session.Host.Out.WriteLine(script);
                return Task.FromResult(ExitCodes.Ok);
            }
        );
    }
}
