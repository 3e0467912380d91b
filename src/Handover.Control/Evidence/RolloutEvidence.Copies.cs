using Handover.Ports;

namespace Handover.Control.Evidence;

/// <summary>What the rollout's copies came to, besides their answers. For people; no gate reads it.</summary>
internal sealed partial class RolloutEvidence
{
    private CopySums _copies = new();

    /// <summary>The sums so far.</summary>
    public CopySums Copies
    {
        get
        {
            lock (_gate)
            {
                return _copies;
            }
        }
    }

    /// <summary>The sums in a stored checkpoint; none when there is no checkpoint, or it is damaged.</summary>
    public static CopySums CopiesOf(string? saved) => (saved is null ? null : Read(saved)?.Copies) ?? new CopySums();

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
}
