namespace Diamonds.Load;

/// <summary>What one run of the load program does. Everything that is drawn is drawn from the seed.</summary>
public sealed record LoadOptions
{
    /// <summary>
    /// The inference address of the service, e.g. <c>http://127.0.0.1:8080/v2/models/diamond-price/infer</c>.
    /// </summary>
    public required Uri Url { get; init; }

    /// <summary>Arrivals per second on average; the gaps between them are exponential. Range (0, 20,000].</summary>
    public double Rps { get; init; } = 300;

    /// <summary>How long requests are started; what is in flight then is still waited for. At most 24 h.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Number of customers, each of them an entity <c>c-0</c>, <c>c-1</c>, …</summary>
    public int Customers { get; init; } = 1000;

    /// <summary>
    /// Share of the customers that belong to the tenant <c>acme</c>; the others belong to <c>public</c>.
    /// </summary>
    public double TenantShare { get; init; } = 0.1;

    /// <summary>
    /// Whether each request has an <c>Idempotency-Key</c> of its own. Then a request whose answer was lost is asked
    /// again under its key until there is an answer, as a real caller would, and one in twenty answered ones is too.
    /// </summary>
    public bool Keys { get; init; }

    /// <summary>Where labels are pushed; null when they are not.</summary>
    public Uri? LabelsUrl { get; init; }

    /// <summary>How long after its answer the truth about a request becomes known.</summary>
    public TimeSpan LabelDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Bearer token for labels; null when none is needed.</summary>
    public string? Token { get; init; }

    /// <summary>File that gets one line of JSON per request; null when none is written.</summary>
    public string? Log { get; init; }

    /// <summary>Seed of arrivals, customers and rows.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>A request without an answer after this time has failed.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Most requests in flight. One more is not sent and counts as failed, so that a stall cannot hide.
    /// </summary>
    public int InFlightMax { get; init; } = 20_000;

    /// <summary>The service's name in the log, taken from the address: <c>/v2/models/NAME/infer</c>.</summary>
    public string Service => Url.Segments.Length > 3 ? Url.Segments[3].TrimEnd('/') : Url.AbsolutePath;

    /// <summary>What is wrong with the options; null when nothing is.</summary>
    public string? Problem() =>
        this switch
        {
            { Rps: not (> 0 and <= 20_000) } => "--rps must lie in (0, 20000].",
            { Customers: not (> 0 and <= 10_000_000) } => "--customers must lie in [1, 10000000].",
            { TenantShare: not (>= 0 and <= 1) } => "--tenant-share must lie in [0, 1].",
            _ when Duration <= TimeSpan.Zero || Duration > TimeSpan.FromDays(1) => "--seconds must lie in (0, 86400].",
            _ when Timeout <= TimeSpan.Zero => "--timeout must be positive.",
            _ when LabelDelay < TimeSpan.Zero => "--label-delay must not be negative.",
            _ => null,
        };
}
