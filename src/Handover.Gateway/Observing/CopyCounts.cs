namespace Handover.Gateway.Observing;

/// <summary>
/// What became of one kind of copies since the start. Fields, because they are counted up with interlocked operations.
/// </summary>
internal sealed class CopyCounts
{
    /// <summary>Copies that were made.</summary>
    public long Made;

    /// <summary>Copies that were not made because too many were under way, or the body was too large.</summary>
    public long Dropped;

    /// <summary>Copies that were not made because the share had lowered itself.</summary>
    public long Withheld;

    /// <summary>Copies that are under way now.</summary>
    public int Running;
}
