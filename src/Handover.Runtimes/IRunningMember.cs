// Why: the three kinds of members differ in everything but this, so a stack knows only this.
using Handover.Core.Foundation;
using Handover.Ports;

namespace Handover.Runtimes;

/// <summary>One member of a stack. Disposing stops it; starting a second time is not allowed.</summary>
internal interface IRunningMember : IAsyncDisposable
{
    /// <summary>Where it is reached now; empty while it is nowhere.</summary>
    IReadOnlyList<MemberEndpoint> Endpoints { get; }

    /// <summary>Whether it answered its latest ready probe.</summary>
    bool Ready { get; }

    /// <summary>Whether only a new start can help.</summary>
    bool Failed { get; }

    /// <summary>What is wrong, for people; null when nothing is.</summary>
    string? Trouble { get; }

    /// <summary>Memory that it takes, in bytes; 0 when it can't be told.</summary>
    long ResidentBytes { get; }

    /// <summary>SHA-256 of the files that it was started from, by the name in the configuration.</summary>
    IReadOnlyDictionary<string, string> Artefacts { get; }

    /// <summary>Starts it and waits until it is ready. Returns what failed; then nothing of it runs any more.</summary>
    Task<Problem?> StartAsync(CancellationToken cancel);
}

/// <summary>What every member needs to know about itself.</summary>
/// <param name="Service">The service.</param>
/// <param name="Release">The release.</param>
/// <param name="Member">The member's name.</param>
/// <param name="Changed">To be called when endpoints or readiness changed.</param>
internal sealed record MemberContext(string Service, string Release, string Member, Action Changed)
{
    /// <summary>What its files have to be; empty when anything will do.</summary>
    public IReadOnlyDictionary<string, string> Frozen { get; init; } = new Dictionary<string, string>();

    /// <summary>A file name that belongs to this member alone.</summary>
    public string FileName => $"{Service}.{Release}.{Member}";

    /// <summary>How messages call it.</summary>
    public override string ToString() => $"member '{Member}' of {Service}/{Release}";
}
