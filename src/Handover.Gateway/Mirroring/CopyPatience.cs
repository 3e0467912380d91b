namespace Handover.Gateway.Mirroring;

/// <summary>
/// How long a copy is waited for. Measured by the live answer to the same request: who answers a chat for half a minute
/// is not slow because another model answers in a tenth of a second. Who goes silent in the middle of an answer is,
/// however long the answer may be.
/// </summary>
/// <param name="First">Until the first byte.</param>
/// <param name="Silence">Between two pieces.</param>
/// <param name="Whole">Until the last byte.</param>
internal readonly record struct CopyPatience(TimeSpan First, TimeSpan Silence, TimeSpan Whole)
{
    /// <summary>
    /// How many times as long as the live answer a copy may take, beyond what any copy may. At twice the time and more
    /// the latency gate would refuse the candidate anyway.
    /// </summary>
    private const int Times = 2;

    /// <summary>No copy is worth more.</summary>
    private static readonly TimeSpan Most = TimeSpan.FromMinutes(5);

    /// <summary>The patience with a copy.</summary>
    /// <param name="least">What any copy may take to begin, and to go on.</param>
    /// <param name="firstByte">When the live answer began.</param>
    /// <param name="latency">How long it took.</param>
    public static CopyPatience Of(TimeSpan least, TimeSpan firstByte, TimeSpan latency)
    {
        TimeSpan most = least > Most ? least : Most;
        return new CopyPatience(Within(least + (Times * firstByte)), least, Within(least + (Times * latency)));

        TimeSpan Within(TimeSpan wanted) => wanted < most ? wanted : most;
    }
}
