namespace Handover.Core.Rollouts;

/// <summary>
/// The organisation's own flag, asked over OFREP for each entity: it decides who may have the candidate at all. It only
/// takes away from what the shares give, never adds to it, and where it does not answer in time the answer is no.
/// </summary>
/// <param name="Ofrep">Base address of the flag server, without <c>/ofrep/v1/…</c>.</param>
/// <param name="Key">Key of the flag.</param>
/// <param name="Timeout">Longest wait of a request for an answer; range [1 ms, 1 s], default 50 ms.</param>
/// <param name="Ttl">
/// How long an answer counts, and so how long a kill switch there may take; range [100 ms, 1 min], default 1 s.
/// </param>
public sealed record OutsideFlag(Uri Ofrep, string Key, TimeSpan Timeout, TimeSpan Ttl)
{
    /// <summary>Default of <see cref="Timeout"/>.</summary>
    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromMilliseconds(50);

    /// <summary>Default of <see cref="Ttl"/>.</summary>
    public static readonly TimeSpan DefaultTtl = TimeSpan.FromSeconds(1);
}
