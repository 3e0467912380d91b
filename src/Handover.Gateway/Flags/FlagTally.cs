using Handover.Ports;

namespace Handover.Gateway.Flags;

/// <summary>What came of asking one service's flag. Fields, for interlocked counting.</summary>
internal sealed class FlagTally
{
    public long Asked;
    public long Allowed;
    public long Refused;
    public long Unknown;
    public long Failed;
    public long Crowded;

    /// <summary>The numbers now.</summary>
    public FlagCounts Now =>
        new(
            Interlocked.Read(ref Asked),
            Interlocked.Read(ref Allowed),
            Interlocked.Read(ref Refused),
            Interlocked.Read(ref Unknown),
            Interlocked.Read(ref Failed),
            Interlocked.Read(ref Crowded)
        );
}
