using Handover.Ports;

namespace Handover.Control.Evidence;

/// <summary>What the rollout's copies came to, besides what differs. For people; no gate reads it.</summary>
internal sealed partial class RolloutEvidence
{
    /// <summary>Under this name go the reasons that are too many to be told apart.</summary>
    public const string OtherReasons = "other reasons";

    private const int MostReasons = 20;

    private readonly SortedDictionary<string, long> _failures = new(StringComparer.Ordinal);
    private PairSpeed _speed = new();
    private CopySums _copies = new();

    /// <summary>What it came to so far.</summary>
    public ShadowReading Shadow
    {
        get
        {
            lock (_gate)
            {
                return new ShadowReading(
                    _copies,
                    PairSpeed.Load(_speed.Save()),
                    new Dictionary<string, long>(_failures)
                );
            }
        }
    }

    /// <summary>The same of a stored checkpoint; nothing when there is none, or it is damaged.</summary>
    public static ShadowReading ShadowOf(string? saved)
    {
        Checkpoint? checkpoint = saved is null ? null : Read(saved);
        return new ShadowReading(
            checkpoint?.Copies ?? new CopySums(),
            PairSpeed.Load(checkpoint?.Speed),
            checkpoint?.Failures ?? new Dictionary<string, long>()
        );
    }

    /// <summary>
    /// Asks a gateway what it has counted for this rollout. Under the lock, so that an older answer never replaces a
    /// newer one.
    /// </summary>
    public void Ask(IGatewayPort gateway, string rollout)
    {
        lock (_gate)
        {
            if (gateway.Status(_service.Name)?.Mirrored is { } counts && counts.Rollout == rollout)
            {
                _copies = _copies.With(gateway.Id, counts);
            }
        }
    }

    private void Restore(Checkpoint? saved)
    {
        _copies = saved?.Copies ?? _copies;
        _speed = PairSpeed.Load(saved?.Speed);
        foreach ((string reason, long times) in saved?.Failures ?? new Dictionary<string, long>())
        {
            _failures[reason] = times;
        }

        foreach ((string segment, TrackMark mark) in saved?.Tracks ?? new Dictionary<string, TrackMark>())
        {
            _tracks[segment] = mark;
        }
    }

    private void CountFailure(string reason)
    {
        string known = _failures.ContainsKey(reason) || _failures.Count < MostReasons ? reason : OtherReasons;
        _failures[known] = _failures.GetValueOrDefault(known) + 1;
    }
}
