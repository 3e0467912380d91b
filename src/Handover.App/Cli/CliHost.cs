using Handover.App.Node;

namespace Handover.App.Cli;

/// <summary>What the command line touches of the world, so that tests can put another one there.</summary>
public sealed record CliHost
{
    /// <summary>Data goes here and nothing else.</summary>
    public required TextWriter Out { get; init; }

    /// <summary>Talk goes here.</summary>
    public required TextWriter Err { get; init; }

    /// <summary>Answers to questions come from here.</summary>
    public required TextReader In { get; init; }

    /// <summary>Environment variables.</summary>
    public required Func<string, string?> Env { get; init; }

    /// <summary>Whether a person sits in front: questions may be asked and the screen may be redrawn.</summary>
    public bool Interactive { get; init; }

    /// <summary>How the API is reached; null for real sockets.</summary>
    public HttpMessageHandler? Http { get; init; }

    /// <summary>Runs a node until it is told to stop; null when this build has none.</summary>
    public Func<RunOptions, CancellationToken, Task<int>>? RunNode { get; init; }

    /// <summary>The clock.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>The real one.</summary>
    public static CliHost Console { get; } =
        new()
        {
            Out = System.Console.Out,
            Err = System.Console.Error,
            In = System.Console.In,
            Env = Environment.GetEnvironmentVariable,
            Interactive = !System.Console.IsOutputRedirected && !System.Console.IsInputRedirected,
        };
}
