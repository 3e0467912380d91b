using System.CommandLine;
using Handover.Protocol;

namespace Handover.App.Cli;

/// <summary>One run of one command: what was asked for, where to write, whom to talk to.</summary>
public sealed class CliSession : IDisposable
{
    private readonly GlobalOptions _options;
    private readonly Lazy<AdminClient> _client;

    public CliSession(CliHost host, GlobalOptions options, ParseResult parse, CancellationToken cancel)
    {
        Host = host;
        Parse = parse;
        Cancel = cancel;
        _options = options;
        Output = new OutputWriter(host.Out, parse.GetValue(options.Output));
        _client = new Lazy<AdminClient>(Connect);
    }

    /// <summary>The world.</summary>
    public CliHost Host { get; }

    /// <summary>What was written on the command line.</summary>
    public ParseResult Parse { get; }

    /// <summary>Ends when the user interrupts.</summary>
    public CancellationToken Cancel { get; }

    /// <summary>Data.</summary>
    public OutputWriter Output { get; }

    /// <summary>The API.</summary>
    public AdminClient Api => _client.Value;

    /// <summary>Whether nothing may be changed.</summary>
    public bool DryRun => Parse.GetValue(_options.DryRun);

    /// <summary>Why, for the audit log.</summary>
    public string? Reason => Parse.GetValue(_options.Why);

    /// <summary>How long to wait; null when the user did not say.</summary>
    public TimeSpan? Timeout => Parse.GetValue(_options.Timeout);

    /// <summary>Whether a live picture and questions are possible.</summary>
    public bool Interactive => Host.Interactive;

    /// <summary>Whether colour is wanted.</summary>
    public bool Colour => string.IsNullOrEmpty(Host.Env("NO_COLOR")) && Host.Env("TERM") != "dumb";

    /// <summary>Says something to the person; never data.</summary>
    public void Say(string text) => Host.Err.WriteLine(text);

    /// <summary>Asks for a yes. Nobody there to ask, or <c>--yes</c>, means yes.</summary>
    public bool Agreed(string question)
    {
        if (!Interactive || Parse.GetValue(_options.Yes))
        {
            return true;
        }

        Host.Err.Write($"{question} [y/N] ");
        string answer = Host.In.ReadLine() ?? "";
        return answer.Trim().ToLowerInvariant() is "y" or "yes";
    }

    /// <summary>For <c>--dry-run</c>: says what would be sent, and true when nothing may be.</summary>
    public bool OnlyDry(string what)
    {
        if (DryRun)
        {
            Say($"dry run: would {what}");
        }

        return DryRun;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_client.IsValueCreated)
        {
            _client.Value.Dispose();
        }
    }

    private AdminClient Connect()
    {
        string text = Parse.GetValue(_options.Server) ?? Host.Env("HANDOVER_SERVER") ?? GlobalOptions.DefaultServer;
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? server) || server.Scheme is not ("http" or "https"))
        {
            throw AdminFailure.Of(
                "bad-server",
                0,
                $"'{text}' is not an address; write it as {GlobalOptions.DefaultServer}."
            );
        }

        string? token = TokenFor(server);
        if (token is not null && !token.All(c => c is > ' ' and < (char)127))
        {
            throw AdminFailure.Of(
                "bad-token",
                401,
                "the token that was found holds characters that no token has: the file or variable is damaged."
            );
        }

        return new AdminClient(server, token, Timeout ?? TimeSpan.FromSeconds(30), Host.Http);
    }

    // A token found in a file goes only to this machine: a --server elsewhere must not be able to collect it.
    private string? TokenFor(Uri server)
    {
        if (Host.Env("HANDOVER_TOKEN") is { Length: > 0 } given)
        {
            return given.Trim();
        }

        if (!server.IsLoopback)
        {
            return null;
        }

        string?[] states = [Host.Env("HANDOVER_STATE"), KnownNodes.StateOf(server, Host.Env), ".handover"];
        foreach (string state in states.OfType<string>().Where(s => s.Length > 0))
        {
            string path = Path.Combine(state, "admin.token");
            try
            {
                if (File.Exists(path))
                {
                    return File.ReadAllText(path).Trim();
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Say($"note: {path} cannot be read: {e.Message}");
            }
        }

        return null;
    }

    /// <summary>Writes a problem as text with what to do.</summary>
    public static void Tell(TextWriter err, ProblemDocument problem)
    {
        err.WriteLine($"error: {problem.Detail}");
        if (problem.Errors.Count > 1)
        {
            foreach (ProblemError error in problem.Errors)
            {
                string place =
                    error.File is null ? ""
                    : error.Line is null ? $"{error.File}: "
                    : $"{error.File}:{error.Line}:{error.Column}: ";
                string field = error.Pointer is null ? "" : $"{error.Pointer.TrimStart('/').Replace('/', '.')}: ";
                err.WriteLine($"  {place}{field}{error.Detail}");
            }
        }

        string? advice = problem.Status switch
        {
            401 => "Set HANDOVER_TOKEN, or run the command on the node's machine as the user who started it.",
            403 when problem.Code == "forbidden" =>
                "Ask for a token with the right role: handover token create NAME --role ROLE.",
            412 => "Look again with 'handover rollout status', then repeat the command.",
            _ => null,
        };
        if (advice is not null)
        {
            err.WriteLine(advice);
        }

        if (problem.RequestId is not null && problem.Status >= 500)
        {
            err.WriteLine($"request id {problem.RequestId}, code {problem.Code}");
        }
    }
}
