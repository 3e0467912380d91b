namespace Diamonds.Judge;

/// <summary>One request as a model server (or an encoder in front of one) saw it.</summary>
/// <param name="At">When it arrived there.</param>
/// <param name="RequestId">The gateway's id.</param>
/// <param name="Release">The release that the server knows itself to be.</param>
/// <param name="Purpose"><c>live</c>, or why else it was asked.</param>
/// <param name="Status">Status that the server answered; 0 when it did not say.</param>
/// <param name="Key">The idempotency key that came with it; null when none did.</param>
public sealed record ModelLine(
    DateTimeOffset At,
    string RequestId,
    string Release,
    string Purpose,
    int Status,
    string? Key = null
);
