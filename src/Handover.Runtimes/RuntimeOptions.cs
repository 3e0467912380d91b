// Why: everything that the runtime takes from its surroundings, in one place.
using Handover.Ports;

namespace Handover.Runtimes;

/// <summary>Where and how members run.</summary>
public sealed record RuntimeOptions
{
    /// <summary>
    /// The configuration directory: model files and commands come from inside it, processes run in it.
    /// </summary>
    public required string BaseDirectory { get; init; }

    /// <summary>The node's own directory: sockets, logs and records of child processes.</summary>
    public required string StateDirectory { get; init; }

    /// <summary>
    /// Service -> address through which a member reaches its release's members (HANDOVER_MEMBERS_URL).
    /// </summary>
    public required Func<string, string> MembersUrl { get; init; }

    /// <summary>
    /// Service -> model name in metadata calls, e.g. the last part of the route's rewrite; default the service.
    /// </summary>
    public Func<string, string> ModelName { get; init; } = service => service;

    /// <summary>
    /// Whether the members of a service are asked in gRPC, where a model has the service's name; default no.
    /// </summary>
    public Func<string, bool> Grpc { get; init; } = _ => false;

    /// <summary>Which remote addresses may be dialled; default loopback only.</summary>
    public UrlPolicy UrlPolicy { get; init; } = UrlPolicy.LoopbackOnly;

    /// <summary>Whether process members may run at all; default true.</summary>
    public bool AllowProcesses { get; init; } = true;

    /// <summary>
    /// How this program is started, for shims and for commands that begin with <c>handover</c>; null to find out.
    /// </summary>
    public IReadOnlyList<string>? Self { get; init; }

    /// <summary>From leaving the list of endpoints to SIGTERM; default 200 ms. Longer lets stragglers arrive.</summary>
    public TimeSpan DrainWait { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>From SIGTERM to SIGKILL; default 10 s.</summary>
    public TimeSpan StopGrace { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a remote member may take to answer its first ready probe; default 10 s.</summary>
    public TimeSpan RemoteStartTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Between two ready probes of a running member; default 1 s. Also a probe's own deadline.</summary>
    public TimeSpan ProbeInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// First wait before a crashed process is started again; doubles with each crash in a row. Default 250 ms.
    /// </summary>
    public TimeSpan RestartAfter { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Longest such wait; default 10 s.</summary>
    public TimeSpan RestartAfterMax { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Crashes in a row after which a process stays down; default 5. A minute of running clears the count.
    /// </summary>
    public int RestartLimit { get; init; } = 5;
}
