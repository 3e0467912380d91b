namespace Diamonds.Demo;

/// <summary>What one run of the demo does and where everything lies.</summary>
public sealed record DemoOptions
{
    private const string Mark = "Handover.slnx";

    /// <summary>Shorter phases, the same stories.</summary>
    public bool Quick { get; init; }

    /// <summary>Lets the gateway ignore stickiness and pins, to prove that the judge finds the mixing.</summary>
    public bool Sabotage { get; init; }

    /// <summary>The repository's root.</summary>
    public required string Root { get; init; }

    /// <summary>Where the programs of this build lie: <c>artifacts/bin</c>.</summary>
    public required string Programs { get; init; }

    /// <summary>The configuration of this build as a folder name, e.g. <c>release</c>.</summary>
    public required string Flavour { get; init; }

    /// <summary>What the demo leaves behind.</summary>
    public string Output => Path.Combine(Root, "artifacts", "demo");

    /// <summary>The node's configuration directory, made anew by each run.</summary>
    public string NodeDirectory => Path.Combine(Output, "node");

    /// <summary>The sample that everything is taken from.</summary>
    public string Sample => Path.Combine(Root, "samples", "diamonds");

    /// <summary>One line of JSON per request of the client.</summary>
    public string ClientLog => Path.Combine(Output, "client.ndjson");

    /// <summary>What the node printed.</summary>
    public string NodeLog => Path.Combine(Output, "node.log");

    /// <summary>Arrivals per second: enough for evidence in seconds, and two cores still have time to spare.</summary>
    public double Rps => 300;

    /// <summary>
    /// Customers. An entity's first bad event counts, its later ones don't, so evidence needs many customers; the
    /// sabotaged run needs few, so that each comes often enough to be seen on two releases.
    /// </summary>
    public int Customers => Sabotage ? 800 : 6000;

    /// <summary>Where a program of this build lies.</summary>
    public string Program(string project, string name) => Path.Combine(Programs, project, Flavour, name);

    /// <summary>
    /// The rollout of a story: of the full demo where it has its own, longer phases, else the sample's.
    /// </summary>
    public string Rollout(string story)
    {
        string full = Path.Combine(Sample, "demo", "rollouts", $"{story}.yaml");
        return !Quick && !Sabotage && File.Exists(full) ? full : Path.Combine(Sample, "rollouts", $"{story}.yaml");
    }

    /// <summary>Reads the arguments; null and a message when they are wrong.</summary>
    public static DemoOptions? Parse(string[] args, string baseDirectory, out string problem)
    {
        problem = args.FirstOrDefault(a => a is not ("--quick" or "--sabotage")) is { } unknown
            ? $"'{unknown}' is not understood; there are --quick and --sabotage."
            : "";
        var flavour = new DirectoryInfo(Path.TrimEndingDirectorySeparator(baseDirectory));
        DirectoryInfo? root = flavour;
        while (root is not null && !File.Exists(Path.Combine(root.FullName, Mark)))
        {
            root = root.Parent;
        }

        if (root is null)
        {
            problem = $"the demo must lie in the repository: no {Mark} above {baseDirectory}.";
        }

        return problem.Length > 0
            ? null
            : new DemoOptions
            {
                Quick = args.Contains("--quick"),
                Sabotage = args.Contains("--sabotage"),
                Root = root!.FullName,
                Programs = flavour.Parent!.Parent!.FullName,
                Flavour = flavour.Name,
            };
    }
}
