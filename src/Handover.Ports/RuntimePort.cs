using Handover.Core.Catalog;
using Handover.Core.Foundation;

namespace Handover.Ports;

/// <summary>
/// Where the members of releases run. A <em>stack</em> is all members of one release. Every call is idempotent: the
/// engine repeats what it wants until it is so.
/// </summary>
public interface IRuntimePort
{
    /// <summary>
    /// Starts every member and waits until all are ready, or says what failed. Already running is success. A file that
    /// is not what the release was frozen with is refused: <c>artefact-changed</c>.
    /// </summary>
    Task<Result<StackStatus>> StartAsync(Release release, CancellationToken cancel);

    /// <summary>Stops every member: drain, SIGTERM, kill. Not running is success.</summary>
    Task StopAsync(string service, string release, CancellationToken cancel);

    /// <summary>How the stack is now; null when it is not running.</summary>
    StackStatus? Status(string service, string release);

    /// <summary>
    /// Which of a release's files are not what it was frozen with, so that it could not be started again; cheap.
    /// </summary>
    IReadOnlyList<Problem> Altered(Release release);

    /// <summary>What a loaded member says of itself (Open Inference metadata); null when it has no metadata.</summary>
    Task<Result<Signatures?>> DescribeAsync(string service, string release, string member, CancellationToken cancel);

    /// <summary>
    /// Raised when a stack's endpoints or readiness change, with its service. Handlers must not block.
    /// </summary>
    event Action<string>? Changed;
}

/// <summary>A running stack.</summary>
/// <param name="Service">The service.</param>
/// <param name="Release">The release.</param>
/// <param name="Ready">Whether every member answers its ready probe.</param>
/// <param name="Members">Where each member is reached; a remote member may have several endpoints.</param>
/// <param name="ResidentBytes">Measured memory of the members, if it can be told apart; else 0.</param>
/// <param name="Trouble">What is wrong, for people; null when nothing is.</param>
public sealed record StackStatus(
    string Service,
    string Release,
    bool Ready,
    IReadOnlyDictionary<string, IReadOnlyList<MemberEndpoint>> Members,
    long ResidentBytes,
    string? Trouble
)
{
    /// <summary>SHA-256 of the files that the members were started from, by the name in the configuration.</summary>
    public IReadOnlyDictionary<string, string> Artefacts { get; init; } = new Dictionary<string, string>();
}

/// <summary>What a loaded member serves.</summary>
/// <param name="Input">What it accepts.</param>
/// <param name="Output">What it answers.</param>
/// <param name="Metadata">Free key/value pairs of the artefact.</param>
public sealed record Signatures(Signature Input, Signature Output, IReadOnlyDictionary<string, string> Metadata);
