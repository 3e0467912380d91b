using Handover.Core.Catalog;
using Handover.Core.Contracts;
using Handover.Core.Contracts.Adapters;
using Handover.Core.Foundation;
using Handover.Ports;
using Handover.Protocol;

namespace Handover.Control.Warming;

/// <summary>
/// Warms a release outside a rollout: somebody wants to know before the rollout whether it starts, keeps its contract
/// and is fast enough. No traffic moves. The stack is borrowed, so it stops again unless something else wants it too.
/// </summary>
/// <param name="parts">What it stands on.</param>
#pragma warning disable CA1001 // A semaphore whose wait handle nobody asks for holds nothing to give back.
public sealed class ReleaseWarming(ReleaseWarmingParts parts)
#pragma warning restore CA1001
{
    /// <summary>Recorded requests per window.</summary>
    public const int Requests = 100;

    private readonly SemaphoreSlim _one = new(1, 1);

    /// <summary>Starts the release, replays recorded requests, and tells each window.</summary>
    /// <param name="service">Name of the service.</param>
    /// <param name="to">The release.</param>
    /// <param name="file">Recorded requests that somebody brought; null takes the journal's.</param>
    /// <param name="progress">Told of each window as it ends; may be null.</param>
    /// <param name="cancel">Ends it; the stack is given back.</param>
    public async Task<Result<WarmView>> WarmAsync(
        string service,
        string to,
        RecordedFile? file,
        Action<WarmWindowView>? progress,
        CancellationToken cancel
    )
    {
        CatalogSnapshot catalog = parts.Catalog();
        if (!catalog.Services.TryGetValue(service, out Service? declared))
        {
            return new Problem("unknown-service", $"there is no service '{service}'.");
        }

        if (!catalog.Releases.TryGetValue((service, to), out Release? release))
        {
            return new Problem("unknown-release", $"the service '{service}' has no release '{to}'.")
            {
                Fix = "See 'handover get release'.",
            };
        }

        string stable = parts.StableOf(service) ?? declared.Stable;
        if (!await _one.WaitAsync(TimeSpan.Zero, cancel))
        {
            return new Problem("conflict", "another release is being warmed on this node.")
            {
                Fix = "Two at a time would measure each other; try again when it has ended.",
            };
        }

        try
        {
            Result<IReadOnlyList<Exchange>>? brought = file?.Read(declared, stable);
            return brought is { Ok: false }
                ? Result<WarmView>.Failed(brought.Problems)
                : await WarmAsync(declared, release, catalog, stable, brought?.Value, progress, cancel);
        }
        finally
        {
            _one.Release();
        }
    }

    private async Task<Result<WarmView>> WarmAsync(
        Service service,
        Release release,
        CatalogSnapshot catalog,
        string stable,
        IReadOnlyList<Exchange>? brought,
        Action<WarmWindowView>? progress,
        CancellationToken cancel
    )
    {
        var recorded = new JournalQuery(service.Name)
        {
            Release = stable,
            Purpose = Core.Traffic.Purpose.Live,
            Replayable = true,
        };
        int known = brought?.Count ?? (await parts.Journal.RecentAsync(recorded, Warmer.LeastRecorded, cancel)).Count;
        if (known < Warmer.LeastRecorded)
        {
            return new Problem(
                "conflict",
                $"there are {known} recorded requests of {service.Name}/{stable}, {Warmer.LeastRecorded} are needed."
            )
            {
                Fix = "Send it traffic first, with spec.journal.payloads on and spec.journal.sample above 0.",
            };
        }

        using IDisposable borrowed = parts.Borrow(service.Name, release.Name);
        Result<StackStatus> started = await parts.Runtime.StartAsync(release, cancel);
        if (!started.Ok)
        {
            return Result<WarmView>.Failed(started.Problems);
        }

        var job = new WarmJob(service, stable, release.Name, Requests)
        {
            Declared = AdaptedOutput.Of(release),
            References = ReferenceCheck.Of(catalog.ConsumersOf(service.Name), AdaptedOutput.Of(release)),
            StableDeclared = catalog.Releases.GetValueOrDefault((service.Name, stable)) is { } serving
                ? AdaptedOutput.Of(serving)
                : null,
            ErrorLimit = service.Objectives.Errors ?? new Ratio(0.01),
            Recorded = brought,
        };
        return View(job, await parts.Warmer.WarmAsync(job, w => progress?.Invoke(View(w)), cancel));
    }

    private static WarmWindowView View(WarmWindow window) =>
        new(window.Number, window.Requests, window.Failed, window.P95Ms, window.StableP95Ms)
        {
            Pace = window.Pace,
            LiveLatencyMsP95 = window.LiveP95Ms,
        };

    private static WarmView View(WarmJob job, WarmReport report) =>
        new(
            job.Service.Name,
            job.Candidate,
            report.Windows.Sum(w => (long)w.Requests),
            report.Windows.Sum(w => (long)w.Failed),
            report.Refusals.Count == 0,
            report.Windows[^1].P50Ms,
            report.Windows[^1].P99Ms,
            report.Refusals
        )
        {
            Windows = [.. report.Windows.Select(View)],
        };
}

/// <summary>What warming outside a rollout stands on.</summary>
public sealed record ReleaseWarmingParts
{
    /// <summary>What is declared.</summary>
    public required Func<CatalogSnapshot> Catalog { get; init; }

    /// <summary>The release that serves a service now; null before its first routing.</summary>
    public required Func<string, string?> StableOf { get; init; }

    /// <summary>Keeps a stack (service, release) wanted until the answer is disposed.</summary>
    public required Func<string, string, IDisposable> Borrow { get; init; }

    /// <summary>Where members run.</summary>
    public required IRuntimePort Runtime { get; init; }

    /// <summary>What was recorded.</summary>
    public required IJournalPort Journal { get; init; }

    /// <summary>Replays it.</summary>
    public required Warmer Warmer { get; init; }
}
