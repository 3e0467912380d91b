namespace Handover.Gateway.Observing;

/// <summary>
/// What a service counted since the start. Fields, because they are counted up with interlocked operations.
/// </summary>
internal sealed class ServiceCounters
{
    /// <summary>Incoming pins that were unsigned, wrong or out of date and were taken off.</summary>
    public long PinsStripped;

    /// <summary>Copies that were not made because too many were under way, or the body was too large.</summary>
    public long MirrorsDropped;

    /// <summary>Copies that were made.</summary>
    public long Mirrored;

    /// <summary>Copies that are under way now.</summary>
    public int MirrorsRunning;
}
