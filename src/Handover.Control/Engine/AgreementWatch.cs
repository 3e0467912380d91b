using System.Collections.Concurrent;
using System.Globalization;
using Handover.Control.Consumers;
using Handover.Core.Catalog;
using Handover.Core.Contracts;
using Handover.Core.Foundation;
using Handover.Core.Rollouts;
using Handover.Ports;
using Microsoft.Extensions.Logging;

namespace Handover.Control.Engine;

/// <summary>
/// Asks everybody around a model whether they agree with a candidate: consumers who must acknowledge it, the stores of
/// the feature views that it reads, the index that it searches. Asked while a rollout is open, and once more before
/// each move, so that what was true when the rollout began is not taken for granted.
/// </summary>
public sealed class AgreementWatch : IAsyncDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    // A store that misses one question is not stale; one that misses them for this long cannot be relied on.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    private readonly AgreementParts _parts;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly ConcurrentDictionary<string, IReadOnlyList<Disagreement>> _latest = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, (FeatureReading Reading, DateTimeOffset At)> _views = new();
    private readonly CancellationTokenSource _stop = new();
    private Task _loop = Task.CompletedTask;

    /// <summary>A watch that asks nobody until it is started, or asked itself.</summary>
    public AgreementWatch(AgreementParts parts, TimeProvider time, ILogger<AgreementWatch> log) =>
        (_parts, _time, _log) = (parts, time, log);

    /// <summary>Begins to ask for the open rollouts.</summary>
    /// <param name="open">The rollouts that are open now.</param>
    public void Start(Func<IEnumerable<RolloutState>> open) => _loop = LoopAsync(open);

    /// <summary>Who does not agree, as last asked; null when nobody was asked yet.</summary>
    public IReadOnlyList<Disagreement>? Latest(string rollout) => _latest.GetValueOrDefault(rollout);

    /// <summary>Asks everybody now, for who does not agree.</summary>
    public async Task<IReadOnlyList<Disagreement>> AskAsync(RolloutState state, CancellationToken cancel) =>
        [.. (await LookAsync(state, cancel)).SelectMany(p => p.Disagreements)];

    /// <summary>Asks everybody now, and tells what each of them says, whether it agrees or not.</summary>
    public async Task<IReadOnlyList<Party>> LookAsync(RolloutState state, CancellationToken cancel)
    {
        CatalogSnapshot catalog = _parts.Catalog();
        if (!catalog.Releases.TryGetValue((state.Plan.Service, state.Plan.To), out Release? release))
        {
            return [];
        }

        var found = new List<Party>(Acknowledged(catalog, release));
        found.AddRange(await FeaturesAsync(catalog, release, cancel));
        if (release.Index is { } use)
        {
            found.Add(await IndexAsync(state, release, use, cancel));
        }

        return found;
    }

    /// <summary>
    /// Where the running members that embed and search differ from what the release declares; empty when nowhere.
    /// </summary>
    public async Task<IReadOnlyList<string>> CompareVectorsAsync(Release release, CancellationToken cancel)
    {
        var found = new List<Disagreement>();
        if (release.Index?.Embeds is { } embeds)
        {
            (VectorReading? told, Disagreement? silent) = await MemberAsync(release, embeds, cancel);
            found.AddRange(told is null ? [silent!] : IndexAgreement.CheckEmbedder(release, told));
        }

        if (release.Index?.Searches is { } searches)
        {
            (VectorReading? told, Disagreement? silent) = await MemberAsync(release, searches, cancel);
            found.AddRange(told is null ? [silent!] : IndexAgreement.CheckIndex(release, told));
        }

        return [.. found.Select(d => d.Text)];
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _stop.Dispose();
    }

    private async Task LoopAsync(Func<IEnumerable<RolloutState>> open)
    {
        using var timer = new PeriodicTimer(Period, _time);
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await timer.WaitForNextTickAsync(_stop.Token);
                RolloutState[] states = [.. open().Where(s => s is { Open: true, RollbackReason: null })];
                foreach (string gone in _latest.Keys.Except(states.Select(s => s.Id)).ToList())
                {
                    _latest.TryRemove(gone, out _);
                }

                foreach (RolloutState state in states)
                {
                    _latest[state.Id] = await AskAsync(state, _stop.Token);
                }
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // The top of a loop: what was last heard stays, and everybody is asked again.
                _log.LogError(e, "not everybody around the candidate could be asked");
            }
        }
    }

    private IEnumerable<Party> Acknowledged(CatalogSnapshot catalog, Release release)
    {
        Consumer[] asked =
        [
            .. catalog
                .ConsumersOf(release.Service)
                .Where(c => c.AcknowledgeRequired)
                .OrderBy(c => c.Name, StringComparer.Ordinal),
        ];
        string digest = asked.Length == 0 ? "" : ReleaseDigest.Of(release);
        foreach (Consumer consumer in asked)
        {
            bool has = _parts.Acknowledgements.Has(release.Service, consumer.Name, digest);
            string missing =
                $"consumer {consumer.Name} has not acknowledged {release.Name} ({digest[..19]}). "
                + $"Its owner does: handover consumer acknowledge {release.Service} {consumer.Name} {release.Name}";
            yield return new Party(
                DisagreementKind.Acknowledgement,
                $"consumer {consumer.Name}",
                has ? $"has acknowledged {release.Name}" : $"has not acknowledged {release.Name}",
                has ? [] : [new Disagreement(DisagreementKind.Acknowledgement, missing)]
            );
        }
    }

    private async Task<IReadOnlyList<Party>> FeaturesAsync(
        CatalogSnapshot catalog,
        Release release,
        CancellationToken cancel
    )
    {
        var readings = new Dictionary<FeatureUse, (FeatureReading?, string?)>();
        foreach (FeatureUse use in release.Features)
        {
            FeatureViewVersion? version = catalog
                .FeatureViews.GetValueOrDefault(use.View)
                ?.Versions.FirstOrDefault(v => v.Version == use.Version);
            if (version?.Source is not null)
            {
                readings[use] = await ReadAsync(use.View, version, cancel);
            }
        }

        return FeatureAgreement.Parties(
            release,
            catalog.FeatureViews,
            use => readings.GetValueOrDefault(use, (null, "nobody asked it")),
            _time.GetUtcNow()
        );
    }

    private async Task<(FeatureReading?, string?)> ReadAsync(
        string view,
        FeatureViewVersion version,
        CancellationToken cancel
    )
    {
        string key = $"{view}@{version.Version}";
        Result<FeatureReading> read = await _parts.Features.ReadAsync(view, version, cancel);
        DateTimeOffset now = _time.GetUtcNow();
        if (read.Ok)
        {
            _views[key] = (read.Value, now);
            return (read.Value, null);
        }

        return _views.TryGetValue(key, out (FeatureReading Reading, DateTimeOffset At) last) && now - last.At <= Grace
            ? (last.Reading, null)
            : (null, read.Problems[0].Message);
    }

    private async Task<Party> IndexAsync(RolloutState state, Release release, IndexUse use, CancellationToken cancel)
    {
        if (use.Url is { } url)
        {
            Result<VectorReading> read = await _parts.Indexes.ReadAsync(url, cancel);
            return read.Ok
                ? IndexAgreement.Of(release, read.Value)
                : Silent($"index {use.Name} cannot be asked: {read.Problems[0].Message}");
        }

        // A member can be asked only once it runs; that it searches the right index is checked when it has started.
        if (use.Searches is not { } member)
        {
            return IndexAgreement.Of(release, "declared without an address, so that nobody is asked", []);
        }

        if (state.Phase is Phase.Verify or Phase.Start)
        {
            return IndexAgreement.Of(release, $"member {member} is asked when it has started", []);
        }

        (VectorReading? told, Disagreement? silent) = await MemberAsync(release, member, cancel);
        return told is null
            ? IndexAgreement.Of(release, $"member {member} cannot be asked", [silent!])
            : IndexAgreement.Of(release, told);

        Party Silent(string why) =>
            IndexAgreement.Of(release, "cannot be asked", [new Disagreement(DisagreementKind.Index, why)]);
    }

    private async Task<(VectorReading?, Disagreement?)> MemberAsync(
        Release release,
        string member,
        CancellationToken cancel
    )
    {
        Result<Signatures?> described = await _parts.Runtime.DescribeAsync(
            release.Service,
            release.Name,
            member,
            cancel
        );
        if (!described.Ok || described.Value is not { } signatures)
        {
            string why = described.Ok ? "it has no metadata" : described.Problems[0].Message;
            return (null, new(DisagreementKind.Index, $"{release.Name}/{member} cannot be asked for its space: {why}"));
        }

        IReadOnlyDictionary<string, string> p = signatures.Metadata;
        return (
            new VectorReading
            {
                Name = p.GetValueOrDefault("index"),
                Version = (int?)Whole(p, "index_version"),
                Space = p.GetValueOrDefault("space"),
                Dimensions = (int?)Whole(p, "dimensions"),
                Metric = p.GetValueOrDefault("metric"),
                Rows = Whole(p, "rows"),
                Expected = Whole(p, "expected"),
            },
            null
        );
    }

    private static long? Whole(IReadOnlyDictionary<string, string> properties, string name) =>
        properties.TryGetValue(name, out string? text)
        && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long value)
        && value <= int.MaxValue
            ? value
            : null;
}

/// <summary>Whom an <see cref="AgreementWatch"/> asks.</summary>
public sealed record AgreementParts
{
    /// <summary>What users have declared.</summary>
    public required Func<CatalogSnapshot> Catalog { get; init; }

    /// <summary>What consumers have acknowledged.</summary>
    public required AcknowledgementStore Acknowledgements { get; init; }

    /// <summary>Feature stores.</summary>
    public required IFeatureSourcePort Features { get; init; }

    /// <summary>Vector indexes.</summary>
    public required IIndexSourcePort Indexes { get; init; }

    /// <summary>Running members.</summary>
    public required IRuntimePort Runtime { get; init; }
}
