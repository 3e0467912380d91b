using System.Text.Json;

namespace Handover.Protocol;

/// <summary>An answer that broke a contract while it served.</summary>
public sealed record BrokenContractView
{
    /// <summary>The request.</summary>
    public required string RequestId { get; init; }

    /// <summary>The release that answered.</summary>
    public required string Release { get; init; }

    /// <summary><c>live</c> or <c>shadow</c>.</summary>
    public required string Purpose { get; init; }

    /// <summary>When the request was made.</summary>
    public DateTimeOffset At { get; init; }

    /// <summary>Whose contract, e.g. <c>consumer quote-engine</c>.</summary>
    public required string Contract { get; init; }

    /// <summary>What is wrong with it; without values where the service redacts.</summary>
    public required string Detail { get; init; }

    /// <summary>The answer, redacted as the journal is; null when it was too large or may not be kept.</summary>
    public JsonElement? Document { get; init; }
}
